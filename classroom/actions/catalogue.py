"""Many courses at once, and a course made from another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from classroom.actions.courses import create_course, must_administer
from classroom.actions.timetable import schedule_series
from classroom.courses import Course, CourseKind, CourseState
from classroom.errors import NotFound
from classroom.people import CourseId, Viewer
from classroom.ports import UnitOfWork
from classroom.rules import AttendanceRule, CompletionRule, paced_by_oneself
from classroom.texts import Text
from classroom.timetable import SEOUL


async def import_courses(uow: UnitOfWork, courses: Sequence[Course], *, by: Viewer | None) -> list[Course]:
    """All of them or none: run in one transaction. Their rules are their municipality's. Raises as `create_course`."""
    made = []
    # In order: each is held until the end, and two imports must not wait for each other.
    own = {code: await uow.completions.rules(code) for code in sorted({each.municipality for each in courses})}
    for each in courses:
        attendance, completion = own[each.municipality] or (AttendanceRule(), CompletionRule())
        if each.kind is CourseKind.ONLINE:
            completion = paced_by_oneself(completion)
        made.append(await _made(uow, replace(each, attendance=attendance, completion=completion), by))
    return made


async def copy_course(
    uow: UnitOfWork, course: CourseId, *, slug: str, title: Text, first_day: date | None, by: Viewer | None
) -> Course:
    """A draft with everything but the people. With `first_day` its lessons and its window move along to that day.

    Raises Invalid: "slug-invalid", "slug-taken"; NotFound.
    """
    known = await uow.courses.get(course)
    if known is None:
        raise NotFound
    must_administer(by, known.municipality)
    lessons = await uow.courses.lessons(course)
    by_days = timedelta()
    if first_day is not None and lessons:
        first = min(lesson.starts_at for lesson in lessons).astimezone(SEOUL).date()
        by_days = timedelta(days=(first_day - first).days)
    draft = replace(
        known,
        slug=slug,
        title=title,
        state=CourseState.DRAFT,
        applies_from=known.applies_from + by_days,
        applies_until=known.applies_until + by_days,
    )
    made = await _made(uow, draft, by)
    await uow.course_items.replace(made, await uow.course_items.of_course(course))
    if first_day is not None and lessons:
        times: list[tuple[datetime, datetime]] = [(each.starts_at + by_days, each.ends_at + by_days) for each in lessons]
        await schedule_series(uow, course=made.id, titles=[each.title for each in lessons], times=times, by=by)
    return made


async def _made(uow: UnitOfWork, each: Course, by: Viewer | None) -> Course:
    return await create_course(
        uow,
        municipality=each.municipality,
        slug=each.slug,
        title=each.title,
        summary=each.summary,
        description=each.description,
        category=each.category,
        kind=each.kind,
        instructor=each.instructor,
        place=each.place,
        capacity=each.capacity,
        applies_from=each.applies_from,
        applies_until=each.applies_until,
        attendance=each.attendance,
        completion=each.completion,
        auto_record=each.auto_record,
        state=each.state,
        admission=each.admission,
        level=each.level,
        audience=each.audience,
        by=by,
    )
