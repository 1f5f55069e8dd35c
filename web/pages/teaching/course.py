"""One course from the teacher's side: who is how far, what waits to be looked at, tables as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions.certificates import standings
from classroom.actions.teaching import led_course
from classroom.assignments import Assignment
from classroom.completion import Standing
from classroom.courses import Course, Lesson
from classroom.errors import NotFound
from classroom.municipalities import Municipality
from classroom.people import CourseId, PersonId, Viewer
from classroom.quizzes import Quiz
from web import auth
from web.access import log_look
from web.exports import as_file
from web.forms import Form
from web.i18n import text
from web.pages.learning import standing_words
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)
Asked = TypeVar("Asked", Quiz, Assignment)


@dataclass(frozen=True, slots=True)
class Led:
    """A course and everything that is taught and asked in it."""

    course: Course
    municipality: Municipality
    lessons: tuple[Lesson, ...]
    quizzes: tuple[Quiz, ...]
    assignments: tuple[Assignment, ...]
    submissions_waiting: int
    excuses_waiting: int
    is_staff: bool


@dataclass(frozen=True, slots=True)
class LearnerLine:
    person: PersonId
    name: str
    standing: Standing
    has_certificate: bool


async def find_led(request: Request, course_id: str, viewer: Viewer) -> Led:
    """For its instructor and staff. Raises NotFound."""
    async with auth.services_of(request).store.reading() as uow:
        found = await led_course(uow, CourseId(course_id), viewer)
        home = await uow.municipalities.get(found.municipality)
        assert home is not None, "every course belongs to one of the 31"
        led = Led(
            found,
            home,
            tuple(await uow.courses.lessons(found.id)),
            tuple(await uow.quizzes.of_course(found.id)),
            tuple(await uow.assignments.of_course(found.id)),
            await uow.assignments.waiting(found.id),
            await uow.excuses.waiting(found.id),
            viewer.administers(found.municipality),
        )
    request.state.site = home
    return led


def one_of(asked: Sequence[Asked], wanted: str) -> Asked:
    """Of a course's quizzes or assignments. Raises NotFound."""
    for each in asked:
        if each.id == wanted:
            return each
    raise NotFound


def after_removal(course_id: str, gone: bool) -> Response:
    """Of a quiz or an assignment; one that is in use stays."""
    return RedirectResponse(f"/teaching/{course_id}?done={'removed' if gone else 'in-use'}", 303)


async def _learners(request: Request, course: Course) -> list[LearnerLine]:
    async with auth.services_of(request).store.reading() as uow:
        names = await uow.enrolments.enrolled(course.id)
        found = await standings(uow, course)
        holders = await uow.certificates.holders(course.id)
    ordered = sorted(names, key=lambda person: (names[person], person))
    return [LearnerLine(each, names[each], found[each], each in holders) for each in ordered]


@router.get("/teaching/{course_id}")
async def overview(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _overview(request, viewer, await find_led(request, course_id, viewer))


@router.post("/teaching/{course_id}/progress.{kind}")
async def download(
    request: Request, course_id: str, kind: Literal["csv", "xlsx"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """Who is how far, as a file. Why it is taken out of the system is asked and kept."""
    led = await find_led(request, course_id, viewer)
    form = await Form.read(request)
    reason = form.line("why", 300)
    if form.errors:
        return await _overview(request, viewer, led, form, 422)
    learners = await _learners(request, led.course)
    await log_look(request, viewer, [each.person for each in learners], "progress-download", led.municipality.code, reason)
    language = language_of(request)
    needs = [each.need for each in learners[0].standing.conditions] if learners else []
    head = [text(language, "table.name"), text(language, "table.state")]
    head += [text(language, f"need.{need}") for need in needs] + [text(language, "table.certificate")]
    rows = [
        [each.name, standing_words(language, each.standing)]
        + [text(language, "need.met" if k.is_met else "need.left") for k in each.standing.conditions]
        + [text(language, "certificate.good") if each.has_certificate else ""]
        for each in learners
    ]
    return as_file(kind, f"progress-{led.course.slug}", head, rows)


async def _overview(request: Request, viewer: Viewer, led: Led, form: Form | None = None, status: int = 200) -> Response:
    learners = await _learners(request, led.course)
    await log_look(request, viewer, [each.person for each in learners], "progress", led.municipality.code)
    earned = sum(each.standing.is_earned and not each.has_certificate for each in learners)
    language = language_of(request)
    return render(
        request,
        "teaching/course.html",
        status,
        led=led,
        learners=learners,
        earned=earned,
        words=lambda each: standing_words(language, each.standing),
        now=auth.services_of(request).now(),
        form=form,
    )
