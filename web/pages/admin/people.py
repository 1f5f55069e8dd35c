"""People of the scope and their rights. Looking at them is logged."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import people as actions
from classroom.errors import ClassroomError, NotFound
from classroom.people import MunicipalityCode, PersonId, Role, Viewer
from web import auth
from web.access import log_look
from web.errors import status_of
from web.forms import Form
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)


@router.get("/admin/people")
async def people(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _page(request, viewer)


@router.post("/admin/people/{person}/roles")
async def grant(request: Request, person: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Give a right in one municipality (the province's: everywhere)."""
    return await _change_role(request, person, viewer, "granted")


@router.post("/admin/people/{person}/roles/revoke")
async def revoke(request: Request, person: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Take a right back."""
    return await _change_role(request, person, viewer, "revoked")


async def _change_role(request: Request, person: str, viewer: Viewer, change: Literal["granted", "revoked"]) -> Response:
    services = auth.services_of(request)
    form = await Form.read(request)
    role = form.one_of("role", [str(each) for each in Role])
    if form.errors:
        return await _page(request, viewer, form, 422)
    where = None if role == Role.PROVINCIAL_ADMINISTRATOR else MunicipalityCode(form["municipality"])
    whose = PersonId(person)
    try:
        async with services.store.writing() as uow:
            if change == "granted":
                await actions.grant_role(uow, person=whose, role=Role(role), municipality=where, by=viewer, now=services.now())
            else:
                await actions.revoke_role(uow, person=whose, role=Role(role), municipality=where, by=viewer)
            await actions.log_access(
                uow,
                actor=viewer.id,
                address=auth.client_address(request),
                person=whose,
                what=f"role-{change}:{role}",
                municipality=where,
                now=services.now(),
            )
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _page(request, viewer, form, status_of(error))
    return RedirectResponse(f"/admin/people?done={change}", 303)


async def _page(request: Request, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    services = auth.services_of(request)
    search = request.query_params.get("q", "")[:100].strip()
    page = await services.store.queries.admin_people(viewer.scope, search=search, page=page_number(request))
    where = next(iter(viewer.scope.municipalities), None)
    await log_look(request, viewer, [row.person.id for row in page.rows], "people-list", where)
    municipalities = await services.store.queries.municipalities()
    return render(
        request,
        "admin/people.html",
        status,
        page=page,
        search=search,
        form=form,
        names={each.code: each.name for each in municipalities},
        may_revoke=lambda grant, row: (
            viewer.is_province and row.person.id != viewer.id
            if grant.municipality is None
            else viewer.administers(grant.municipality)
        ),
        grantable=[each for each in municipalities if viewer.administers(each.code)],
        roles=[role for role in Role if viewer.is_province or role is not Role.PROVINCIAL_ADMINISTRATOR],
        address=lambda number: address_with(request, page=number),
    )
