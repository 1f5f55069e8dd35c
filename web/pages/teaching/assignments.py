"""Setting an assignment, reading what was handed in, accepting it or giving it back."""

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.actions import teaching as actions
from classroom.assignments import Assignment, AssignmentId, Submission, SubmissionState
from classroom.errors import NotFound
from classroom.people import PersonId, Viewer, new_id
from classroom.ports import UnitOfWork
from web import auth
from web.access import log_look
from web.forms import Form
from web.pages.teaching.course import Led, after_removal, find_led, one_of
from web.rendering import render
from web.saving import save

router = APIRouter(include_in_schema=False)


@router.get("/teaching/{course_id}/assignments/new")
async def new(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer, await find_led(request, course_id, viewer), None)


@router.post("/teaching/{course_id}/assignments/new")
async def create(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _save(request, viewer, await find_led(request, course_id, viewer), None)


@router.get("/teaching/{course_id}/assignments/{assignment}")
async def edit(request: Request, course_id: str, assignment: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    led = await find_led(request, course_id, viewer)
    return await _page(request, viewer, led, one_of(led.assignments, assignment))


@router.post("/teaching/{course_id}/assignments/{assignment}")
async def change(request: Request, course_id: str, assignment: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    led = await find_led(request, course_id, viewer)
    return await _save(request, viewer, led, one_of(led.assignments, assignment))


@router.post("/teaching/{course_id}/assignments/{assignment}/removal")
async def remove(request: Request, course_id: str, assignment: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    one_of((await find_led(request, course_id, viewer)).assignments, assignment)
    async with auth.services_of(request).store.writing() as uow:
        gone = await actions.remove_assignment(uow, AssignmentId(assignment), by=viewer)
    return after_removal(course_id, gone)


@router.post("/teaching/{course_id}/assignments/{assignment}/grades/{person}")
async def grade(
    request: Request, course_id: str, assignment: str, person: str, viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """Accept, or give back with a word."""
    services = auth.services_of(request)
    led = await find_led(request, course_id, viewer)
    found = one_of(led.assignments, assignment)
    form = await Form.read(request)
    accepted = form.one_of("decision", ("accept", "return")) == "accept"
    score = form.whole("score", 0, 100) if form["score"].strip() else None
    feedback = form.paragraph("feedback", 2_000)
    whose = PersonId(person)

    async def given(uow: UnitOfWork) -> Submission:
        handed_in = await uow.assignments.submission(found.id, whose)
        if handed_in is None:
            raise NotFound
        return handed_in

    async def known(uow: UnitOfWork) -> object:
        return judged(await given(uow))

    async def put(uow: UnitOfWork) -> None:
        now = services.now()
        await actions.grade(uow, found.id, whose, accepted=accepted, score=score, feedback=feedback, by=viewer, now=now)

    async def again(form: Form, status: int) -> Response:
        return await _page(request, viewer, led, found, form, status, person)

    then = f"/teaching/{course_id}/assignments/{assignment}?done=graded"
    wanted = None
    if not form.errors:
        state = SubmissionState.PASSED if accepted else SubmissionState.RETURNED
        async with services.store.reading() as uow:
            wanted = judged(replace(await given(uow), state=state, score=score, feedback=feedback))
    return await save(form, put, again, then=then, known=known, wanted=wanted)


def judged(given: Submission) -> tuple[SubmissionState, int | None, str, datetime]:
    """What a grading form is made from: nobody accepts what was handed in after they looked."""
    return given.state, given.score, given.feedback, given.submitted_at


async def _save(request: Request, viewer: Viewer, led: Led, known: Assignment | None) -> Response:
    form = await Form.read(request)
    wanted = Assignment(
        known.id if known else AssignmentId(new_id()),
        led.course.id,
        led.course.municipality,
        form.both("title", 120),
        form.paragraph("instructions", 5_000, needed=True),
        form.moment_or_none("due_at"),
        form.ticked("needed"),
    )

    async def there(uow: UnitOfWork) -> Assignment | None:
        return await uow.assignments.get(wanted.id)

    async def put(uow: UnitOfWork) -> None:
        await actions.put_assignment(uow, wanted, by=viewer)

    async def again(form: Form, status: int) -> Response:
        return await _page(request, viewer, led, known, form, status)

    then = f"/teaching/{led.course.id}/assignments/{wanted.id}?done=assignment-saved"
    return await save(form, put, again, then=then, known=there if known else None, wanted=wanted)


async def _page(
    request: Request,
    viewer: Viewer,
    led: Led,
    assignment: Assignment | None,
    form: Form | None = None,
    status: int = 200,
    graded: str = "",
) -> Response:
    """`graded`: whose grading the form is, "" when it is the assignment's own."""
    submissions = []
    if assignment is not None:
        async with auth.services_of(request).store.reading() as uow:
            submissions = await uow.assignments.submissions(assignment.id)
        await log_look(request, viewer, [each.person for each, _, _ in submissions], "submissions", led.municipality.code)
    return render(
        request,
        "teaching/assignment.html",
        status,
        led=led,
        assignment=assignment,
        submissions=submissions,
        judged=judged,
        graded=graded,
        form=form,
    )
