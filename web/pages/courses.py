"""A course: what it is, when it meets, a seat in it."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import applications
from classroom.courses import Course
from classroom.enrolment import EnrolmentState
from classroom.errors import NotFound, Refused
from classroom.fees import ChargeState
from classroom.queries.public import CoursePage
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.rendering import language_of, render
from web.rush import Rush

router = APIRouter(include_in_schema=False)
applying = APIRouter(include_in_schema=False)
"""Comes first of all routers: where 200 a second press, looking through 250 patterns is a fifth of the work."""
DONE = {
    EnrolmentState.ENROLLED: "applied",
    EnrolmentState.APPLIED: "collected",
    EnrolmentState.WAITING: "waiting",
    EnrolmentState.CANCELLED: "cancelled",
}


@router.get("/{municipality}/courses/{course}")
async def course_page(request: Request, municipality: str, course: str) -> Response:
    page = await _find(request, municipality, course)
    return await _show(request, page)


@router.get("/{municipality}/courses/{course}/draw")
async def draw_page(request: Request, municipality: str, course: str) -> Response:
    """The result of a lottery and how to repeat it: for everybody, without names. Who took part finds themselves marked."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    page = await services.store.queries.draw_page(municipality, course)
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    mine = (await services.store.queries.application(page.course, viewer, services.now())).mine if viewer else None
    return render(request, "courses/draw.html", page=page, mine=mine)


@applying.post("/{municipality}/courses/{course}/application")
async def apply(request: Request, municipality: str, course: str) -> Response:
    """Apply, withdraw (`action=cancel`), or accept a seat on offer (`action=accept`)."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    address = f"/{quote(municipality)}/courses/{quote(course)}"
    if viewer is None:
        return RedirectResponse(f"/sign-in?next={address}", 303)
    form = await Form.read(request)
    rush: Rush = request.app.state.rush
    looked = await rush.look(municipality, course, viewer.id)
    if looked is None:
        raise NotFound
    found, refusal = looked
    actions = {"cancel": applications.cancel_application, "accept": applications.accept_offer}
    act = actions.get(form["action"])
    try:
        if act is not None:
            async with services.store.writing() as uow:
                done = await act(uow, course=found.id, person=viewer.id, now=services.now())
        elif refusal is not None:
            raise refusal
        else:
            done = await rush.apply(found.id, viewer.id)
    except Refused as refused:
        if refused.code == "course-full":
            # Two thousand read this within seconds: a page that asks the database nothing more.
            words = sentence(language_of(request), refused.code, refused.fields)
            return render(request, "courses/full.html", status_of(refused), title=found.title, address=address, words=words)
        return await _refuse(request, found, refused)
    return RedirectResponse(f"{address}?done={DONE[done.state]}", 303)


async def _refuse(request: Request, course: Course, refused: Refused) -> Response:
    """The page as it is now, with what happened. An offer that lapsed goes to the next at once."""
    services = auth.services_of(request)
    if refused.code == "offer-lapsed":
        async with services.store.writing() as uow:
            await applications.lapse_offers(uow, course.id, services.now())
    words = sentence(language_of(request), refused.code, refused.fields)
    fresh = await _find(request, course.municipality, course.slug)
    return await _show(request, fresh, status_of(refused), words)


async def _find(request: Request, municipality: str, course: str) -> CoursePage:
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    page = await services.store.queries.course(municipality, course, viewer, services.now())
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    return page


async def _show(request: Request, page: CoursePage, status: int = 200, refusal: str | None = None) -> Response:
    services = auth.services_of(request)
    now = services.now()
    panel = await services.store.queries.application(page.course, await auth.load_viewer(request), now)
    due = panel.charge if panel.charge is not None and panel.charge.state is ChargeState.DUE else None
    pay_at = await services.payments.address(due) if services.payments is not None and due is not None else None
    names = {}
    if page.course.admission.quotas:
        names = {each.code: each.name for each in await services.store.queries.municipalities()}
    return render(
        request, "courses/course.html", status, page=page, panel=panel, refusal=refusal, now=now, names=names, pay_at=pay_at
    )
