"""Excuses that were handed in, and the decision on each."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import teaching as actions
from classroom.errors import ClassroomError, NotFound
from classroom.excuses import ExcuseId
from classroom.people import Viewer
from web import auth
from web.access import log_look
from web.forms import Form
from web.pages.teaching.course import Led, find_led
from web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/teaching/{course_id}/excuses")
async def excuses(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer, await find_led(request, course_id, viewer))


@router.post("/teaching/{course_id}/excuses/{excuse}")
async def decide(request: Request, course_id: str, excuse: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Approve, or decline with a word."""
    services = auth.services_of(request)
    led = await find_led(request, course_id, viewer)
    form = await Form.read(request)
    approved = form.one_of("decision", ("approve", "decline")) == "approve"
    answer = form.line("answer", 500, needed=False)
    if not form.errors:
        try:
            async with services.store.writing() as uow:
                await actions.decide_excuse(
                    uow, ExcuseId(excuse), approved=approved, answer=answer, by=viewer, now=services.now()
                )
            return RedirectResponse(f"/teaching/{course_id}/excuses?done=excuse-decided", 303)
        except NotFound:
            raise
        except ClassroomError as error:
            form.take(error)
    return await _page(request, viewer, led, form, 422, excuse)


async def _page(
    request: Request, viewer: Viewer, led: Led, form: Form | None = None, status: int = 200, decided: str = ""
) -> Response:
    async with auth.services_of(request).store.reading() as uow:
        found = await uow.excuses.of_course(led.course.id)
    await log_look(request, viewer, {each.person for each, _, _ in found}, "excuses", led.municipality.code)
    titles = {each.id: each for each in led.lessons}
    return render(request, "teaching/excuses.html", status, led=led, excuses=found, titles=titles, form=form, decided=decided)
