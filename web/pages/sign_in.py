"""Signing in and out."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import people
from classroom.errors import Refused
from web import auth
from web.errors import sentence
from web.forms import Form
from web.limits import WAIT_MINUTES, device_mark
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)
MAX_PASSWORD_CHARACTERS = 1_000
DEVICE_S = 180 * 86_400


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    if await auth.load_viewer(request):
        return RedirectResponse(auth.own_path(request.query_params.get("next")), 303)
    return _page(request, 200, email="", error=None, wanted=request.query_params.get("next"))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    services = auth.services_of(request)
    form = await Form.read(request)
    email, password = form["email"].strip().lower()[:254], form["password"]
    wanted = form["next"] or request.query_params.get("next")
    language = language_of(request)
    if not email or not password:
        return _page(request, 422, email, sentence(language, "sign-in-empty"), wanted)
    mark = device_mark(services.settings.secret, email)
    known = request.cookies.get(auth.DEVICE_COOKIE) == mark
    async with services.guard.attempt(email, auth.client_address(request), known) as attempt:
        if attempt.refused:
            words = sentence(language, "too-many-attempts", {"minutes": WAIT_MINUTES})
            refusal = _page(request, 429, email, words, wanted)
            refusal.headers["Retry-After"] = str(WAIT_MINUTES * 60)
            return refusal
        try:
            signed_in = await people.sign_in(
                services.store, services.hasher, email=email, password=password[:MAX_PASSWORD_CHARACTERS], now=services.now()
            )
        except Refused as refused:
            await attempt.fail()
            return _page(request, 401, email, sentence(language, refused.code, refused.fields), wanted)
        await attempt.succeed()
    await _end_former_session(request)
    response = RedirectResponse(auth.own_path(wanted), 303)
    lasts_s = int((signed_in.expires_at - services.now()).total_seconds())
    auth.set_cookie(request, response, auth.session_cookie(services), signed_in.token, lasts_s)
    auth.set_cookie(request, response, auth.DEVICE_COOKIE, mark, DEVICE_S)
    return response


@router.get("/sign-out")
async def sign_out_page(request: Request) -> Response:
    if await auth.load_viewer(request) is None:
        return RedirectResponse("/", 303)
    return render(request, "account/sign_out.html")


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await _end_former_session(request)
    response = RedirectResponse("/?done=signed-out", 303)
    auth.drop_cookie(request, response, auth.session_cookie(auth.services_of(request)))
    return response


async def _end_former_session(request: Request) -> None:
    services = auth.services_of(request)
    if (token := auth.session_token(request)) is not None:
        async with services.store.writing() as uow:
            await people.sign_out(uow, token, services.now())


def _page(request: Request, status: int, email: str, error: str | None, wanted: str | None) -> Response:
    return render(
        request,
        "account/sign_in.html",
        status,
        email=email,
        error=error,
        next=auth.own_path(wanted, ""),
        oidc_name=provider.name if (provider := auth.services_of(request).oidc) else None,
        demo=auth.services_of(request).settings.demo,
    )
