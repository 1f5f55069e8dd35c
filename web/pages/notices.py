"""Notices and logos of sites, for everybody."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from classroom.errors import NotFound
from classroom.municipalities import Municipality
from web import auth
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)


@router.get("/notices")
async def notices_of_province(request: Request) -> Response:
    return await _list(request, None)


@router.get("/notices/{notice}")
async def notice(request: Request, notice: str) -> Response:
    services = auth.services_of(request)
    await auth.load_viewer(request)
    found = await services.store.queries.notice(notice, services.now())
    if found is None:
        raise NotFound
    if found.municipality is not None:
        request.state.site = await _open_site(request, found.municipality)
    return render(request, "portal/notice.html", notice=found)


@router.get("/{municipality}/notices")
async def notices_of_site(request: Request, municipality: str) -> Response:
    found = await _open_site(request, municipality)
    request.state.site = found
    return await _list(request, found)


@router.get("/{municipality}/logo")
async def logo(request: Request, municipality: str) -> Response:
    """The picture as uploaded; its address carries its mark, so it may be kept for ever."""
    found = await auth.services_of(request).store.queries.site_logo(municipality)
    if found is None:
        raise NotFound
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(found.data, media_type=found.mime, headers=headers)


async def _list(request: Request, site: Municipality | None) -> Response:
    services = auth.services_of(request)
    await auth.load_viewer(request)
    page = await services.store.queries.notices(site.code if site else None, services.now(), page=page_number(request))
    return render(
        request, "portal/notices.html", page=page, where=site, address=lambda number: address_with(request, page=number)
    )


async def _open_site(request: Request, municipality: str) -> Municipality:
    found = await auth.services_of(request).store.queries.municipality(municipality)
    if found is None or not found.is_open:
        raise NotFound
    return found
