"""A lesson's doors: the live room, its ticket, its WebSocket, and the attendance sheet."""

from fastapi import APIRouter, Depends, Request, WebSocket
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions import lessons as actions
from classroom.attendance import Verdict
from classroom.errors import ClassroomError, NotFound, Refused
from classroom.people import LessonId, PersonId, Viewer
from classroom.queries import LessonPage
from signaling.ticket import mint
from web import auth
from web.access import log_look
from web.errors import SignInNeeded, status_of
from web.exports import csv_file
from web.formatting import day_time
from web.forms import Form
from web.i18n import text
from web.pages.sheet import sheet_json, sheet_rows
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
TICKET_TTL_S = 60
CORRECTABLE = tuple(verdict for verdict in Verdict if verdict is not Verdict.EXPECTED)


class TicketRequest(BaseModel):
    """What the room's page sends before it joins, and again after every lost connection."""

    model_config = ConfigDict(extra="forbid")
    consent: bool = False
    """Agrees to being recorded. False: this person's camera and microphone are never written."""


async def _door(request: Request, lesson: str, viewer: Viewer) -> LessonPage:
    """Raises NotFound for a lesson that is absent or none of the viewer's business."""
    services = auth.services_of(request)
    page = await services.store.queries.lesson(lesson, viewer, services.now())
    if page is None or page.refusal == "not-enrolled":
        raise NotFound
    return page


@router.get("/lessons/{lesson}/room")
async def room(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    page = await _door(request, lesson, viewer)
    leads = page.course.instructor == viewer.id
    manages = leads or viewer.administers(page.municipality.code)
    values = {
        "page": page,
        "lesson": page.lesson,
        "course": page.course,
        "municipality": page.municipality,
        "instructor": page.instructor_name or "",
        "role": page.role or ("instructor" if leads else "learner"),
        "refusal": page.refusal,
        "state": page.state,
        "now": services.now(),
        "entry_opens_at": page.opens_at,
        "recording": page.recording,
        "recorded": True,
        "retention_days": None,
        "mask_names": False,
        "my_name": viewer.person.name,
        "person_id": viewer.id,
        "ticket_url": f"/lessons/{page.lesson.id}/ticket",
        "ws_url": f"/ws/rooms/{page.lesson.id}",
        "leave_url": f"/{page.municipality.code}/courses/{page.course.slug}" if manages else "/me",
        "course_url": f"/{page.municipality.code}/courses/{page.course.slug}",
        "attendance_url": f"/lessons/{page.lesson.id}/attendance" if manages else None,
        "history_url": "/me/history",
        "recordings_url": "/recordings",
        "sign_in_url": f"/sign-in?next=/lessons/{page.lesson.id}/room",
    }
    if page.refusal in ("lesson-over", "removed"):
        return render(request, "lessons/closed.html", 403 if page.refusal == "removed" else 200, **values)
    if page.refusal == "not-yet-open":
        return render(request, "lessons/waiting.html", **values)
    other = "en" if language_of(request) == "ko" else "ko"
    return render(request, "room/room.html", language_url=address_with(request, lang=other), **values)


@router.post("/lessons/{lesson}/ticket")
async def ticket(request: Request, lesson: str, wish: TicketRequest) -> Response:
    """A fresh join ticket, after the same questions as at the door."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    if viewer is None:
        raise SignInNeeded
    page = await _door(request, lesson, viewer)
    if page.role is None:
        raise Refused(page.refusal or "not-allowed", **({"opens_at": page.opens_at} if page.opens_at else {}))
    token = mint(
        services.settings.secret,
        person=viewer.id,
        lesson=page.lesson.id,
        role=page.role,
        name=viewer.person.name,
        record=wish.consent or page.role == "instructor",
        ttl_s=TICKET_TTL_S,
    )
    body = {"ticket": token, "expires_in_s": TICKET_TTL_S, "role": page.role, "name": viewer.person.name}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.websocket("/ws/rooms/{lesson}")
async def signalling(websocket: WebSocket, lesson: str) -> None:
    await auth.services_of(websocket).rooms.serve(websocket, lesson)


@router.get("/lessons/{lesson}/attendance")
async def attendance(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _sheet(request, lesson, viewer)


@router.get("/lessons/{lesson}/attendance.json")
async def attendance_json(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What the sheet's script refreshes itself from while class runs."""
    services = auth.services_of(request)
    page = await services.store.queries.sheet(lesson, viewer, services.now())
    if page is None:
        raise NotFound
    return JSONResponse(sheet_json(page, services.now()), headers={"Cache-Control": "private, no-store"})


@router.post("/lessons/{lesson}/attendance")
async def correct(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Correct one learner's verdict; the derived one and the reason are kept."""
    services = auth.services_of(request)
    if await services.store.queries.sheet(lesson, viewer, services.now()) is None:
        raise NotFound
    form = await Form.read(request)
    verdict = form.one_of("verdict", [str(each) for each in CORRECTABLE])
    reason = form.line("reason", 300)
    if not form.errors:
        try:
            async with services.store.writing() as uow:
                await actions.correct_attendance(
                    uow,
                    lesson=LessonId(lesson),
                    person=PersonId(form["person"]),
                    verdict=Verdict(verdict),
                    reason=reason,
                    by=viewer,
                    now=services.now(),
                )
            return RedirectResponse(f"/lessons/{lesson}/attendance?done=corrected", 303)
        except NotFound:
            raise
        except ClassroomError as error:
            form.take(error)
            return await _sheet(request, lesson, viewer, form, status_of(error))
    return await _sheet(request, lesson, viewer, form, 422)


@router.post("/lessons/{lesson}/attendance.csv")
async def attendance_csv(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The sheet as a file. Why it is taken out of the system is asked and kept."""
    services = auth.services_of(request)
    page = await services.store.queries.sheet(lesson, viewer, services.now())
    if page is None:
        raise NotFound
    form = await Form.read(request)
    reason = form.line("why", 300)
    if form.errors:
        return await _sheet(request, lesson, viewer, form, 422)
    people = [row.attendance.person for row in page.rows]
    await log_look(request, viewer, people, "attendance-download", page.municipality.code, reason)
    language = language_of(request)
    head = [text(language, key) for key in ("table.name", "sheet.entered", "sheet.left", "sheet.minutes-head", "sheet.verdict")]
    rows = [
        (
            row.attendance.name,
            day_time(row.attendance.intervals[0].begin, language) if row.attendance.intervals else "",
            day_time(row.attendance.intervals[-1].end, language) if row.attendance.intervals else "",
            row.attendance.minutes,
            text(language, f"verdict.{row.verdict}"),
        )
        for row in page.rows
    ]
    headers = {
        "Content-Disposition": f'attachment; filename="attendance-{page.lesson.id}.csv"',
        "Cache-Control": "private, no-store",
    }
    return Response(csv_file(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


async def _sheet(request: Request, lesson: str, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    services = auth.services_of(request)
    now = services.now()
    page = await services.store.queries.sheet(lesson, viewer, now)
    if page is None:
        raise NotFound
    request.state.site = page.municipality
    await log_look(request, viewer, [row.attendance.person for row in page.rows], "attendance-sheet", page.municipality.code)
    return render(
        request,
        "lessons/attendance.html",
        status,
        page=page,
        rows=sheet_rows(page, now),
        counts=[(verdict, page.count(verdict)) for verdict in Verdict if page.count(verdict)],
        correctable=CORRECTABLE,
        form=form,
        now=now,
    )
