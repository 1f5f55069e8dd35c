"""The municipalities' sites: open one, choose its colour."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import courses as actions
from classroom.errors import ClassroomError, NotFound
from classroom.people import MunicipalityCode, Viewer
from web import auth
from web.errors import status_of
from web.forms import Form
from web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/admin/sites")
async def sites(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _page(request, viewer)


@router.post("/admin/sites/{municipality}")
async def open_site(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Open the site, or change its colour and telephone number."""
    services = auth.services_of(request)
    form = await Form.read(request)
    phone = form.line("phone", 40, needed=False)
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await actions.open_site(
                    uow,
                    MunicipalityCode(municipality),
                    brand=form["brand"].strip() or None,
                    phone=phone or None,
                    by=viewer,
                    now=services.now(),
                )
            return RedirectResponse("/admin/sites?done=site", 303)
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _page(request, viewer, form, municipality, status_of(error))
    return await _page(request, viewer, form, municipality, 422)


async def _page(
    request: Request, viewer: Viewer, form: Form | None = None, edited: str | None = None, status: int = 200
) -> Response:
    found = await auth.services_of(request).store.queries.municipalities()
    mine = [each for each in found if viewer.administers(each.code)]
    return render(request, "admin/sites.html", status, municipalities=mine, form=form, edited=edited)
