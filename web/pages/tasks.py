"""Taking a quiz, handing in an assignment."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import learning as actions
from classroom.assignments import Assignment, AssignmentId, Submission
from classroom.errors import ClassroomError, NotFound
from classroom.people import Viewer
from classroom.quizzes import Attempt, Quiz, QuizId, has_passed, may_begin, order
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.pages.learning import MyWork, find_work
from web.rendering import language_of, render
from web.uploading import drop_file, take_file

router = APIRouter(include_in_schema=False)


def _quiz_of(work: MyWork, quiz: str) -> tuple[Quiz, list[Attempt]]:
    """Raises NotFound."""
    for each, attempts in work.quizzes:
        if each.id == quiz:
            return each, attempts
    raise NotFound


def _assignment_of(work: MyWork, assignment: str) -> tuple[Assignment, Submission | None]:
    """Raises NotFound."""
    for each, submission in work.assignments:
        if each.id == assignment:
            return each, submission
    raise NotFound


@router.get("/learning/{course_id}/quizzes/{quiz}")
async def quiz(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The questions while an attempt runs, else what it is and how one did."""
    work = await find_work(request, course_id, viewer)
    found, attempts = _quiz_of(work, quiz)
    now = auth.services_of(request).now()
    if attempts and attempts[-1].is_running(now):
        laid = order(found, attempts[-1].seed)
        return render(request, "learning/quiz.html", work=work, quiz=found, attempt=attempts[-1], laid=laid, now=now)
    refusal = None
    try:
        may_begin(found, attempts, now)
    except ClassroomError as error:
        refusal = sentence(language_of(request), error.code, error.fields)
    values = {"work": work, "quiz": found, "attempts": attempts, "refusal": refusal, "passed": has_passed(found, attempts)}
    return render(request, "learning/quiz_door.html", **values)


@router.post("/learning/{course_id}/quizzes/{quiz}/attempts")
async def begin(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    _quiz_of(await find_work(request, course_id, viewer), quiz)
    async with services.store.writing() as uow:
        await actions.begin_quiz(uow, QuizId(quiz), by=viewer, now=services.now())
    return RedirectResponse(f"/learning/{course_id}/quizzes/{quiz}", 303)


@router.post("/learning/{course_id}/quizzes/{quiz}/answers")
async def hand_in(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Mark the running attempt."""
    services = auth.services_of(request)
    found, _ = _quiz_of(await find_work(request, course_id, viewer), quiz)
    form = await Form.read(request)
    answers = {
        number: tuple(each[:200] for each in form.several.get(f"q{number}", [])[:20]) for number in range(len(found.questions))
    }
    async with services.store.writing() as uow:
        await actions.hand_in_quiz(uow, QuizId(quiz), answers, by=viewer, now=services.now())
    return RedirectResponse(f"/learning/{course_id}/quizzes/{quiz}?done=quiz", 303)


@router.get("/learning/{course_id}/assignments/{assignment}")
async def assignment(request: Request, course_id: str, assignment: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    work = await find_work(request, course_id, viewer)
    return await _assignment(request, work, *_assignment_of(work, assignment))


@router.post("/learning/{course_id}/assignments/{assignment}")
async def give(request: Request, course_id: str, assignment: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Hand in text, a file, or both."""
    services = auth.services_of(request)
    work = await find_work(request, course_id, viewer)
    found, submission = _assignment_of(work, assignment)
    form = await Form.read(request, max_files=1)
    text = form.paragraph("text", 20_000)
    upload = await take_file(form, services.storage, work.course, viewer.id, services.now())
    if form.errors:
        return await _assignment(request, work, found, submission, form, 422)
    try:
        async with services.store.writing() as uow:
            await actions.hand_in_assignment(
                uow, AssignmentId(assignment), text=text, upload=upload, by=viewer, now=services.now()
            )
    except ClassroomError as error:
        await drop_file(upload, services.storage)
        if isinstance(error, NotFound):
            raise
        form.take(error)
        return await _assignment(request, work, found, submission, form, status_of(error))
    return RedirectResponse(f"/learning/{course_id}/assignments/{assignment}?done=handed-in", 303)


async def _assignment(
    request: Request,
    work: MyWork,
    found: Assignment,
    submission: Submission | None,
    form: Form | None = None,
    status: int = 200,
) -> Response:
    upload = None
    if submission is not None and submission.upload is not None:
        async with auth.services_of(request).store.reading() as uow:
            upload = await uow.uploads.get(submission.upload)
    now = auth.services_of(request).now()
    values = {"work": work, "assignment": found, "submission": submission, "upload": upload, "form": form, "now": now}
    return render(request, "learning/assignment.html", status, **values)
