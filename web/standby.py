"""What a standby answers: it is alive, and not ready. A balancer leaves it alone, a person who comes is asked to come again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web import errors
from web.assets import Assets, VersionedFiles
from web.heartbeat import beat_forever
from web.pages.health import Meters, healthz, may_read_metrics
from web.rendering import Pages
from web.security import HeadAsGet, ReadableAddresses, SecurityHeaders
from web.services import WebSettings

RETRY_AFTER: Final = {"Retry-After": "5"}
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class StandbyServices:
    """As much of `Services` as a page without anybody's data asks for."""

    settings: WebSettings


class NoRooms:
    """WebSockets are refused as what they are, with the status of everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        await receive()  # the wish to connect
        if "websocket.http.response" in (scope.get("extensions") or {}):
            headers = [(name.lower().encode(), value.encode()) for name, value in RETRY_AFTER.items()]
            await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": b""})
        else:
            await send({"type": "websocket.close", "code": 1013})


def create_standby(settings: WebSettings) -> FastAPI:
    """The application of a process that waits. Opens nothing."""
    meters, assets = Meters(), Assets()
    meters.standby.set(1)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        beating = asyncio.create_task(beat_forever())
        yield
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(NoRooms),
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(ReadableAddresses),
            Middleware(HeadAsGet),
            Middleware(errors.CatchAll),
        ],
    )
    app.state.services = StandbyServices(settings)
    app.state.pages = Pages(assets)
    errors.install(app)
    app.mount("/static", GZipMiddleware(VersionedFiles(assets), minimum_size=1_024, compresslevel=5), name="static")
    app.add_api_route("/healthz", healthz)

    @app.get("/readyz")
    async def readyz() -> Response:
        """Another process serves the database."""
        return JSONResponse({"status": "standby"}, 503, headers=RETRY_AFTER | {"Cache-Control": "no-store"})

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not may_read_metrics(request, settings.metrics_token):
            return PlainTextResponse("Figures are for this machine, or with CLASSROOM_METRICS_TOKEN as a bearer token.\n", 403)
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)

    @app.api_route("/{path:path}", methods=[*METHODS])
    async def elsewhere(request: Request, path: str) -> Response:
        return errors.refuse(request, 503, "unavailable", headers=RETRY_AFTER | {"Cache-Control": "no-store"})

    return app
