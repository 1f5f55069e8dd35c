"""Who is asking: the session cookie, what a page demands of its visitor, and where sign-in may lead back to."""

from typing import cast

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from classroom.errors import NotFound
from classroom.people import Viewer
from web.errors import SignInNeeded
from web.services import Services
from web.viewers import Viewers

MAX_TOKEN_CHARACTERS = 128
DEVICE_COOKIE = "known"


def services_of(request: HTTPConnection) -> Services:
    return cast(Services, request.app.state.services)


def session_cookie(services: Services) -> str:
    """`__Host-` makes the browser refuse it from a sibling domain or without https."""
    return "__Host-session" if services.settings.secure else "session"


def session_token(request: HTTPConnection) -> str | None:
    token = request.cookies.get(session_cookie(services_of(request)))
    return token if token and len(token) <= MAX_TOKEN_CHARACTERS else None


async def load_viewer(request: Request) -> Viewer | None:
    """Find out who is signed in. Once per request; every page's header needs it."""
    if not hasattr(request.state, "viewer"):
        token = session_token(request)
        crowd: Viewers = request.app.state.viewers
        request.state.viewer = await crowd.of(token) if token else None
    return cast(Viewer | None, request.state.viewer)


async def need_viewer(request: Request) -> Viewer:
    viewer = await load_viewer(request)
    if viewer is None:
        raise SignInNeeded
    return viewer


async def need_administrator(request: Request) -> Viewer:
    """Staff of a municipality or of the province. To anybody else these pages do not exist."""
    viewer = await need_viewer(request)
    if not viewer.is_administrator:
        raise NotFound
    return viewer


async def need_province(request: Request) -> Viewer:
    viewer = await need_viewer(request)
    if not viewer.is_province:
        raise NotFound
    return viewer


def set_cookie(request: HTTPConnection, response: Response, name: str, value: str, lasts_s: int, http_only: bool = True) -> None:
    secure = services_of(request).settings.secure
    response.set_cookie(name, value, max_age=lasts_s, path="/", httponly=http_only, samesite="lax", secure=secure)


def drop_cookie(request: HTTPConnection, response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=services_of(request).settings.secure)


def own_path(wanted: str | None, default: str = "/me") -> str:
    """`wanted` if it leads to a page of ours, else `default`."""
    if not wanted or len(wanted) > 2_000 or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return default
    if "\\" in wanted or any(not c.isprintable() or c.isspace() for c in wanted):
        return default
    return wanted


def client_address(request: HTTPConnection) -> str:
    """Of who asks; behind a trusted proxy uvicorn has put the real one here."""
    return request.client.host if request.client else "unknown"
