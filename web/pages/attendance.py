"""The attendance sheet: live while class runs, corrections with their reason, the sheet as a file."""

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from classroom.actions import lessons as actions
from classroom.attendance import Verdict
from classroom.checks import answers, spot_checks
from classroom.errors import NotFound
from classroom.events import CHECK_TYPES
from classroom.people import PersonId, Viewer
from classroom.ports import UnitOfWork
from classroom.queries.lessons import SheetPage
from web import auth
from web.access import log_look
from web.exports import as_file
from web.formatting import day_time
from web.forms import Form
from web.i18n import text
from web.pages.sheet import sheet_json, sheet_rows
from web.rendering import language_of, render
from web.saving import save

router = APIRouter(include_in_schema=False)
CORRECTABLE = tuple(verdict for verdict in Verdict if verdict is not Verdict.EXPECTED)


async def find_sheet(request: Request, lesson: str, viewer: Viewer) -> SheetPage:
    """A lesson's sheet, for its instructor and staff. Raises NotFound."""
    services = auth.services_of(request)
    page = await services.store.queries.sheet(lesson, viewer, services.now())
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    return page


@router.get("/lessons/{lesson}/attendance")
async def sheet(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _sheet(request, viewer, await find_sheet(request, lesson, viewer))


@router.get("/lessons/{lesson}/attendance.json")
async def fresh(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What the sheet's script refreshes itself from while class runs."""
    page = await find_sheet(request, lesson, viewer)
    checks = await _checks(request, page)
    body = sheet_json(page, auth.services_of(request).now(), checks)
    return JSONResponse(body, headers={"Cache-Control": "private, no-store"})


@router.post("/lessons/{lesson}/attendance.{kind}")
async def download(
    request: Request, lesson: str, kind: Literal["csv", "xlsx"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """The sheet as a file. Why it is taken out of the system is asked and kept."""
    page = await find_sheet(request, lesson, viewer)
    form = await Form.read(request)
    reason = form.line("why", 300)
    if form.errors:
        return await _sheet(request, viewer, page, form, 422)
    people = [row.attendance.person for row in page.rows]
    await log_look(request, viewer, people, "attendance-download", page.municipality.code, reason)
    language = language_of(request)
    keys = ("table.name", "sheet.entered", "sheet.left", "sheet.minutes-head", "sheet.verdict", "sheet.derived", "sheet.reason")
    head = [text(language, key) for key in (*keys, "sheet.checks")]
    checks = await _checks(request, page)
    rows = [
        (
            row.attendance.name,
            day_time(row.attendance.intervals[0].begin, language) if row.attendance.intervals else "",
            day_time(row.attendance.intervals[-1].end, language) if row.attendance.intervals else "",
            row.attendance.minutes,
            text(language, f"verdict.{row.verdict}"),
            text(language, f"verdict.{row.attendance.verdict}"),
            f"{row.correction.reason} ({row.correction.by})" if row.correction else "",
            "{} / {}".format(*checks[row.attendance.person]) if row.attendance.person in checks else "",
        )
        for row in page.rows
    ]
    return as_file(kind, f"attendance-{page.lesson.id}", head, rows)


@router.get("/lessons/{lesson}/attendance/{person}")
async def learner(request: Request, lesson: str, person: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """One learner: every coming and going, and the form to correct the verdict."""
    return await _learner(request, viewer, await find_sheet(request, lesson, viewer), person)


@router.post("/lessons/{lesson}/attendance/{person}")
async def correct(request: Request, lesson: str, person: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Correct the verdict; the derived one and the reason are kept."""
    services = auth.services_of(request)
    page = await find_sheet(request, lesson, viewer)
    form = await Form.read(request)
    verdict = form.one_of("verdict", [str(each) for each in CORRECTABLE])
    reason = form.line("reason", 300)

    async def known(uow: UnitOfWork) -> object:
        await uow.courses.lesson(page.lesson.id)  # held until the end
        return await uow.attendance.corrected(page.lesson.id, PersonId(person))

    async def put(uow: UnitOfWork) -> None:
        await actions.correct_attendance(
            uow,
            lesson=page.lesson.id,
            person=PersonId(person),
            verdict=Verdict(verdict),
            reason=reason,
            by=viewer,
            now=services.now(),
        )

    async def again(form: Form, status: int) -> Response:
        return await _learner(request, viewer, await find_sheet(request, lesson, viewer), person, form, status)

    return await save(
        form, put, again, then=f"/lessons/{lesson}/attendance?done=corrected", known=known, wanted=(verdict, reason)
    )


async def _sheet(request: Request, viewer: Viewer, page: SheetPage, form: Form | None = None, status: int = 200) -> Response:
    people = [row.attendance.person for row in page.rows]
    await log_look(request, viewer, people, "attendance-sheet", page.municipality.code)
    return render(
        request,
        "lessons/attendance.html",
        status,
        page=page,
        rows=sheet_rows(page, auth.services_of(request).now()),
        counts=[(verdict, page.count(verdict)) for verdict in Verdict if page.count(verdict)],
        checks=await _checks(request, page),
        form=form,
    )


async def _checks(request: Request, page: SheetPage) -> Mapping[PersonId, tuple[int, int]]:
    """Person → how many "are you there?" they answered, of how many they were asked."""
    return answers(spot_checks(await auth.services_of(request).store.queries.facts(page.lesson.id, CHECK_TYPES)))


async def _learner(
    request: Request, viewer: Viewer, page: SheetPage, person: str, form: Form | None = None, status: int = 200
) -> Response:
    bars = [bar for bar in sheet_rows(page, auth.services_of(request).now()) if bar.row.attendance.person == person]
    if not bars:
        raise NotFound
    await log_look(request, viewer, [PersonId(person)], "attendance-sheet", page.municipality.code)
    return render(request, "lessons/learner.html", status, page=page, bar=bars[0], correctable=CORRECTABLE, form=form)
