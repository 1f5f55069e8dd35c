"""Public check of a certificate: shows no more than is on the paper."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from web import auth
from web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/verify/")
async def ask(request: Request) -> Response:
    """Where a code is typed in."""
    await auth.load_viewer(request)
    typed = request.query_params.get("code", "").strip()[:40]
    if typed:
        return RedirectResponse(f"/verify/{quote(typed, safe='')}", 303)
    return render(request, "certificates/verify.html", code="", certificate=None, asked=False)


@router.get("/verify/{code}")
async def verify(request: Request, code: str) -> Response:
    await auth.load_viewer(request)
    found = await auth.services_of(request).store.queries.verify(code)
    response = render(request, "certificates/verify.html", 200 if found else 404, code=code[:40], certificate=found, asked=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
