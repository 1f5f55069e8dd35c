"""My course: how far I am and what is missing, the survey, excuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import learning as actions
from classroom.actions.certificates import standings
from classroom.actions.courses import course_of, must_lead
from classroom.assignments import Assignment, Submission
from classroom.attendance import Verdict
from classroom.certificates import Certificate
from classroom.completion import Need, Standing
from classroom.courses import Course, Lesson
from classroom.errors import ClassroomError, NotFound
from classroom.excuses import Excuse
from classroom.municipalities import Municipality
from classroom.people import CourseId, LessonId, RecordingId, Viewer
from classroom.quizzes import Attempt, Quiz
from classroom.study import NOTHING_TO_WATCH, Study
from classroom.surveys import QUESTIONS, RATINGS, checked_answer
from classroom.uploads import UploadId
from classroom.watching import Watched
from web import auth
from web.access import log_look
from web.errors import status_of
from web.forms import Form
from web.i18n import Language, text
from web.rendering import language_of, render
from web.uploading import drop_file, send_file, take_file

router = APIRouter(include_in_schema=False)
EXCUSABLE = (Verdict.ABSENT, Verdict.LATE, Verdict.LEFT_EARLY)


@dataclass(frozen=True, slots=True)
class MyWork:
    """Everything of one course and one learner."""

    course: Course
    municipality: Municipality
    standing: Standing
    lessons: tuple[tuple[Lesson, Verdict | None], ...]
    quizzes: tuple[tuple[Quiz, list[Attempt]], ...]
    assignments: tuple[tuple[Assignment, Submission | None], ...]
    excuses: tuple[Excuse, ...]
    replays: Mapping[LessonId, RecordingId]
    watched: Mapping[LessonId, Watched]
    study: Study
    has_answered: bool
    certificate: Certificate | None


async def find_work(request: Request, course_id: str, viewer: Viewer) -> MyWork:
    """Of a course `viewer` is enrolled in. Raises NotFound."""
    async with auth.services_of(request).store.reading() as uow:
        found = await actions.my_course(uow, CourseId(course_id), viewer)
        home = await uow.municipalities.get(found.municipality)
        assert home is not None, "every course belongs to one of the 31"
        verdicts = await uow.attendance.of_course(found.id, [viewer.id])
        lessons = await uow.courses.lessons(found.id)
        quizzes = await uow.quizzes.of_course(found.id)
        assignments = await uow.assignments.of_course(found.id)
        work = MyWork(
            found,
            home,
            (await standings(uow, found, [viewer.id]))[viewer.id],
            tuple((each, verdicts.get(each.id, {}).get(viewer.id)) for each in lessons),
            tuple([(each, await uow.quizzes.attempts(each.id, viewer.id)) for each in quizzes]),
            tuple([(each, await uow.assignments.submission(each.id, viewer.id)) for each in assignments]),
            tuple(await uow.excuses.of_person(found.id, viewer.id)),
            await uow.completions.replays(found.id),
            (await uow.watching.of_course(found.id, [viewer.id])).get(viewer.id, {}),
            (await uow.course_items.studies([found.id], viewer.id)).get(found.id, NOTHING_TO_WATCH),
            await uow.surveys.has_answered(found.id, viewer.id),
            await uow.certificates.of(found.id, viewer.id),
        )
    request.state.site = home
    return work


def standing_words(language: Language, standing: Standing) -> str:
    """ "2 of 3 met: survey missing" in a sentence."""
    whole = len(standing.conditions)
    if not whole:
        return text(language, "standing.nothing")
    if not standing.missing:
        return text(language, "standing.all", n=whole)
    missing = ", ".join(text(language, f"need.{each.need}") for each in standing.missing)
    return text(language, "standing.some", met=standing.met, whole=whole, missing=missing)


@router.get("/learning/{course_id}")
async def my_course(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    work = await find_work(request, course_id, viewer)
    words = standing_words(language_of(request), work.standing)
    now = auth.services_of(request).now()
    return render(request, "learning/course.html", work=work, words=words, needs=Need, now=now)


@router.get("/learning/{course_id}/survey")
async def survey(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    work = await find_work(request, course_id, viewer)
    return render(request, "learning/survey.html", work=work, questions=QUESTIONS, ratings=RATINGS, form=None)


@router.post("/learning/{course_id}/survey")
async def answer(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    work = await find_work(request, course_id, viewer)
    form = await Form.read(request)
    ratings = {name: int(form[name]) if form[name].isdecimal() and len(form[name]) < 3 else None for name in QUESTIONS}
    try:
        given = checked_answer(ratings, form.paragraph("comment", 1_000))
        if not form.errors:
            async with services.store.writing() as uow:
                await actions.answer_survey(uow, work.course.id, given, by=viewer, now=services.now())
            return RedirectResponse(f"/learning/{course_id}?done=survey", 303)
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
    return render(request, "learning/survey.html", 422, work=work, questions=QUESTIONS, ratings=RATINGS, form=form)


@router.get("/learning/{course_id}/excuses")
async def excuses(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return _excuses(request, await find_work(request, course_id, viewer))


@router.post("/learning/{course_id}/excuses")
async def excuse(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Why I could not come, with a document."""
    services = auth.services_of(request)
    work = await find_work(request, course_id, viewer)
    form = await Form.read(request, max_files=1)
    lesson = form.one_of("lesson", [each.id for each, _ in work.lessons])
    reason = form.line("reason", 500)
    upload = await take_file(form, services.storage, work.course, viewer.id, services.now())
    if not form.errors:
        try:
            async with services.store.writing() as uow:
                await actions.hand_in_excuse(uow, LessonId(lesson), reason=reason, upload=upload, by=viewer, now=services.now())
            return RedirectResponse(f"/learning/{course_id}/excuses?done=excuse", 303)
        except ClassroomError as error:
            await drop_file(upload, services.storage)
            if isinstance(error, NotFound):
                raise
            form.take(error)
            return _excuses(request, work, form, status_of(error))
    return _excuses(request, work, form, 422)


def _excuses(request: Request, work: MyWork, form: Form | None = None, status: int = 200) -> Response:
    open_for = [each for each, verdict in work.lessons if verdict is None or verdict in EXCUSABLE]
    titles = {each.id: each for each, _ in work.lessons}
    wanted = request.query_params.get("lesson", "")
    return render(request, "learning/excuses.html", status, work=work, open_for=open_for, titles=titles, wanted=wanted, form=form)


@router.get("/uploads/{upload}")
async def download(request: Request, upload: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """For who handed it in, the instructor and staff; the look of the latter is logged."""
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        found = await uow.uploads.get(UploadId(upload))
        if found is None:
            raise NotFound
        if found.person != viewer.id:
            must_lead(viewer, await course_of(uow, found.course))
    if found.person != viewer.id:
        await log_look(request, viewer, [found.person], "upload", found.municipality)
    return await send_file(found, services.storage)
