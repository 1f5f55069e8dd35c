"""One's inbox: what happened to applications and lessons."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.people import Viewer
from web import auth
from web.letters import knows, letter_of
from web.pages.portal import page_number
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/me/messages")
async def messages(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Seeing them is reading them: the next page counts none as new."""
    services = auth.services_of(request)
    page = await services.store.queries.messages(viewer, page=page_number(request))
    language = language_of(request)
    lines = [(each, letter_of(each.kind, each.data, language)) for each in page.rows if knows(each.kind)]
    response = render(
        request, "me/messages.html", lines=lines, page=page, address=lambda number: address_with(request, page=number)
    )
    if any(each.read_at is None for each in page.rows):
        async with services.store.writing() as uow:
            await uow.messages.read_all(viewer.id, services.now())
    return response
