"""Alive, ready, and numbers for Prometheus. No room and no person is in any of them."""

import hmac
import time
from typing import Final

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import auth
from web.media_figures import expose_media
from web.rendering import Pages

router = APIRouter(include_in_schema=False)
LOOPBACK: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


@router.get("/healthz")
async def healthz() -> Response:
    """This process answers."""
    return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The database answers and a media worker is linked: classes can be held."""
    services = auth.services_of(request)
    parts = {"media": services.rooms.ready, "database": True}
    try:
        await services.store.queries.municipality("-")
    except Exception:
        parts["database"] = False
    ready = all(parts.values())
    body = {"status": "ready" if ready else "starting", "parts": parts}
    return JSONResponse(body, 200 if ready else 503, headers={"Cache-Control": "no-store"})


@router.get("/robots.txt")
async def robots() -> Response:
    """Search engines: the public pages, nothing of anybody's own."""
    return PlainTextResponse(
        "User-agent: *\nDisallow: /admin/\nDisallow: /me\nDisallow: /lessons/\nDisallow: /recordings\nDisallow: /verify/\n"
    )


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """For those who do not read the page's own link."""
    pages: Pages = request.app.state.pages
    return RedirectResponse(pages.assets.url("img/mark.svg"), 302)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For Prometheus: on this machine, or with the token."""
    services = auth.services_of(request)
    if not may_read_metrics(request, services.settings.metrics_token):
        return PlainTextResponse("Figures are for this machine, or with CLASSROOM_METRICS_TOKEN as a bearer token.\n", 403)
    meters: Meters = request.app.state.meters
    counts = services.rooms.counts()
    for name in ("rooms", "peers", "connections", "recordings", "recordings_troubled", "workers", "workers_up"):
        meters.rooms.labels(name).set(float(getattr(counts, name)))
    text = generate_latest(meters.registry) + expose_media(await services.media_stats())
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: Request, token: str) -> bool:
    """Whether the request comes from this machine itself, or carries the token.

    A request that was handed on by somebody (a proxy on this machine) is not of this machine.
    """
    given = request.headers.get("authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via")):
        return False
    client = request.client.host if request.client is not None else ""
    server: tuple[str, int] | None = request.scope.get("server")
    return client in LOOPBACK or (server is not None and client == server[0])


class Meters:
    """One registry per application, so that two in one process (tests) do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("classroom_requests", "Answered requests.", ["route", "method", "status"], registry=self.registry)
        self.seconds = Histogram("classroom_request_seconds", "Time to the end of the answer.", ["route"], registry=self.registry)
        self.rooms = Gauge("classroom_rooms", "Live rooms and who is connected.", ["what"], registry=self.registry)
        self.standby = Gauge("classroom_standby", "1: waits to take over from who serves the database.", registry=self.registry)


class Measure:
    """Counts requests by route pattern (never by address)."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.meters.requests.labels(route, scope["method"], str(status)).inc()
            self.meters.seconds.labels(route).observe(time.perf_counter() - began)
