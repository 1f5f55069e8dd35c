"""Which recordings are published, and to whom."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import recordings as actions
from classroom.catalogue import RecordingState
from classroom.people import RecordingId, Viewer
from web import auth
from web.forms import Form
from web.i18n import has_text, text
from web.pages.portal import page_number
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
AUDIENCES = ("nobody", "course", "everybody")


@router.get("/admin/recordings")
async def recordings(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    wrong = f"error.{request.query_params.get('wrong', '')}"
    return await show_recordings(request, viewer, 200, text(language_of(request), wrong) if has_text(wrong) else None)


async def show_recordings(request: Request, viewer: Viewer, status: int, wrong: str | None) -> Response:
    """The list; `wrong` is the sentence about what was not done."""
    services = auth.services_of(request)
    asked = request.query_params
    given = asked.get("state")
    state = RecordingState(given) if given in [str(each) for each in RecordingState] else None
    audience = asked.get("audience") if asked.get("audience") in AUDIENCES else None
    search, deleted = asked.get("q", "")[:100].strip(), asked.get("deleted") == "1"
    page = await services.store.queries.admin_recordings(
        viewer.scope, state=state, search=search, audience=audience, deleted=deleted, page=page_number(request)
    )
    async with services.store.reading() as uow:
        shares = await uow.shelf.shared_with([card.recording.id for card in page.rows])
    return render(
        request,
        "admin/recordings.html",
        status,
        page=page,
        state=state,
        states=list(RecordingState),
        audience=audience,
        audiences=AUDIENCES,
        search=search,
        deleted=deleted,
        shares=shares,
        places=[each for each in await services.store.queries.municipalities() if each.is_open],
        wrong=wrong,
        address=lambda number: address_with(request, page=number),
        with_filter=lambda **changes: address_with(request, page=None, done=None, wrong=None, **changes),
        back=address_with(request, done=None, wrong=None),
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
