"""Who looked at whose data: a month at a time, summed up, reviewed and signed, and as a file."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.access_review import is_month, month_before
from classroom.actions.administration import sign_access_review
from classroom.errors import ClassroomError, NotFound
from classroom.history import SEOUL
from classroom.people import MunicipalityCode, Viewer
from web import auth
from web.access import log_look
from web.errors import status_of
from web.exports import as_file
from web.forms import Form
from web.i18n import Language, has_text, text
from web.pages.portal import page_number
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
SHOWN_MONTHS = 25
"""Two years and the present month: as long as the log is kept at least."""


@router.get("/admin/access-log")
async def access_log(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _page(request, viewer)


@router.post("/admin/access-log/review")
async def review(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Sign that one has looked through the month."""
    services = auth.services_of(request)
    form = await Form.read(request)
    note = form.paragraph("note", 2_000, needed=True)
    month = form["month"] if is_month(form["month"]) else _this_month(request)
    if form.errors:
        return await _page(request, viewer, form, month, 422)
    seen = await services.store.queries.access_log(viewer.scope, month)
    try:
        async with services.store.writing() as uow:
            for where in _places(viewer):
                await sign_access_review(
                    uow, month=month, municipality=where, note=note, rows=seen.total, by=viewer, now=services.now()
                )
    except ClassroomError as error:
        form.take(error)
        return await _page(request, viewer, form, month, status_of(error))
    return RedirectResponse(f"/admin/access-log?month={month}&done=reviewed", 303)


@router.post("/admin/access-log/{month}.{kind}")
async def download(
    request: Request, month: str, kind: Literal["csv", "xlsx"], viewer: Viewer = Depends(auth.need_administrator)
) -> Response:
    """The month's rows as a file. They name people, so a reason is asked and this download is the log's latest line."""
    if not is_month(month):
        raise NotFound
    form = await Form.read(request)
    why = form.line("why", 300)
    if form.errors:
        return await _page(request, viewer, form, month, 422)
    for where in _places(viewer):
        await log_look(request, viewer, [None], "access-log-download", where, why)
    language = language_of(request)
    rows = await auth.services_of(request).store.queries.access_rows(viewer.scope, month)
    keys = ("table.when", "log.who", "log.whose", "log.what", "log.reason", "log.where")
    head = [text(language, key) for key in keys]
    table = (
        (
            row.at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S"),
            row.actor_name or text(language, "log.operator"),
            row.person_name or "",
            log_words(language, row.what),
            row.reason,
            row.address,
        )
        for row in rows
    )
    return as_file(kind, f"access-log-{month}", head, table)


def _places(viewer: Viewer) -> list[MunicipalityCode | None]:
    """Those this administrator answers for; None is the whole province."""
    return [None] if viewer.is_province else list(viewer.scope.municipalities)


def log_words(language: Language, what: str) -> str:
    """What was done, in words; of a kind we have none for, its code."""
    kind, _, detail = what.partition(":")
    key = f"log.what.{kind}"
    words = text(language, key) if has_text(key) else kind
    role = f"role.{detail}"
    return f"{words}: {text(language, role)}" if has_text(role) else words


def _this_month(request: Request) -> str:
    return auth.services_of(request).now().astimezone(SEOUL).strftime("%Y-%m")


async def _page(
    request: Request, viewer: Viewer, form: Form | None = None, month: str | None = None, status: int = 200
) -> Response:
    queries = auth.services_of(request).store.queries
    now = _this_month(request)
    asked = request.query_params.get("month", now)
    chosen = month or (asked if is_month(asked) else now)
    months = [now]
    while len(months) < SHOWN_MONTHS:
        months.append(month_before(months[-1]))
    return render(
        request,
        "admin/access_log.html",
        status,
        month=chosen,
        months=months if chosen in months else [chosen, *months],
        page=await queries.access_log(viewer.scope, chosen, page=page_number(request)),
        staff=await queries.staff_looks(viewer.scope, chosen),
        reviews=await queries.access_reviews(viewer.scope, chosen),
        broken=await queries.broken_access_row(chosen),
        form=form,
        address=lambda number: address_with(request, page=number),
        log_words=lambda what: log_words(language_of(request), what),
    )
