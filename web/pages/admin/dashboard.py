"""Five numbers and three charts; the log of who looked at whose data; certificates issued."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.people import Viewer
from web import auth
from web.access import log_look
from web.i18n import Language, has_text, text
from web.pages.portal import page_number
from web.rendering import address_with, language_of, render

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
    await log_look(request, viewer, [row.certificate.person for row in page.rows], "certificate", None)
    return render(
        request, "admin/certificates.html", page=page, search=search, address=lambda number: address_with(request, page=number)
    )


@router.get("/admin/access-log")
async def access_log(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    queries = auth.services_of(request).store.queries
    return render(
        request,
        "admin/access_log.html",
        page=await queries.access_log(viewer.scope, page=page_number(request)),
        broken=await queries.broken_access_row(),
        address=lambda number: address_with(request, page=number),
        log_words=lambda what: log_words(language_of(request), what),
    )


def log_words(language: Language, what: str) -> str:
    """What was done, in words; of a kind we have none for, its code."""
    kind, _, detail = what.partition(":")
    key = f"log.what.{kind}"
    words = text(language, key) if has_text(key) else kind
    role = f"role.{detail}"
    return f"{words}: {text(language, role)}" if has_text(role) else words
