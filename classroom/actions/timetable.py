"""Changing a timetable that people rely on: series, moved and cancelled lessons, substitutes, reminders, each with its notice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import course_of, lesson_of, lesson_to_come, must_lead
from classroom.courses import Course, Lesson, checked_times
from classroom.errors import Invalid, NotFound, Refused
from classroom.messages import MessageKind, about_lesson
from classroom.people import CourseId, LessonId, PersonId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.texts import Text


async def schedule_series(
    uow: UnitOfWork,
    *,
    course: CourseId,
    titles: Sequence[Text],
    times: Sequence[tuple[datetime, datetime]],
    by: Viewer | None,
) -> list[Lesson]:
    """Put a series on the timetable (`timetable.Series.times`), numbered on from the last; one title per lesson."""
    assert len(titles) == len(times), "every lesson has a title"
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    must_lead(by, found)
    last = max((lesson.number for lesson in await uow.courses.lessons(course, cancelled=True)), default=0)
    made = [
        Lesson(LessonId(new_id()), course, found.municipality, number, title, starts_at, ends_at)
        for number, (title, (starts_at, ends_at)) in enumerate(zip(titles, times, strict=True), last + 1)
    ]
    await uow.courses.add_lessons(made)
    return made


async def change_lesson(
    uow: UnitOfWork,
    lesson: LessonId,
    *,
    title: Text,
    starts_at: datetime,
    ends_at: datetime,
    substitute: PersonId | None,
    by: Viewer | None,
    now: datetime,
) -> Lesson:
    """Another title, time or instructor for a lesson that is not over. Who is enrolled is told of what matters to them.

    Raises Invalid("times-wrong"), Refused("lesson-over"), NotFound.
    """
    found, course = await lesson_to_come(uow, lesson, by, now)
    checked_times(starts_at, ends_at)
    if substitute == course.instructor:
        substitute = None
    if substitute is not None and await uow.people.get(substitute) is None:
        raise NotFound
    moved = (starts_at, ends_at) != (found.starts_at, found.ends_at)
    replaced = substitute != found.substitute
    changed = replace(found, title=title, starts_at=starts_at, ends_at=ends_at, substitute=substitute)
    if moved or replaced:
        changed = replace(changed, sequence=found.sequence + 1)
    await uow.courses.update_lesson(changed)
    if moved:
        await uow.courses.forget_reminder(lesson)
        before = {"was_at": found.starts_at.isoformat()}
        await _tell_class(uow, course, changed, MessageKind.LESSON_MOVED, now, **before)
    elif replaced:
        leader = await uow.people.get(substitute or course.instructor or PersonId(""))
        await _tell_class(uow, course, changed, MessageKind.SUBSTITUTE, now, name=leader.name if leader else "")
    return changed


async def cancel_lesson(uow: UnitOfWork, lesson: LessonId, *, reason: str, by: Viewer | None, now: datetime) -> Lesson:
    """It will not take place, and counts for nothing. Who is enrolled is told, with the reason.

    Raises Invalid("reason-missing"), Refused: "lesson-over" (also once it has begun), "lesson-cancelled"; NotFound.
    """
    found, course = await lesson_to_come(uow, lesson, by, now)
    if found.state(now) != "scheduled":
        raise Refused("lesson-over")
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    cancelled = replace(found, cancelled_at=now, cancel_reason=reason.strip()[:300], sequence=found.sequence + 1)
    await uow.courses.update_lesson(cancelled)
    await _tell_class(uow, course, cancelled, MessageKind.LESSON_CANCELLED, now, reason=cancelled.cancel_reason)
    return cancelled


async def remind(uow: UnitOfWork, lesson: LessonId, now: datetime) -> None:
    """Tell everybody enrolled that it begins soon; once."""
    if not await uow.courses.mark_reminded(lesson, now):
        return
    found = await lesson_of(uow, lesson)
    course = await course_of(uow, found.course)
    if found.state(now) == "scheduled":
        await _tell_class(uow, course, found, MessageKind.REMINDER, now, place_ko=course.place.ko, place_en=course.place.en)


async def _tell_class(uow: UnitOfWork, course: Course, lesson: Lesson, kind: MessageKind, now: datetime, **more: str) -> None:
    people = list(await uow.enrolments.enrolled(course.id))
    others = (course.instructor, lesson.substitute, lesson.captioner) if kind is not MessageKind.REMINDER else (lesson.captioner,)
    if to := list(dict.fromkeys([*people, *(each for each in others if each is not None)])):
        await uow.messages.send(to, kind, about_lesson(course, lesson, **more), now)
