"""A course's timetable: one lesson or a series, another time, a substitute, a lesson that does not take place."""

import re
from datetime import date, time

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import courses as actions
from classroom.actions import timetable
from classroom.errors import ClassroomError, NotFound
from classroom.people import PersonId, Viewer
from classroom.ports import UnitOfWork
from classroom.queries.lessons import LessonPage
from classroom.texts import Text
from classroom.timetable import MOST, Series
from web import auth
from web.forms import Form, day_or_none
from web.pages.admin.courses import find_managed, instructor_typed
from web.rendering import render
from web.saving import save

router = APIRouter(include_in_schema=False)


@router.get("/admin/courses/{municipality}/{slug}/timetable")
async def timetable_page(
    request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)
) -> Response:
    page = await find_managed(request, municipality, slug, viewer)
    return render(request, "admin/timetable.html", page=page, form=None)


@router.post("/admin/courses/{municipality}/{slug}/lessons")
async def schedule(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Put one lesson on the timetable, or a series (`series=1`): all of it or nothing."""
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    home = f"/admin/courses/{municipality}/{slug}"
    try:
        if form["series"] == "1":
            series, titles = read_series(form)
            if not form.errors:
                times = series.times()
                named = [titles[i] if i < len(titles) else numbered(i + 1) for i in range(len(times))]
                async with auth.services_of(request).store.writing() as uow:
                    await timetable.schedule_series(uow, course=page.course.id, titles=named, times=times, by=viewer)
                return RedirectResponse(f"{home}?done=series-scheduled", 303)
        else:
            title, starts_at, ends_at = form.both("title"), form.moment("starts_at"), form.moment("ends_at")
            if not form.errors:
                async with auth.services_of(request).store.writing() as uow:
                    await actions.schedule_lesson(
                        uow, course=page.course.id, title=title, starts_at=starts_at, ends_at=ends_at, by=viewer
                    )
                return RedirectResponse(f"{home}?done=lesson-scheduled", 303)
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
    return render(request, "admin/timetable.html", 422, page=page, form=form)


@router.get("/admin/lessons/{lesson}")
async def lesson_page(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _show(request, await _managed_lesson(request, lesson, viewer))


@router.post("/admin/lessons/{lesson}")
async def change(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Another title, time or instructor; or, with `action=cancel` and a reason, no lesson. Who is enrolled is told."""
    page = await _managed_lesson(request, lesson, viewer)
    form = await Form.read(request)
    services = auth.services_of(request)
    cancels = form["action"] == "cancel"
    reason = form.line("reason", 300) if cancels else ""
    if not cancels:
        title, starts_at, ends_at = form.both("title"), form.moment("starts_at"), form.moment("ends_at")
        substitute: PersonId | None = await instructor_typed(request, form, "substitute")

    async def known(uow: UnitOfWork) -> object:
        now = await uow.courses.lesson(page.lesson.id)
        return (now.title, now.starts_at, now.ends_at, now.substitute) if now else None

    async def put(uow: UnitOfWork) -> None:
        if cancels:
            await timetable.cancel_lesson(uow, page.lesson.id, reason=reason, by=viewer, now=services.now())
        else:
            await timetable.change_lesson(
                uow,
                page.lesson.id,
                title=title,
                starts_at=starts_at,
                ends_at=ends_at,
                substitute=substitute,
                by=viewer,
                now=services.now(),
            )

    async def again(form: Form, status: int) -> Response:
        return await _show(request, page, form, status)

    done = "lesson-cancelled" if cancels else "lesson-changed"
    then = f"/admin/courses/{page.municipality.code}/{page.course.slug}?done={done}"
    wanted = None if cancels else (title, starts_at, ends_at, substitute)
    answer = await save(form, put, again, then=then, known=None if cancels else known, wanted=wanted)
    if not form.errors:
        await services.rooms.refresh(page.lesson.id)
    return answer


async def _managed_lesson(request: Request, lesson: str, viewer: Viewer) -> LessonPage:
    services = auth.services_of(request)
    page = await services.store.queries.lesson(lesson, viewer, services.now())
    if page is None or not viewer.administers(page.municipality.code):
        raise NotFound
    return page


async def _show(request: Request, page: LessonPage, form: Form | None = None, status: int = 200) -> Response:
    email = None
    if page.lesson.substitute is not None:
        found = await auth.services_of(request).store.queries.person(page.lesson.substitute)
        email = found.person.email if found else None
    return render(request, "admin/lesson.html", status, page=page, form=form, substitute_email=email)


def read_series(form: Form) -> tuple[Series, list[Text]]:
    """The series as typed, and its titles; what is wrong is in `form.errors`, bad dates by name."""
    first = _date(form, "first", form["first"].strip())
    days = frozenset(number for number in range(7) if form.ticked(f"weekday_{number}"))
    if not days:
        form.wrong("weekdays", "series.no-day")
    begins, ends = _time(form, "begins"), _time(form, "ends")
    without = frozenset(_date(form, "without", each) for each in re.split(r"[\s,;]+", form["without"].strip()) if each)
    titles = [Text(line, line) for line in (each.strip()[:200] for each in form["titles"].splitlines()) if line]
    return Series(first, days, begins, ends, form.whole("count", 1, MOST), without), titles


def numbered(number: int) -> Text:
    return Text(f"{number}번째 수업", f"Class {number}")


def _date(form: Form, name: str, typed: str) -> date:
    """2026-11-30, also 2026.11.30; the 30th of February is named as what is wrong."""
    day = day_or_none(typed)
    if day is None:
        form.wrong(name, "series.no-date", typed=typed[:20] or "–")
    return day or date(2000, 1, 1)


def _time(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form[name].strip()).replace(tzinfo=None)  # Korean time, whatever offset was typed
    except ValueError:
        form.wrong(name, "series.no-time")
        return time(0)
