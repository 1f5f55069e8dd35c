"""A course: what it is, when it meets, a seat in it."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import courses
from classroom.errors import NotFound, Refused
from classroom.queries import CoursePage
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/{municipality}/courses/{course}")
async def course_page(request: Request, municipality: str, course: str) -> Response:
    page = await _find(request, municipality, course)
    return _show(request, page)


@router.post("/{municipality}/courses/{course}/application")
async def apply(request: Request, municipality: str, course: str) -> Response:
    """Take a seat, or give it back (`action=cancel`)."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    address = f"/{quote(municipality)}/courses/{quote(course)}"
    if viewer is None:
        return RedirectResponse(f"/sign-in?next={address}", 303)
    form = await Form.read(request)
    page = await _find(request, municipality, course)
    cancels = form["action"] == "cancel"
    try:
        async with services.store.writing() as uow:
            change = courses.cancel_application if cancels else courses.apply
            await change(uow, course=page.course.id, person=viewer.id, now=services.now())
    except Refused as refused:
        words = sentence(language_of(request), refused.code, refused.fields)
        return _show(request, await _find(request, municipality, course), status_of(refused), words)
    return RedirectResponse(f"{address}?done={'cancelled' if cancels else 'applied'}", 303)


async def _find(request: Request, municipality: str, course: str) -> CoursePage:
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    page = await services.store.queries.course(municipality, course, viewer, services.now())
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    return page


def _show(request: Request, page: CoursePage, status: int = 200, refusal: str | None = None) -> Response:
    return render(request, "courses/course.html", status, page=page, refusal=refusal)
