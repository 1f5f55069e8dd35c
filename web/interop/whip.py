"""WHIP and WHEP: encoders publish into a lesson, players watch it (RFC 9725; draft-ietf-wish-whep).

`POST /whip/{lesson}` and `POST /whep/{lesson}` with `Authorization: Bearer TICKET` and an SDP offer answer 201 with our SDP, the
session's `Location` and an `ETag`; `DELETE` of that location hangs up. Our candidates are all in the answer (ICE-lite), so there
is nothing to trickle: PATCH is 405, as RFC 9725 §4.3 has it for servers without trickle.

The bearer ticket is the only right asked for, so pages of any origin may call these (CORS, no cookies).
"""

import hashlib
from typing import Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from signaling.errors import Refused
from signaling.vocabulary import MAX_SDP_CHARACTERS, Language

SDP = "application/sdp"
RETRY_AFTER_S = 2
STATUS = {
    "ticket-expired": 401,
    "ticket-invalid": 401,
    "not-allowed": 403,
    "removed": 403,
    "lesson-unknown": 404,
    "unknown-resource": 404,
    "lesson-over": 404,
    "bad-sdp": 406,
    "no-usable-codec": 406,
    "empty": 422,
    "too-fast": 429,
    "too-big": 413,
    "not-sdp": 415,
    "room-full": 503,
    "account-closed": 403,
    "no-captioner": 403,
    "overloaded": 503,
    "media-unavailable": 503,
}
SENTENCES = {
    "ticket-expired": "The ticket has expired; ask for a new one.",
    "ticket-invalid": "The ticket is missing or not valid for this lesson.",
    "not-allowed": "This ticket's role may not do that.",
    "removed": "This person was removed from the lesson.",
    "lesson-unknown": "There is no such lesson.",
    "unknown-resource": "There is no such session; it may have ended already.",
    "lesson-over": "The lesson is over.",
    "bad-sdp": "The offer cannot be understood.",
    "no-usable-codec": "The offer has no codec we forward: VP8 or H.264 video, Opus audio.",
    "too-big": "The offer is too long.",
    "empty": "The text is empty, or nothing of it can be seen.",
    "too-fast": "Too many captions; wait a second.",
    "not-sdp": "The body must be an SDP offer (Content-Type: application/sdp).",
    "room-full": "The lesson is full; try again.",
    "account-closed": "This account does not work any more.",
    "no-captioner": "Somebody else writes this lesson's captions now, or nobody.",
    "overloaded": "The server is busy; try again.",
    "media-unavailable": "The media relay is starting; try again.",
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After",
}


class Rooms(Protocol):
    """What we need of the room server."""

    async def whip(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]: ...
    async def whep(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]: ...
    async def caption(self, lesson: str, ticket: str, text: str, language: Language) -> None: ...
    async def hang_up(self, resource: str) -> None: ...


def refuse(code: str) -> Response:
    status = STATUS.get(code, 400)
    headers = dict(CORS)
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    message = SENTENCES.get(code, "The request cannot be carried out.")
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("ticket-invalid")
    return token.strip()


async def read_offer(request: Request) -> str:
    """The SDP of the body, read no further than we would accept. Raises Refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != SDP:
        raise Refused("not-sdp")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SDP_CHARACTERS:
            raise Refused("too-big")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("bad-sdp") from None


def near(request: Request) -> str | None:
    """The address of ours this request reached: a client that reached it can reach media there too."""
    server = request.scope.get("server")
    return str(server[0]) if server else None


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(tags=["whip"])

    async def open_session(request: Request, kind: str, lesson: str) -> Response:
        try:
            ticket = bearer(request)
            offer = await read_offer(request)
            join = rooms.whip if kind == "whip" else rooms.whep
            resource, answer = await join(lesson, ticket, offer, near(request))
        except Refused as refused:
            return refuse(refused.code)
        headers = CORS | {
            "Location": f"/{kind}/{lesson}/{resource}",
            "ETag": f'"{hashlib.sha256(answer.encode()).hexdigest()[:16]}"',
        }
        return Response(answer, 201, headers, SDP)

    async def hang_up(lesson: str, resource: str) -> Response:
        """End a WHIP or WHEP session."""
        # The resource's name is unguessable and was told only to the one who opened it (RFC 9725 §4.2 leaves this to us).
        try:
            await rooms.hang_up(resource)
        except Refused as refused:
            return refuse(refused.code)
        return Response(status_code=200, headers=CORS)

    def nothing_to_trickle() -> Response:
        return Response(status_code=405, headers=CORS | {"Allow": "DELETE, OPTIONS"})

    def preflight() -> Response:
        allow = {
            "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
            "Accept-Post": SDP,
        }
        return Response(status_code=204, headers=CORS | allow)

    @routes.post("/whip/{lesson}")
    async def whip(request: Request, lesson: str) -> Response:
        """Publish into the lesson as its instructor (WHIP)."""
        return await open_session(request, "whip", lesson)

    @routes.post("/whep/{lesson}")
    async def whep(request: Request, lesson: str) -> Response:
        """Watch the lesson (WHEP)."""
        return await open_session(request, "whep", lesson)

    for kind in ("whip", "whep"):
        session = f"/{kind}/{{lesson}}/{{resource}}"
        routes.add_api_route(session, hang_up, methods=["DELETE"], name=f"{kind}_hang_up")
        routes.add_api_route(session, nothing_to_trickle, methods=["PATCH"], name=f"{kind}_trickle")
        for path in (f"/{kind}/{{lesson}}", session):
            routes.add_api_route(path, preflight, methods=["OPTIONS"], include_in_schema=False)
    return routes
