"""What a course gives to watch at any time: the list, and what of the catalogue may be added to it."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import study as actions
from classroom.actions.certificates import issue_earned
from classroom.errors import ClassroomError, NotFound
from classroom.people import RecordingId, Viewer
from web import auth
from web.errors import status_of
from web.forms import Form
from web.pages.teaching.course import Led, find_led
from web.rendering import render

router = APIRouter(include_in_schema=False)
DEEDS = ("add", "up", "down", "need", "offer", "remove")
DONE = {"add": "item-added", "remove": "item-removed"}


@router.get("/teaching/{course_id}/items")
async def items(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer, await find_led(request, course_id, viewer))


@router.post("/teaching/{course_id}/items")
async def arrange(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Add one, move it, need it or only offer it, take it off. A shorter list may complete the course for somebody, at once."""
    services = auth.services_of(request)
    led = await find_led(request, course_id, viewer)
    form = await Form.read(request)
    deed = form.one_of("deed", DEEDS)
    recording = RecordingId(form.line("recording", 64))
    if form.errors:
        return await _page(request, viewer, led, form, 422)
    course = led.course.id
    try:
        async with services.store.writing() as uow:
            if deed == "add":
                await actions.add_item(uow, course, recording, needed=form["needed"] != "0", by=viewer)
            elif deed == "remove":
                await actions.remove_item(uow, course, recording, by=viewer)
            elif deed in ("up", "down"):
                await actions.move_item(uow, course, recording, -1 if deed == "up" else 1, by=viewer)
            else:
                await actions.set_item_needed(uow, course, recording, deed == "need", by=viewer)
            if deed in ("remove", "offer") and led.course.completion.watch_share:
                await issue_earned(uow, course, services.now())
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _page(request, viewer, led, form, status_of(error))
    done = f"?done={DONE[deed]}" if deed in DONE else ""
    return RedirectResponse(f"/teaching/{course_id}/items{done}#{'choices' if deed == 'add' else f'item-{recording}'}", 303)


async def _page(request: Request, viewer: Viewer, led: Led, form: Form | None = None, status: int = 200) -> Response:
    search = request.query_params.get("q", "")[:100].strip()
    async with auth.services_of(request).store.reading() as uow:
        listed = await uow.course_items.of_course(led.course.id)
        choices = await uow.course_items.choices(led.course, viewer, search)
    return render(request, "teaching/items.html", status, led=led, items=listed, choices=choices, search=search, form=form)
