"""Accounts as staff handle them: likely duplicates and their merge, suspending, inviting many at once."""

import csv
import io

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import closing
from classroom.actions.invitations import Invited, invite
from classroom.actions.people import log_access
from classroom.errors import ClassroomError, Invalid, NotFound
from classroom.people import PersonId, Viewer
from classroom.roster_import import PersonRow, read_people
from web import auth
from web.access import log_look
from web.errors import sentence, status_of
from web.forms import Form
from web.rendering import language_of, render
from web.spreadsheets import MAX_BYTES, MAX_RETURNED, TableUnreadable, read_table

router = APIRouter(include_in_schema=False)
AT_ONCE = 50


@router.get("/admin/people/doubles")
async def doubles(request: Request, viewer: Viewer = Depends(auth.need_province)) -> Response:
    return await _doubles_page(request, viewer)


@router.post("/admin/people/merge")
async def merge(request: Request, viewer: Viewer = Depends(auth.need_province)) -> Response:
    """Two accounts of one person become one (`keep` and `drop`)."""
    services = auth.services_of(request)
    form = await Form.read(request)
    kept, dropped = PersonId(form["keep"]), PersonId(form["drop"])
    if form["keep"] == form["one"]:
        dropped = PersonId(form["other"])
    elif form["keep"] == form["other"]:
        dropped = PersonId(form["one"])
    form.line("reason", 500)
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await closing.merge_people(uow, kept=kept, dropped=dropped, reason=form["reason"], by=viewer, now=services.now())
                for person in (kept, dropped):
                    await log_access(
                        uow,
                        actor=viewer.id,
                        address=auth.client_address(request),
                        person=person,
                        what="accounts-merged",
                        reason=form["reason"],
                        municipality=None,
                        now=services.now(),
                    )
            return RedirectResponse("/admin/people/doubles?done=merged", 303)
    except NotFound:
        form.errors[""] = sentence(language_of(request), "not-found")
    except ClassroomError as error:
        form.take(error)
        return await _doubles_page(request, viewer, form, status_of(error))
    return await _doubles_page(request, viewer, form, 422)


@router.post("/admin/people/{person}/suspended")
async def suspend(request: Request, person: str, viewer: Viewer = Depends(auth.need_province)) -> Response:
    """Lock an account out (`suspended=1`), or let it in again."""
    services = auth.services_of(request)
    form = await Form.read(request)
    suspended = form["suspended"] == "1"
    async with services.store.writing() as uow:
        await closing.set_suspended(uow, PersonId(person), suspended, by=viewer, now=services.now())
        await log_access(
            uow,
            actor=viewer.id,
            address=auth.client_address(request),
            person=PersonId(person),
            what="account-suspended" if suspended else "account-resumed",
            reason=form["reason"],
            municipality=None,
            now=services.now(),
        )
    return RedirectResponse("/admin/people?done=suspended", 303)


@router.get("/admin/people/import")
async def import_page(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return render(request, "admin/people_import.html", form=None, rows=None, known=frozenset(), table="")


@router.post("/admin/people/import")
async def import_people(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """A table becomes a preview; the preview, sent back, becomes invitations. All rows are good, or nobody is invited."""
    services, language = auth.services_of(request), language_of(request)
    form, files = await Form.read_with_files(request, {"table": MAX_BYTES}, max_text=MAX_RETURNED)
    data = files.get("table") or form["checked"].encode()
    rows: list[PersonRow] | None = None
    places = await services.store.queries.municipalities()
    try:
        if not data:
            raise TableUnreadable("table-empty")
        most = MAX_BYTES if "table" in files else MAX_RETURNED
        rows = read_people(read_table(data, most=most), places)
    except TableUnreadable as wrong:
        form.errors["table"] = sentence(language, wrong.code)
    except Invalid as wrong:
        form.errors["table"] = sentence(language, wrong.code, wrong.fields)
    if rows is None:
        return render(request, "admin/people_import.html", 422, form=form, rows=None, known=frozenset(), table="")
    known = await services.store.queries.known_emails([row.email for row in rows])
    wrong_rows = any(row.problems for row in rows)
    if wrong_rows or form["action"] != "invite":
        status = 422 if wrong_rows else 200
        names = {each.code: each.name for each in places}
        values = {"rows": rows, "known": known, "table": _csv(rows), "names": names}
        return render(request, "admin/people_import.html", status, form=form, **values)
    where = next(iter(viewer.scope.municipalities), None)
    for start in range(0, len(rows), AT_ONCE):
        async with services.store.writing() as uow:
            for row in rows[start : start + AT_ONCE]:
                made = await invite(uow, Invited(row.email, row.name, row.locale, row.home), services.now())
                if made is not None:
                    await log_access(
                        uow,
                        actor=viewer.id,
                        address=auth.client_address(request),
                        person=made,
                        what="invited",
                        municipality=where,
                        now=services.now(),
                    )
    return RedirectResponse("/admin/people?done=invited", 303)


def _csv(rows: list[PersonRow]) -> str:
    """The table once more, to come back with the second press."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["name", "email", "municipality", "language"])
    writer.writerows([row.name, row.email, row.home or "", row.locale] for row in rows)
    return buffer.getvalue()


async def _doubles_page(request: Request, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    pairs = await auth.services_of(request).store.queries.likely_doubles()
    await log_look(request, viewer, [PersonId(each["id"]) for pair in pairs for each in pair], "doubles-list", None)
    return render(request, "admin/doubles.html", status, pairs=pairs, form=form)
