"""Who has a seat in a course: staff decide, seat people who ask at the desk, take seats back, draw, call the course off."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import applications as actions
from classroom.actions import calling_off
from classroom.errors import Refused
from classroom.people import PersonId, Viewer
from classroom.queries.applying import ApplicationRow
from web import auth
from web.access import log_look
from web.errors import sentence, status_of
from web.exports import as_file
from web.formatting import SEOUL
from web.forms import Form
from web.i18n import Language, text
from web.pages.admin.courses import course_page, find_managed, instructor_typed
from web.rendering import language_of

router = APIRouter(include_in_schema=False)
DONE = {"accept": "accepted", "decline": "declined", "settle": "settled", "remove": "seat-back"}


@router.post("/admin/courses/{municipality}/{slug}/applications/{person}")
async def decide(
    request: Request, municipality: str, slug: str, person: str, viewer: Viewer = Depends(auth.need_administrator)
) -> Response:
    """Say yes or no to an application, take a seat back, or write down that a payment was settled."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    action = form.one_of("action", DONE)
    if form.errors:
        return await course_page(request, viewer, page, status=422)
    services = auth.services_of(request)
    course, whose, now = page.course.id, PersonId(person), services.now()
    try:
        async with services.store.writing() as uow:
            if action == "settle":
                note = form.line("note", 500, needed=False)
                await actions.settle_charge(uow, course=course, person=whose, note=note, by=viewer, now=now)
            elif action == "remove":
                await actions.take_seat_back(uow, course=course, person=whose, by=viewer, now=now)
            else:
                await actions.decide(uow, course=course, person=whose, accepted=action == "accept", by=viewer, now=now)
    except Refused as refused:
        return await _refuse(request, viewer, municipality, slug, refused)
    return RedirectResponse(f"/admin/courses/{municipality}/{slug}?done={DONE[action]}#people", 303)


@router.post("/admin/courses/{municipality}/{slug}/seats")
async def seat(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`email`: whoever has no way to apply themselves asked at the desk or by telephone."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    person = await instructor_typed(request, form, "email") if form.line("email", 254) else None
    if person is None:
        return await course_page(request, viewer, page, form, 422)
    services = auth.services_of(request)
    try:
        async with services.store.writing() as uow:
            await actions.enrol(uow, course=page.course.id, person=person, by=viewer, now=services.now())
    except Refused as refused:
        form.wrong("email", f"error.{refused.code}", **refused.fields)
        page = await find_managed(request, municipality, slug, viewer)
        return await course_page(request, viewer, page, form, status_of(refused))
    return RedirectResponse(f"/admin/courses/{municipality}/{slug}?done=seated#people", 303)


@router.post("/admin/courses/{municipality}/{slug}/applications.{kind}")
async def download(
    request: Request,
    municipality: str,
    slug: str,
    kind: Literal["csv", "xlsx"],
    viewer: Viewer = Depends(auth.need_administrator),
) -> Response:
    """Everybody who applied, as a file. Why it is taken out of the system is asked and kept."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    reason = form.line("why", 300)
    if form.errors:
        return await course_page(request, viewer, page, form, 422)
    queries = auth.services_of(request).store.queries
    rows: list[ApplicationRow] = []
    number, pages = 1, 1
    while number <= pages and (found := await queries.admin_applications(viewer.scope, page.course.id, page=number)):
        rows += found.rows
        number, pages = number + 1, found.pages
    people = [row.person.id for row in rows]
    await log_look(request, viewer, people, "enrolment-list-download", page.municipality.code, reason)
    language = language_of(request)
    names = {each.code: each.name.in_(language) for each in await queries.municipalities()}
    columns = ("draw.application", "table.name", "sign-in.email", "table.home", "table.state", "admin.applied", "course.fee")
    return as_file(
        kind,
        f"applications-{page.course.slug}",
        [text(language, each) for each in columns],
        [
            [
                row.enrolment.number,
                row.person.name,
                row.person.email,
                names[row.enrolment.home] if row.enrolment.home else "",
                text(language, f"enrolment.{row.enrolment.state}"),
                f"{row.enrolment.applied_at.astimezone(SEOUL):%Y-%m-%d %H:%M}",
                _owed(language, row),
            ]
            for row in rows
        ],
    )


@router.post("/admin/courses/{municipality}/{slug}/draw")
async def draw(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Draw the lottery now rather than within the next half minute."""
    page = await find_managed(request, municipality, slug, viewer)
    services = auth.services_of(request)
    try:
        async with services.store.writing() as uow:
            await actions.draw(uow, page.course.id, by=viewer, now=services.now())
    except Refused as refused:
        return await _refuse(request, viewer, municipality, slug, refused)
    return RedirectResponse(f"/admin/courses/{municipality}/{slug}?done=drawn", 303)


@router.post("/admin/courses/{municipality}/{slug}/calling-off")
async def call_off(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`reason`, which everybody who applied is told."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    reason = form.line("reason", 300)
    if form.errors:
        return await course_page(request, viewer, page, form, 422)
    services = auth.services_of(request)
    try:
        async with services.store.writing() as uow:
            await calling_off.call_off(uow, page.course.id, reason=reason, by=viewer, now=services.now())
    except Refused as refused:
        return await _refuse(request, viewer, municipality, slug, refused)
    for lesson in page.lessons:
        await services.rooms.refresh(lesson.id)
    return RedirectResponse(f"/admin/courses/{municipality}/{slug}?done=called-off", 303)


def _owed(language: Language, row: ApplicationRow) -> str:
    if row.charge is None:
        return ""
    return text(language, f"charge.{row.charge.state}", won=f"{row.charge.asked_won:,}")


async def _refuse(request: Request, viewer: Viewer, municipality: str, slug: str, refused: Refused) -> Response:
    words = sentence(language_of(request), refused.code, refused.fields)
    page = await find_managed(request, municipality, slug, viewer)
    return await course_page(request, viewer, page, status=status_of(refused), refusal=words)
