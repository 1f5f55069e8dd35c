"""Many courses at once: out as a table, in from a table with a preview that names every bad cell; and a copy of one."""

import csv
import io
from functools import partial

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from classroom.actions.catalogue import copy_course, import_courses
from classroom.course_import import COLUMNS, NEEDED, Rows, as_row, read_rows
from classroom.errors import ClassroomError, NotFound
from classroom.people import Viewer
from web import auth
from web.errors import status_of
from web.exports import XLSX, csv_file, xlsx_file
from web.forms import Form, day_or_none
from web.pages.admin.courses import find_managed
from web.rendering import render
from web.spreadsheets import MAX_BYTES, MAX_RETURNED, TableUnreadable, read_table

router = APIRouter(include_in_schema=False)
SHOWN = 50


@router.get("/admin/catalogue")
async def catalogue(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return _page(request)


@router.post("/admin/catalogue")
async def take_in(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """First a file: what would become of it. Then (`table`, as the preview sent it): all of it, or nothing."""
    form, files = await Form.read_with_files(request, {"file": MAX_BYTES}, max_text=MAX_RETURNED)
    raw, table = files.get("file", b""), form["table"]
    if not raw and not table:
        return _page(request, 422, unreadable="no-file")
    try:
        read = partial(read_table, keep_blank=True, most=MAX_BYTES if raw else MAX_RETURNED)
        cells = await run_in_threadpool(read, raw or table.encode())
        if raw and len(_as_csv(cells).encode()) > MAX_RETURNED:
            raise TableUnreadable("table-too-large")
    except TableUnreadable as unreadable:
        return _page(request, 422, unreadable=unreadable.code)
    services = auth.services_of(request)
    places = [each.code for each in await services.store.queries.municipalities() if viewer.administers(each.code)]
    rows = read_rows(cells, await services.store.queries.course_addresses(viewer.scope), places)
    if rows.problems:
        return _page(request, 422, rows=rows)
    if raw:
        return _page(request, rows=rows, table=_as_csv(cells))
    try:
        async with services.store.writing() as uow:
            await import_courses(uow, [course for _, course in rows.courses], by=viewer)
    except NotFound:
        raise
    except ClassroomError:  # somebody took an address between preview and now
        rows = read_rows(cells, await services.store.queries.course_addresses(viewer.scope), places)
        return _page(request, 409, rows=rows)
    return RedirectResponse("/admin/courses?done=imported", 303)


@router.get("/admin/catalogue/courses.{form}")
async def export(request: Request, form: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """All courses of the scope, in the columns that can be taken in again."""
    if form not in ("csv", "xlsx"):
        raise NotFound
    courses = await auth.services_of(request).store.queries.courses_within(viewer.scope)
    make = csv_file if form == "csv" else xlsx_file
    body = await run_in_threadpool(make, COLUMNS, [as_row(each) for each in courses])
    kind = "text/csv; charset=utf-8" if form == "csv" else XLSX
    headers = {"Content-Disposition": f'attachment; filename="courses.{form}"', "Cache-Control": "private, no-store"}
    return Response(body, media_type=kind, headers=headers)


@router.get("/admin/courses/{municipality}/{slug}/copy")
async def copy_page(
    request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)
) -> Response:
    page = await find_managed(request, municipality, slug, viewer)
    return render(request, "admin/copy.html", page=page, form=None)


@router.post("/admin/courses/{municipality}/{slug}/copy")
async def copy(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """A draft made from this course."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    title, address = form.both("title", 120), form.line("slug", 64).lower()
    first_day = None
    if form["first_day"].strip():
        first_day = day_or_none(form["first_day"])
        if first_day is None:
            form.wrong("first_day", "series.no-date", typed=form["first_day"][:20])
    if not form.errors:
        try:
            async with auth.services_of(request).store.writing() as uow:
                made = await copy_course(uow, page.course.id, slug=address, title=title, first_day=first_day, by=viewer)
            return RedirectResponse(f"/admin/courses/{made.municipality}/{made.slug}/edit?done=copied", 303)
        except NotFound:
            raise
        except ClassroomError as error:
            form.take(error)
            return render(request, "admin/copy.html", status_of(error), page=page, form=form)
    return render(request, "admin/copy.html", 422, page=page, form=form)


def _page(
    request: Request, status: int = 200, *, rows: Rows | None = None, table: str = "", unreadable: str | None = None
) -> Response:
    return render(
        request,
        "admin/catalogue.html",
        status,
        rows=rows,
        table=table,
        unreadable=unreadable,
        needed=NEEDED,
        columns=COLUMNS,
        shown=SHOWN,
    )


def _as_csv(cells: list[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(cells)
    return buffer.getvalue()
