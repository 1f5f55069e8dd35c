"""Five numbers and three charts; certificates issued."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.people import Viewer
from web import auth
from web.access import log_look
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)


@router.get("/admin/")
async def dashboard(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    page = await services.store.queries.dashboard(viewer.scope, services.now())
    return render(request, "admin/dashboard.html", page=page, now=services.now())


@router.get("/admin/certificates")
async def certificates(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    search = request.query_params.get("q", "")[:100].strip()
    page = await auth.services_of(request).store.queries.admin_certificates(
        viewer.scope, search=search, page=page_number(request)
    )
    await log_look(
        request,
        viewer,
        [row.certificate.person for row in page.rows],
        "certificate",
        next(iter(viewer.scope.municipalities), None),
    )
    return render(
        request, "admin/certificates.html", page=page, search=search, address=lambda number: address_with(request, page=number)
    )
