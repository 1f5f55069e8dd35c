"""The municipalities' sites: open one, introduce it, give it a logo and host names."""

from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import courses as course_actions
from classroom.actions import sites as actions
from classroom.errors import ClassroomError, NotFound
from classroom.municipalities import Municipality
from classroom.people import MunicipalityCode, Viewer
from classroom.sites import MAX_LOGO_BYTES, Logo, SiteProfile, checked_logo
from web import auth
from web.errors import status_of
from web.forms import Form
from web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/admin/sites")
async def sites(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _list_page(request, viewer)


@router.post("/admin/sites/{municipality}")
async def open_site(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Open the site, or change its colour and telephone number."""
    services = auth.services_of(request)
    form = await Form.read(request)
    phone = form.line("phone", 40, needed=False)
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await course_actions.open_site(
                    uow,
                    MunicipalityCode(municipality),
                    brand=form["brand"].strip() or None,
                    phone=phone or None,
                    by=viewer,
                    now=services.now(),
                )
            return RedirectResponse("/admin/sites?done=site", 303)
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _list_page(request, viewer, form, municipality, status_of(error))
    return await _list_page(request, viewer, form, municipality, 422)


@router.get("/admin/sites/{municipality}/edit")
async def edit(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _edit_page(request, await _mine(request, municipality, viewer))


@router.post("/admin/sites/{municipality}/edit")
async def change(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Everything the site says of itself, in one step: all of it is saved, or nothing."""
    services = auth.services_of(request)
    found = await _mine(request, municipality, viewer)
    form, files = await Form.read_with_files(request, {"logo": MAX_LOGO_BYTES})
    profile = _read_profile(form, found.code)
    brand, phone = form["brand"].strip(), form.line("phone", 40)
    logo: Logo | None = None
    try:
        if files.get("logo"):
            logo = checked_logo(files["logo"])
        if form.errors:
            return await _edit_page(request, found, form, 422)
        async with services.store.writing() as uow:
            # The version is looked at first: a second editor must not overwrite the colour either.
            await actions.change_site(
                uow,
                profile,
                logo=logo,
                drop_logo=form.ticked("drop_logo") and logo is None,
                by=viewer,
                own_hosts=[services.settings.host, *services.settings.hosts],
            )
            await uow.municipalities.update(
                replace(course_actions.with_brand(found, brand or None, phone), opened_at=found.opened_at)
            )
    except NotFound:
        raise
    except ClassroomError as error:
        found = await _mine(request, municipality, viewer)
        known = await services.store.queries.site_profile(found.code)
        same = replace(profile, version=known.version, hosts=known.hosts) == known and (found.brand, found.phone) == (
            brand,
            phone,
        )
        if error.code != "edited-meanwhile" or logo or not same or set(profile.hosts) != set(known.hosts):
            form.take(error)
            return await _edit_page(request, found, form, status_of(error))
        # Else the button was pressed twice.
    return RedirectResponse("/admin/sites?done=site-changed", 303)


def _read_profile(form: Form, code: MunicipalityCode) -> SiteProfile:
    return SiteProfile(
        code,
        form.both("headline", 80, needed=False),
        form.both("about", 3_000, needed=False, long=True),
        form.line("email", 254, needed=False),
        form.both("address", 200, needed=False),
        form.both("hours", 200, needed=False),
        tuple(form["hosts"].replace(",", " ").split()),
        form.whole("version", 0, 999_999_999),
    )


async def _mine(request: Request, municipality: str, viewer: Viewer) -> Municipality:
    found = await auth.services_of(request).store.queries.municipality(municipality)
    if found is None or not viewer.administers(found.code):
        raise NotFound
    return found


async def _list_page(
    request: Request, viewer: Viewer, form: Form | None = None, edited: str | None = None, status: int = 200
) -> Response:
    found = await auth.services_of(request).store.queries.municipalities()
    mine = [each for each in found if viewer.administers(each.code)]
    return render(request, "admin/sites.html", status, municipalities=mine, form=form, edited=edited)


async def _edit_page(request: Request, municipality: Municipality, form: Form | None = None, status: int = 200) -> Response:
    profile = await auth.services_of(request).store.queries.site_profile(municipality.code)
    return render(request, "admin/site_form.html", status, m=municipality, profile=profile, form=form)
