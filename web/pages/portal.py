"""The front door: portal, the municipalities' sites, search, how the pages look."""

import re
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from classroom.courses import AUDIENCES, CATEGORIES, LEVELS, CourseKind
from classroom.errors import NotFound
from web import auth
from web.covers import SEED, draw_cover
from web.forms import Form
from web.media_bytes import poster_address
from web.rendering import LOOK_S, THEMES, address_with, render

router = APIRouter(include_in_schema=False)
_COLOUR = re.compile(r"[0-9a-f]{6}")
PAGES = frozenset({"courses", "recordings", "notices", "me", "sign-in", "sign-up", "sign-out", "reset"})
"""Single words that are no municipality: typed with a stroke behind them, their page is meant."""


@router.get("/")
async def portal(request: Request) -> Response:
    services = auth.services_of(request)
    host = (request.headers.get("host") or "").rpartition("@")[2].split(":")[0].lower()
    own = services.settings.hosts.get(host)
    if own is None and host not in (services.settings.host, "127.0.0.1", "localhost"):
        own = await services.store.queries.site_of_host(host)
    if own is not None:
        return await site(request, own)
    await auth.load_viewer(request)
    return render(request, "portal/portal.html", page=await services.store.queries.portal(services.now()), categories=CATEGORIES)


@router.get("/courses")
async def all_courses(request: Request) -> Response:
    return await _search(request, None)


@router.get("/{municipality}/")
async def site(request: Request, municipality: str) -> Response:
    if municipality in PAGES:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{municipality}{query}", 307)
    services = auth.services_of(request)
    await auth.load_viewer(request)
    page = await services.store.queries.site(municipality, services.now())
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    template = "portal/site.html" if page.municipality.is_open else "portal/waiting.html"
    return render(request, template, page=page, poster_of=partial(poster_address, request))


@router.get("/{municipality}/courses")
async def site_courses(request: Request, municipality: str) -> Response:
    found = await auth.services_of(request).store.queries.municipality(municipality)
    if found is None or not found.is_open:
        raise NotFound
    request.state.site = found
    return await _search(request, municipality)


@router.get("/items/{item}")
async def online_item(request: Request, item: str) -> Response:
    """Something to learn from at any time."""
    queries = auth.services_of(request).store.queries
    await auth.load_viewer(request)
    found = await queries.item(item)
    if found is None:
        raise NotFound
    request.state.site = await queries.municipality(found.municipality)
    return render(request, "portal/item.html", item=found)


async def _search(request: Request, municipality: str | None) -> Response:
    """Courses by words, field, kind and municipality; an unknown filter counts as none."""
    services = auth.services_of(request)
    await auth.load_viewer(request)
    wanted = request.query_params
    category = wanted.get("category") if wanted.get("category") in CATEGORIES else None
    kind = wanted.get("kind") if wanted.get("kind") in [str(each) for each in CourseKind] else None
    level = wanted.get("level") if wanted.get("level") in LEVELS[1:] else None
    audience = wanted.get("audience") if wanted.get("audience") in AUDIENCES[1:] else None
    where = municipality or wanted.get("municipality") or None
    search = (wanted.get("q") or "")[:100].strip()
    page = await services.store.queries.courses(
        services.now(),
        municipality=where,
        search=search,
        category=category,
        kind=kind,
        level=level,
        audience=audience,
        open_only=wanted.get("open") == "1",
        page=page_number(request),
    )
    return render(
        request,
        "courses/list.html",
        page=page,
        search=search,
        category=category,
        kind=kind,
        level=level,
        audience=audience,
        levels=LEVELS[1:],
        audiences=AUDIENCES[1:],
        where=where,
        open_only=wanted.get("open") == "1",
        categories=CATEGORIES,
        kinds=list(CourseKind),
        municipalities=[] if municipality else [each for each in await services.store.queries.municipalities() if each.is_open],
        address=lambda number: address_with(request, page=number),
        with_filter=lambda **changes: address_with(request, page=None, **changes),
    )


def page_number(request: Request) -> int:
    """`?page=`, at least 1; nonsense is the first page."""
    given = request.query_params.get("page", "1")
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1


@router.get("/covers/{seed}.svg")
async def cover(seed: str) -> Response:
    """The picture drawn from an id. It tells nothing about whether such a course exists."""
    if not SEED.fullmatch(seed):
        raise NotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(draw_cover(seed), media_type="image/svg+xml", headers=headers)


@router.get("/brand/{colour}.css")
async def brand(colour: str) -> Response:
    """A municipality's colour as roles. As a text colour only on light surfaces: it is checked against white."""
    if not _COLOUR.fullmatch(colour):
        raise NotFound
    dark = f"--brand:color-mix(in srgb,#{colour} 55%,#fff);--brand-tint:color-mix(in srgb,#{colour} 22%,#131416)"
    css = (
        f':root,[data-theme="light"]{{--brand:#{colour};--brand-tint:color-mix(in srgb,#{colour} 9%,#fff)}}\n'
        f'[data-theme="dark"]{{{dark}}}\n'
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}\n"
        '[data-theme="contrast"]{--brand:#ffe14d;--brand-tint:#222}\n'
    )
    return Response(css, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.post("/display")
async def display(request: Request) -> Response:
    """Remember light or dark, normal or large text, and go back."""
    form = await Form.read(request)
    response = RedirectResponse(auth.own_path(form["next"], "/"), 303)
    theme = form["theme"] if form["theme"] in THEMES else "auto"
    text = "large" if form["text"] == "large" else "normal"
    auth.set_cookie(request, response, "theme", theme, LOOK_S, http_only=False)
    auth.set_cookie(request, response, "text", text, LOOK_S, http_only=False)
    return response
