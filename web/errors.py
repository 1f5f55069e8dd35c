"""Any error → a page for people or JSON for programs, in one shape: `{"error": {"code", "message", "fields"?}}`."""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classroom.errors import ClassroomError, DatabaseAway, Invalid, NotFound
from recording.errors import StorageAway
from web import i18n
from web.formatting import day_time
from web.i18n import Language
from web.rendering import language_of, own_address, remember_language, render

log = structlog.get_logger()
STATUS_OF_CODE = {
    "not-found": 404,
    "not-enrolled": 404,  # the same as an absent lesson: who is not in the course learns nothing of it
    "not-allowed": 403,
    "removed": 403,
    "sign-in-failed": 401,
    "sign-in-needed": 401,
    "too-many-attempts": 429,
    "no-hangul-font": 503,
    "database-newer": 503,
}
PAGE_CODES = {400: "bad-request", 403: "not-allowed", 404: "not-found", 405: "not-found", 408: "slow-request", 413: "too-large"}


class SignInNeeded(Exception):
    """This page is for people who are signed in."""


def status_of(error: ClassroomError) -> int:
    return STATUS_OF_CODE.get(error.code, 422 if isinstance(error, Invalid) else 409)


def sentence(language: Language, code: str, fields: Mapping[str, Any] | None = None) -> str:
    """What happened and what to do, for people."""
    values = {name: day_time(value, language) if hasattr(value, "tzinfo") else value for name, value in (fields or {}).items()}
    return i18n.text(language, f"error.{code}", **values)


def wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return (
        request.url.path.startswith("/api/")
        or request.headers.get("content-type", "").startswith("application/json")
        or ("application/json" in accept and "text/html" not in accept)
    )


def json_error(status: int, code: str, message: str, fields: Mapping[str, str] | None = None) -> JSONResponse:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = dict(fields)
    return JSONResponse({"error": error}, status, headers={"Cache-Control": "no-store"})


def refuse(
    request: Request, status: int, code: str, message: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The refusal `code` as a page or as JSON."""
    language = language_of(request)
    words = message or sentence(language, code)
    response = (
        json_error(status, code, words)
        if wants_json(request)
        else render(request, "errors/error.html", status, code=code, words=words)
    )
    response.headers.update(headers or {})
    return response


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(SignInNeeded)
    async def sign_in_needed(request: Request, error: SignInNeeded) -> Response:
        if wants_json(request) or request.method not in ("GET", "HEAD"):
            return refuse(request, 401, "sign-in-needed")
        answer = RedirectResponse(f"/sign-in?next={quote(own_address(request), safe='/')}", 303)
        remember_language(request, answer)  # a link in English leads to a form in English
        return answer

    @app.exception_handler(ClassroomError)
    async def refused(request: Request, error: ClassroomError) -> Response:
        code = "not-found" if isinstance(error, NotFound) or error.code == "not-enrolled" else error.code
        return refuse(request, status_of(error), code, sentence(language_of(request), code, error.fields))

    @app.exception_handler(StorageAway)
    async def storage_away(request: Request, error: StorageAway) -> Response:
        log.warning("! the storage is away", route=getattr(request.scope.get("route"), "path", "?"), error=str(error))
        return refuse(request, 503, "storage-away", headers={"Retry-After": "10"})

    @app.exception_handler(DatabaseAway)
    async def database_away(request: Request, error: DatabaseAway) -> Response:
        reason = type(error.__cause__).__name__
        log.warning("! the database is away", route=getattr(request.scope.get("route"), "path", "?"), reason=reason)
        return refuse(request, 503, error.code, headers={"Retry-After": "5"})

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        code = PAGE_CODES.get(error.status_code)
        if code is None:
            code = "bad-request" if error.status_code < 500 else "unavailable"
        return refuse(request, error.status_code, code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong_values(request: Request, error: RequestValidationError) -> Response:
        language = language_of(request)
        if wants_json(request):
            fields = {".".join(str(part) for part in each["loc"][1:]): str(each["msg"]) for each in error.errors()}
            return json_error(422, "invalid", sentence(language, "invalid"), fields)
        return refuse(request, HTTPStatus.BAD_REQUEST, "bad-request")


class CatchAll:
    """Our own mistakes become one page and one log line without anybody's data; the process goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            log.error(
                "! request failed", route=getattr(scope.get("route"), "path", "?"), error=type(error).__name__, at=_frames(error)
            )
            response = refuse(Request(scope, receive), 500, "server-error")
            await response(scope, receive, send)


def _frames(error: BaseException) -> list[str]:
    """Where it happened, innermost last; never the message, which may quote what somebody typed."""
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]
