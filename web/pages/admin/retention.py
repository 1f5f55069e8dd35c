"""How long personal data is kept, what is due, what was deleted: the province's page and its report."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.actions.retention import set_retention_period
from classroom.errors import NotFound
from classroom.people import Viewer
from classroom.ports import UnitOfWork
from classroom.retention import LONGEST_DAYS, RULES, Kind
from web import auth
from web.exports import as_file
from web.forms import Form
from web.i18n import text
from web.rendering import language_of, render
from web.saving import save

router = APIRouter(include_in_schema=False)
MOST_SHOWN = 30 * len(Kind)
MOST_IN_REPORT = 20_000


@router.get("/admin/retention")
async def retention(request: Request, viewer: Viewer = Depends(auth.need_province)) -> Response:
    return await _page(request)


@router.get("/admin/retention.{kind}")
async def report(request: Request, kind: Literal["csv", "xlsx"], viewer: Viewer = Depends(auth.need_province)) -> Response:
    """Every run there was, the latest first. It names nobody, so no reason is asked."""
    language = language_of(request)
    keys = ("retention.day", "retention.kind", "retention.days", "retention.count", "retention.files", "retention.complete")
    runs = await auth.services_of(request).store.queries.retention_runs(MOST_IN_REPORT)
    rows = (
        (
            run.day.isoformat(),
            text(language, f"retention.kind.{run.kind}"),
            run.days,
            run.rows,
            run.files,
            text(language, "retention.yes" if run.done else "retention.no"),
        )
        for run in runs
    )
    return as_file(kind, "retention", [text(language, key) for key in keys], rows)


@router.post("/admin/retention/{what}")
async def set_period(request: Request, what: str, viewer: Viewer = Depends(auth.need_province)) -> Response:
    """`keep_days`."""
    if (which := next((kind for kind in Kind if kind == what), None)) is None:
        raise NotFound
    form = await Form.read(request)
    days = form.whole("keep_days", RULES[which].least_days, LONGEST_DAYS)

    async def known(uow: UnitOfWork) -> int:
        return await uow.retention.period(which)

    async def put(uow: UnitOfWork) -> None:
        await set_retention_period(uow, which, days, by=viewer, now=auth.services_of(request).now())

    async def again(form: Form, status: int) -> Response:
        return await _page(request, form, which, status)

    return await save(form, put, again, then="/admin/retention?done=retention", known=known, wanted=days)


async def _page(request: Request, form: Form | None = None, wrong_at: Kind | None = None, status: int = 200) -> Response:
    services = auth.services_of(request)
    runs = await services.store.queries.retention_runs(MOST_SHOWN)
    return render(
        request,
        "admin/retention.html",
        status,
        rows=await services.store.queries.retention(services.now()),
        rules=RULES,
        runs=[run for run in runs if run.rows or run.files],
        form=form,
        wrong_at=wrong_at,
    )
