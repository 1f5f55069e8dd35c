"""Stored media as an answer: whole or the part asked for (RFC 9110 §14), and cut off when the right to it ends meanwhile.

A browser may take an hour to read one answer (it stops reading while it has enough). So rights are asked not only when the
answer begins but again while it lasts: signed out, suspended, no longer enrolled or a consent taken back, the bytes stop.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from classroom.errors import NotFound
from classroom.people import Viewer
from recording.errors import ObjectMissing
from web import auth
from web.media_address import MediaPasses
from web.ranges import BadRange, ByteRange, choose_range
from web.rendering import viewer_of

ASK_AGAIN_S: Final = 20.0
"""Dead within a minute is the promise."""

MayStill = Callable[[], Awaitable[bool]]


def passes(request: Request) -> MediaPasses:
    return MediaPasses(auth.services_of(request).settings.secret)


def mint_pass(request: Request, recording: str, viewer: Viewer) -> str:
    """For this session's player, with the manifest."""
    session = auth.session_token(request) or ""
    return passes(request).mint(recording, viewer.id, session, auth.services_of(request).now().timestamp())


def poster_address(request: Request, recording: str) -> str:
    """Signed like the tracks; for who is signed in."""
    viewer = viewer_of(request)
    return f"/recordings/{recording}/poster?pass={mint_pass(request, recording, viewer)}" if viewer is not None else ""


def check_pass(request: Request, recording: str, viewer: Viewer) -> Response | None:
    """None when the address is good; an answer that leads to a fresh one when it has run out. Raises NotFound for any other."""
    session = auth.session_token(request) or ""
    now_s = auth.services_of(request).now().timestamp()
    match passes(request).check(request.query_params.get("pass", ""), recording, viewer.id, session, now_s):
        case "good":
            return None
        case "expired":
            fresh = request.url.include_query_params(**{"pass": mint_pass(request, recording, viewer)})
            return RedirectResponse(f"{fresh.path}?{fresh.query}", 307, headers={"Cache-Control": "private, no-store"})
        case "wrong":
            raise NotFound


def still_watches(request: Request, recording: str, *, growing: bool = False) -> MayStill:
    """Asks the database anew: the same session, a recording it may see, and playable."""
    services, token = auth.services_of(request), auth.session_token(request)

    async def ask() -> bool:
        viewer = await services.store.queries.viewer(token, services.now()) if token else None
        card = await services.store.queries.recording(recording, viewer) if viewer is not None else None
        return card is not None and (growing or card.recording.is_playable)

    return ask


class GuardedStream(StreamingResponse):
    """A stream that may end early on purpose: the connection is closed, which is no mistake of ours."""

    def __init__(
        self, chunks: AsyncIterator[bytes], may_still: MayStill, status: int, headers: dict[str, str], mime: str
    ) -> None:
        super().__init__(_guarded(chunks, may_still), status, headers, mime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except* CutOff:
            pass  # not raised on: the server sees an answer that is too short, and closes the connection


class CutOff(Exception):
    """The right to what is being sent has ended."""


async def _guarded(chunks: AsyncIterator[bytes], may_still: MayStill) -> AsyncIterator[bytes]:
    asked = monotonic()
    try:
        async for chunk in chunks:
            if monotonic() - asked >= ASK_AGAIN_S:
                if not await may_still():
                    raise CutOff
                asked = monotonic()
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()  # it may hold an open file


async def answer(request: Request, key: str, may_still: MayStill, headers: dict[str, str] | None = None) -> Response:
    """A stored object. Raises NotFound."""
    storage = auth.services_of(request).storage
    try:
        info = await storage.head(key)
    except ObjectMissing:
        raise NotFound from None
    etag = f'"{(info.etag or str(info.size)).strip(chr(34))}"'
    said = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, no-cache"} | (headers or {})
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=said)
    wanted = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
    try:
        part = choose_range(wanted, info.size)
    except BadRange:
        return Response(status_code=416, headers=said | {"Content-Range": f"bytes */{info.size}"})
    chosen = part or ByteRange(0, info.size)
    said["Content-Length"] = str(chosen.end - chosen.start)
    if part is not None:
        said["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{info.size}"
    status = 206 if part is not None else 200
    if request.method == "HEAD" or chosen.end == chosen.start:
        return Response(status_code=status, headers=said, media_type=info.mime)
    return GuardedStream(storage.open_range(key, chosen.start, chosen.end), may_still, status, said, info.mime)
