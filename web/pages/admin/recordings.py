"""Which recordings are published, and to whom."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import recordings as actions
from classroom.catalogue import RecordingState
from classroom.people import RecordingId, Viewer
from web import auth
from web.forms import Form
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)
AUDIENCES = ("nobody", "course", "everybody")


@router.get("/admin/recordings")
async def recordings(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    given = request.query_params.get("state")
    state = RecordingState(given) if given in [str(each) for each in RecordingState] else None
    page = await auth.services_of(request).store.queries.admin_recordings(viewer.scope, state=state, page=page_number(request))
    return render(
        request,
        "admin/recordings.html",
        page=page,
        state=state,
        states=list(RecordingState),
        audiences=AUDIENCES,
        address=lambda number: address_with(request, page=number),
    )


@router.post("/admin/recordings/{recording}/audience")
async def publish(request: Request, recording: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`audience`: nobody, the course's learners, or everybody who is signed in."""
    services = auth.services_of(request)
    form = await Form.read(request)
    audience = form.one_of("audience", AUDIENCES)
    if not form.errors:
        async with services.store.writing() as uow:
            await actions.publish_recording(
                uow,
                RecordingId(recording),
                published=audience != "nobody",
                shared=audience == "everybody",
                by=viewer,
                now=services.now(),
            )
    return RedirectResponse("/admin/recordings" + ("" if form.errors else "?done=audience"), 303)
