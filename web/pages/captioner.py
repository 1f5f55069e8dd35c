"""Who writes a lesson's captions: its instructor and staff name a person by e-mail, or nobody."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.actions.captioning import name_captioner
from classroom.errors import NotFound
from classroom.people import PersonId, Viewer
from classroom.ports import UnitOfWork
from classroom.queries.lessons import LessonPage
from web import auth
from web.forms import Form
from web.pages.admin.courses import instructor_typed
from web.rendering import render
from web.saving import save

router = APIRouter(include_in_schema=False)


async def _led(request: Request, lesson: str, viewer: Viewer) -> LessonPage:
    services = auth.services_of(request)
    page = await services.store.queries.lesson(lesson, viewer, services.now())
    if page is None or not (page.course.instructor == viewer.id or viewer.administers(page.municipality.code)):
        raise NotFound
    return page


@router.get("/lessons/{lesson}/captioner")
async def captioner(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _show(request, await _led(request, lesson, viewer), viewer)


@router.post("/lessons/{lesson}/captioner")
async def name(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """By e-mail; empty: nobody any more."""
    page = await _led(request, lesson, viewer)
    form = await Form.read(request)
    person = await instructor_typed(request, form, "captioner")

    async def known(uow: UnitOfWork) -> PersonId | None:
        found = await uow.courses.lesson(page.lesson.id)
        return found.captioner if found else None

    async def put(uow: UnitOfWork) -> None:
        now = auth.services_of(request).now()
        await name_captioner(uow, page.lesson.id, captioner=person, by=viewer, now=now)

    async def again(form: Form, status: int) -> Response:
        return await _show(request, await _led(request, lesson, viewer), viewer, form, status)

    done = "captioner-named" if person is not None else "captioner-gone"
    answer = await save(form, put, again, then=f"/lessons/{page.lesson.id}/captioner?done={done}", known=known, wanted=person)
    if answer.status_code == 303:  # who wrote them so far loses the right at once
        await auth.services_of(request).rooms.refresh(page.lesson.id)
    return answer


async def _show(request: Request, page: LessonPage, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    known = page.lesson.captioner
    found = await auth.services_of(request).store.queries.person(known) if known is not None else None
    home = f"/admin/lessons/{page.lesson.id}" if viewer.administers(page.municipality.code) else f"/teaching/{page.course.id}"
    return render(
        request, "lessons/captioner.html", status, page=page, form=form, named=found.person if found else None, home=home
    )
