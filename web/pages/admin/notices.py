"""Notices of a municipality's site, and of the province to all of them."""

from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import sites as actions
from classroom.errors import ClassroomError, NotFound
from classroom.people import MunicipalityCode, Viewer
from classroom.sites import Notice, NoticeId
from web import auth
from web.errors import status_of
from web.forms import Form
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)
PROVINCE = "province"


@router.get("/admin/notices")
async def notices(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    page = await services.store.queries.admin_notices(viewer.scope, page=page_number(request))
    names = {each.code: each.name for each in await services.store.queries.municipalities()}
    return render(
        request,
        "admin/notices.html",
        page=page,
        names=names,
        now=services.now(),
        address=lambda number: address_with(request, page=number),
    )


@router.get("/admin/notices/new")
async def new(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _form_page(request, viewer)


@router.post("/admin/notices/new")
async def post(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    form = await Form.read(request)
    wanted = _read(form, NoticeId(""))
    where = None if form["municipality"] == PROVINCE else MunicipalityCode(form["municipality"])
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await actions.post_notice(
                    uow,
                    municipality=where,
                    title=wanted.title,
                    body=wanted.body,
                    pinned=wanted.pinned,
                    shown_from=wanted.shown_from,
                    shown_until=wanted.shown_until,
                    by=viewer,
                )
            return RedirectResponse("/admin/notices?done=notice", 303)
    except NotFound:
        form.wrong("municipality", "form.choose")
    except ClassroomError as error:
        form.take(error)
        return await _form_page(request, viewer, form, status=status_of(error))
    return await _form_page(request, viewer, form, status=422)


@router.get("/admin/notices/{notice}")
async def edit(request: Request, notice: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _form_page(request, viewer, found=await _mine(request, notice, viewer))


@router.post("/admin/notices/{notice}")
async def change(request: Request, notice: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Change it, or take it down (`action=remove`)."""
    services = auth.services_of(request)
    found = await _mine(request, notice, viewer)
    form = await Form.read(request)
    if form["action"] == "remove":
        async with services.store.writing() as uow:
            await actions.remove_notice(uow, found.id, by=viewer)
        return RedirectResponse("/admin/notices?done=notice-removed", 303)
    wanted = replace(_read(form, found.id), version=form.whole("version", 0, 999_999_999))
    if form.errors:
        return await _form_page(request, viewer, form, found, 422)
    try:
        async with services.store.writing() as uow:
            await actions.change_notice(uow, wanted, by=viewer)
    except ClassroomError as error:
        form.take(error)
        return await _form_page(request, viewer, form, found, status_of(error))
    return RedirectResponse("/admin/notices?done=notice", 303)


def _read(form: Form, notice: NoticeId) -> Notice:
    return Notice(
        notice,
        None,
        form.both("title", 120),
        form.both("body", 5_000, long=True),
        form.ticked("pinned"),
        form.moment("shown_from"),
        form.moment("shown_until") if form["shown_until"].strip() else None,
    )


async def _mine(request: Request, notice: str, viewer: Viewer) -> Notice:
    found = await auth.services_of(request).store.queries.admin_notice(viewer.scope, notice)
    if found is None:
        raise NotFound
    return found


async def _form_page(
    request: Request, viewer: Viewer, form: Form | None = None, found: Notice | None = None, status: int = 200
) -> Response:
    services = auth.services_of(request)
    mine = [each for each in await services.store.queries.municipalities() if viewer.administers(each.code)]
    return render(
        request,
        "admin/notice_form.html",
        status,
        form=form,
        notice=found,
        municipalities=mine,
        province=PROVINCE,
        now=services.now(),
    )
