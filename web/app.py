"""create_app(services): routes, middleware, error pages and static files of the whole site. Opens nothing itself."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from web import errors
from web.assets import Assets, VersionedFiles
from web.interop import calendar, captions, whip
from web.pages import (
    account,
    api,
    assessing,
    attendance,
    captioner,
    certificates,
    courses,
    health,
    lessons,
    me,
    messages,
    notices,
    oidc,
    portal,
    recording_edits,
    recording_live,
    recordings,
    sign_in,
    sign_up,
    watching,
)
from web.pages.admin import access_log, accounts, dashboard, figures, people, sites, status
from web.pages.admin import applications as admin_applications
from web.pages.admin import catalogue as admin_catalogue
from web.pages.admin import courses as admin_courses
from web.pages.admin import notices as admin_notices
from web.pages.admin import recordings as admin_recordings
from web.pages.admin import retention as admin_retention
from web.pages.admin import shelf as admin_shelf
from web.pages.admin import timetable as admin_timetable
from web.pages.admin import uploads as admin_uploads
from web.rendering import Pages
from web.rush import Rush
from web.security import BodyLimits, HeadAsGet, ReadableAddresses, SameOrigin, SecurityHeaders
from web.services import Services
from web.viewers import Viewers

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
ROUTERS = (
    courses.applying,
    health.router,
    api.router,
    oidc.router,
    sign_in.router,
    sign_up.router,
    me.router,
    messages.router,
    calendar.router,
    account.router,
    lessons.router,
    captioner.router,
    attendance.router,
    recordings.router,
    recording_edits.router,
    recording_live.router,
    watching.router,
    certificates.router,
    dashboard.router,
    figures.router,
    status.router,
    access_log.router,
    admin_applications.router,
    admin_courses.router,
    admin_timetable.router,
    admin_catalogue.router,
    accounts.router,
    people.router,
    admin_recordings.router,
    admin_shelf.router,
    admin_retention.router,
    admin_uploads.router,
    sites.router,
    admin_notices.router,
    notices.router,
    *assessing.ROUTERS,
    courses.router,
    portal.router,  # last: /{municipality}/ would take every other first word
)


def create_app(services: Services, lifespan: Lifespan | None = None) -> FastAPI:
    """The site. `lifespan` opens and closes what `services` needs."""
    meters = health.Meters()
    assets = Assets()
    app = FastAPI(
        title="Classroom",
        version="1",
        description="Public data of the learning platform and one's own learning, for programs.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(health.Measure, meters=meters),
            Middleware(SecurityHeaders, secure=services.settings.secure),
            Middleware(ReadableAddresses),
            Middleware(SameOrigin, origins=[services.settings.public_url]),
            Middleware(BodyLimits),
            Middleware(HeadAsGet),
            Middleware(errors.CatchAll),
        ],
    )
    app.state.services = services
    app.state.meters = meters
    app.state.rush = Rush(services.store, services.now)
    app.state.viewers = Viewers(services.store, services.now)
    app.state.pages = Pages(assets)
    errors.install(app)
    app.mount("/static", GZipMiddleware(VersionedFiles(assets), minimum_size=1_024, compresslevel=5), name="static")
    app.include_router(whip.router(services.rooms))
    app.include_router(captions.router(services.rooms))
    for router in ROUTERS:
        app.include_router(router)
    return app
