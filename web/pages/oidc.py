"""Signing in by an outside OpenID provider, and linking it to the one account."""

import secrets
import time
from typing import Any

import structlog
from fastapi import APIRouter, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.responses import RedirectResponse, Response

from classroom.actions import identities, people
from classroom.errors import ClassroomError, NotFound
from web import auth
from web.errors import sentence, status_of
from web.interop.oidc import Provider, ProviderFailed
from web.pages.sign_up import signed_in_response
from web.rendering import language_of, render

log = structlog.get_logger()
router = APIRouter(include_in_schema=False)
COOKIE = "oidc"
LASTS_S = 600
AUDIENCE = "classroom-oidc"


@router.get("/sign-in/oidc")
async def begin(request: Request) -> Response:
    """Send the browser to the provider; what must hold when it comes back travels in a signed cookie."""
    services, provider = _provider(request)
    state, nonce, verifier = (secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    try:
        where = await provider.authorization_url(redirect_uri=_callback(request), state=state, nonce=nonce, verifier=verifier)
    except ProviderFailed as failure:
        return _failed(request, failure)
    wanted = auth.own_path(request.query_params.get("next"))
    claims = {"aud": AUDIENCE, "exp": int(time.time()) + LASTS_S, "s": state, "n": nonce, "v": verifier, "next": wanted}
    response = RedirectResponse(where, 303)
    sealed = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(services.settings.secret), algorithms=["HS256"])
    auth.set_cookie(request, response, COOKIE, sealed, LASTS_S)
    return response


@router.get("/sign-in/oidc/callback")
async def come_back(request: Request) -> Response:
    """The provider's answer. Works once, in the browser that began."""
    services, provider = _provider(request)
    viewer = await auth.load_viewer(request)
    began = _unseal(request)
    given = request.query_params
    if (
        began is None
        or not secrets.compare_digest(given.get("state", "").encode(), str(began["s"]).encode())
        or "code" not in given
    ):
        return _failed(request, ProviderFailed("no such beginning, or refused by the person"))
    try:
        claims = await provider.redeem(
            given["code"][:2_000], redirect_uri=_callback(request), nonce=began["n"], verifier=began["v"]
        )
        async with services.store.writing() as uow:
            person = await identities.sign_in_by_identity(
                uow,
                issuer=provider.issuer,
                subject=claims.subject,
                email=claims.email,
                is_email_proven=claims.is_email_proven,
                name=claims.name,
                locale=language_of(request),
                signed_in=viewer.id if viewer else None,
                now=services.now(),
            )
            session = None if viewer else await people.start_session(uow, person.id, services.now())
    except ProviderFailed as failure:
        return _failed(request, failure)
    except ClassroomError as error:
        words = sentence(language_of(request), error.code, error.fields)
        return _forget(request, render(request, "account/dead_link.html", status_of(error), words=words))
    if session is None:
        return _forget(request, RedirectResponse("/me/account?done=linked", 303))
    return _forget(request, signed_in_response(request, session, auth.own_path(began["next"])))


def _provider(request: Request) -> tuple[Any, Provider]:
    services = auth.services_of(request)
    if services.oidc is None:
        raise NotFound
    return services, services.oidc


def _callback(request: Request) -> str:
    return auth.services_of(request).settings.public_url + "/sign-in/oidc/callback"


def _unseal(request: Request) -> dict[str, Any] | None:
    try:
        key = OctKey.import_key(auth.services_of(request).settings.secret)
        claims = jwt.decode(request.cookies.get(COOKIE, ""), key, algorithms=["HS256"]).claims
        jwt.JWTClaimsRegistry(aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}).validate(claims)
    except (JoseError, ValueError):
        return None
    return dict(claims)


def _failed(request: Request, failure: ProviderFailed) -> Response:
    log.warning("! outside sign-in failed", why=str(failure))
    words = sentence(language_of(request), "oidc-failed")
    return _forget(request, render(request, "account/dead_link.html", 502, words=words))


def _forget(request: Request, response: Response) -> Response:
    auth.drop_cookie(request, response, COOKIE)
    return response
