"""Attendance in a hall: the code on the wall, the page a scan opens, and the instructor's list."""

import io

import segno
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions import rollcall as actions
from classroom.actions.learning import my_course
from classroom.actions.lessons import settle_lessons
from classroom.errors import ClassroomError, NotFound
from classroom.events import MARK_TYPES
from classroom.people import LessonId, PersonId, Viewer
from classroom.rollcall import changes_in_s, claim, code, is_claimed, is_current, marked, may_mark
from web import auth
from web.access import log_look
from web.errors import sentence, status_of
from web.forms import Form
from web.pages.attendance import find_sheet
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/lessons/{lesson}/roll-call")
async def roll_call(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """For the wall and for the instructor's hand."""
    services = auth.services_of(request)
    page = await find_sheet(request, lesson, viewer)
    present = marked(await services.store.queries.facts(lesson, MARK_TYPES))
    await log_look(request, viewer, [row.attendance.person for row in page.rows], "attendance-sheet", page.municipality.code)
    refusal = None
    try:
        may_mark(page.course, page.lesson, services.now())
    except ClassroomError as error:
        refusal = sentence(language_of(request), error.code, error.fields)
    return render(request, "lessons/roll_call.html", page=page, present=present, refusal=refusal)


@router.get("/lessons/{lesson}/roll-call/code.svg")
async def picture(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The QR code of this moment."""
    services = auth.services_of(request)
    page = await find_sheet(request, lesson, viewer)
    token = code(services.settings.secret, page.lesson.id, services.now())
    address = f"{services.settings.public_url}/check-in/{page.lesson.id}/{token}"
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, scale=8, light="#fff", xmldecl=False)
    return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.get("/lessons/{lesson}/roll-call.json")
async def progress(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """How many are in, and when the code changes."""
    services = auth.services_of(request)
    await find_sheet(request, lesson, viewer)
    present = marked(await services.store.queries.facts(lesson, MARK_TYPES))
    answer = {"present": sorted(present), "changes_in_s": round(changes_in_s(services.now()), 2)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


@router.post("/lessons/{lesson}/roll-call")
async def call(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The list as it is ticked now."""
    services = auth.services_of(request)
    await find_sheet(request, lesson, viewer)
    form = await Form.read(request)
    present = [PersonId(person) for person in form.several.get("present", [])]
    async with services.store.writing() as uow:
        new = await actions.call_roll(uow, LessonId(lesson), present=present, by=viewer, now=services.now())
    await settle_lessons(services.store, new, services.now())
    return RedirectResponse(f"/lessons/{lesson}/roll-call?done=roll-called", 303)


@router.get("/check-in/{lesson}/{scanned}")
async def scan(request: Request, lesson: str, scanned: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What a scan opens. An old code is refused, whoever shows it; a current one becomes this person's own claim."""
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        found = await uow.courses.lesson(LessonId(lesson))
        if found is None:
            raise NotFound
        course = await my_course(uow, found.course, viewer)
    secret, now = services.settings.secret, services.now()
    mine = claim(secret, lesson, viewer.id, now) if is_current(secret, lesson, scanned, now) else None
    return render(
        request, "lessons/check_in.html", 200 if mine else 410, lesson=found, course=course, claim=mine, done=False, refusal=None
    )


@router.post("/check-in/{lesson}")
async def check_in(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        found = await uow.courses.lesson(LessonId(lesson))
        if found is None:
            raise NotFound
        course = await my_course(uow, found.course, viewer)
    form = await Form.read(request)
    values = {"lesson": found, "course": course, "claim": None, "refusal": None}
    if not is_claimed(services.settings.secret, lesson, viewer.id, form["claim"], services.now()):
        return render(request, "lessons/check_in.html", 410, **values, done=False)
    try:
        async with services.store.writing() as uow:
            new = await actions.check_in(uow, found.id, by=viewer, now=services.now())
    except NotFound:
        raise
    except ClassroomError as error:
        words = sentence(language_of(request), error.code, error.fields)
        return render(request, "lessons/check_in.html", status_of(error), **(values | {"refusal": words}), done=False)
    await settle_lessons(services.store, new, services.now())
    return render(request, "lessons/check_in.html", **values, done=True)
