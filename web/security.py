"""What holds for every request: security headers, same-origin writes, limits on bodies. Pure ASGI, outermost first."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self' ws: wss:",  # Safari before 15.4 does not count ws: under 'self'
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS = ", ".join(
    (
        *(
            f"{name}=(self)"
            for name in (
                "camera",
                "microphone",
                "display-capture",
                "autoplay",
                "fullscreen",
                "picture-in-picture",
                "screen-wake-lock",
            )
        ),
        *(f"{name}=()" for name in ("geolocation", "payment", "usb", "serial", "midi")),
    )
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 1_000_000
LARGE_BODIES = (
    # A file of 10 MB and the form around it; a part of a video.
    (re.compile(r"/learning/[^/]+/(assignments|excuses)(/[^/]+)?|/admin/uploads/[^/]+/parts"), 11_000_000),
    # A table of 2 MB, and what its preview sends back: in UTF-8, unpacked. What is larger is named at the field.
    (re.compile(r"/admin/catalogue|/admin/people/import"), 8_000_000),
    # Two caption files of 2 MB in Base64, with the video's title.
    (re.compile(r"/admin/uploads"), 8_000_000),
    # Captions of 2 MB, likewise.
    (re.compile(r"/recordings/[^/]+/captions/[^/]+"), 4_000_000),
)
"""POST addresses that take more: whole path → most bytes."""
UPLOAD_WITHIN_S = 120.0
"""10 MB from a phone with little signal."""
BODY_WITHIN_S = 20.0
BEARER_PATHS = ("/whip/", "/whep/", "/captions/")
"""Authorised by a token in a header, never by a cookie: a foreign page gains nothing by calling them."""


class SecurityHeaders:
    """Adds the headers that are the same on every response; a route may set a stricter one of its own."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": CONTENT_POLICY,
            "Permissions-Policy": PERMISSIONS,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if secure:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


SENDS_FILES: Final = re.compile(r"/static/|/recordings/[^/]+/(files/|live/|poster$|film$)")


class HeadAsGet:
    """Answers HEAD wherever GET is answered (RFC 9110 §9.3.2). Routes that send files do it themselves, reading nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or SENDS_FILES.match(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"
        await self.app(scope, receive, send_head)


class ReadableAddresses:
    """Refuses addresses with a NUL in them: no page has one, and PostgreSQL fails on the mere question."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4400, "reason": "no such address"})
                return
            await PlainTextResponse("No such address.\n없는 주소입니다.\n", 400)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class SameOrigin:
    """Refuses every write a foreign page may have caused, and foreign pages' WebSockets.

    Browsers say where a request comes from (`Sec-Fetch-Site`, older ones `Origin`). A client that says nothing is no browser and
    holds no one else's cookie; SameSite=Lax is the second lock.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and self._is_foreign(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403, "reason": "foreign origin"})
                return
            refusal = PlainTextResponse(
                "This request came from another site and was refused.\n다른 사이트에서 온 요청이라 거절했습니다.\n", 403
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        if scope["type"] == "http" and (scope["method"] in SAFE_METHODS or scope["path"].startswith(BEARER_PATHS)):
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None and scope["type"] == "http":
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return False
        return origin not in self.origins and urlsplit(origin).netloc != headers.get("host")


class BodyLimits:
    """A request's body must be small and arrive in time: 413, 408."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, within_s: float = BODY_WITHIN_S) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        large = max([most for path, most in LARGE_BODIES if path.fullmatch(scope["path"])], default=0)
        uploads = scope["method"] == "POST" and large > 0
        max_bytes = max(self.max_bytes, large) if uploads else self.max_bytes
        within_s = max(self.within_s, UPLOAD_WITHIN_S) if uploads else self.within_s
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > max_bytes:
            await PlainTextResponse("Request too large.\n요청이 너무 큽니다.\n", 413)(scope, receive, send)
            return
        taken = 0
        complete = False
        deadline = asyncio.get_running_loop().time() + within_s

        async def receive_limited() -> Message:
            nonlocal taken, complete
            if complete:  # what follows is only the disconnect, which may take as long as the response
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if taken > max_bytes:
                    raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send)
