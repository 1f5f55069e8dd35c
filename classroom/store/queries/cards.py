"""Courses, lessons and recordings as they stand in lists; and the base of all query classes."""

import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from classroom.courses import OVERTIME, Course, CourseKind, CourseState, Lesson
from classroom.enrolment import INSTRUCTOR_OPENS_BEFORE
from classroom.people import RecordingId
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.queries.paging import PAGE_SIZE, Page
from classroom.store import rows
from classroom.store.applying import course_index
from classroom.store.pulse import Pulse
from classroom.store.repository import Repository
from classroom.store.tables import courses, lessons, municipalities, people, recordings
from classroom.store.transaction import transaction

T = TypeVar("T")


class Asks:
    """Base of the query classes: each method opens one read-only transaction."""

    def __init__(self, engine: AsyncEngine, pulse: Pulse | None) -> None:
        self._engine = engine
        self._pulse = pulse

    @asynccontextmanager
    async def ask(self) -> AsyncIterator[Repository]:
        async with transaction(self._engine, self._pulse) as connection:
            yield Repository(connection, writes=False)


async def page_of(
    db: Repository,
    statement: Select[Any],
    make: Callable[[Any], T],
    number: int,
    size: int = PAGE_SIZE,
    counting: Select[Any] | None = None,
) -> Page[T]:
    """One page and the total, in two statements. A number out of range is the nearest page there is.

    `counting` counts the same rows without what is joined only to be shown: over a province that is most of the time.
    """
    if counting is None:
        counting = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    total = int(await db.scalar(counting))
    number = max(1, min(number, -(-total // size)))
    found = await db.all(statement.limit(size).offset((number - 1) * size))
    return Page(tuple(make(row) for row in found), total, number, size)


async def page_read_once(
    db: Repository, statement: Select[Any], make: Callable[[Any], T], number: int = 1, size: int = PAGE_SIZE
) -> Page[T]:
    """`page_of` in one statement: where rows are found by reading all of them, they are read once."""
    number = max(1, number)
    counted = statement.add_columns(func.count().over().label("in_all"))
    found = await db.all(counted.limit(size).offset((number - 1) * size))
    if not found and number > 1:  # beyond the end: how many there are is not known
        return await page_of(db, statement, make, number, size)
    return Page(tuple(make(row) for row in found), found[0].in_all if found else 0, number, size)


def matches(search: str, is_postgresql: bool, *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Every word of `search` occurs in one of the columns, in either case."""

    def holds(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        # SQLite's LIKE minds no case by itself; lower() over 200,000 people doubled the time. Hangul has no case to mind.
        minds = is_postgresql and word.lower() != word.upper()
        return column.icontains(word, autoescape=True) if minds else column.contains(word, autoescape=True)

    return [or_(*(holds(column, word) for column in columns)) for word in search.split()[:8]]


def found_by(search: str) -> list[ColumnElement[bool]]:
    """Recordings that hold every word, as any part of theirs; spaces and case do not matter."""
    words = [unicodedata.normalize("NFC", word).lower() for word in search.split()[:8]]
    return [recordings.c.search.contains(word, autoescape=True) for word in words]


instructor = people.alias("instructor")
_names = (
    municipalities.c.name_ko.label("municipality_name_ko"),
    municipalities.c.name_en.label("municipality_name_en"),
    instructor.c.name.label("instructor_name"),
)


def course_cards() -> Select[Any]:
    return (
        select(
            courses,
            *_names,
            course_index.c.taken,
            course_index.c.waiting,
            course_index.c.lessons,
            course_index.c.starts_at.label("first_starts_at"),
            course_index.c.ends_at.label("last_ends_at"),
        )
        .join(course_index, course_index.c.course == courses.c.id)
        .join(municipalities, municipalities.c.code == courses.c.municipality)
        .join(instructor, instructor.c.id == courses.c.instructor, isouter=True)
    )


def course_card(now: datetime) -> Callable[[Any], CourseCard]:
    def make(row: Any) -> CourseCard:
        course: Course = rows.course(row)
        return CourseCard(
            course.id,
            course.municipality,
            rows.text(row, "municipality_name"),
            course.slug,
            course.title,
            course.summary,
            course.category,
            str(course.kind),
            row.instructor_name,
            course.place,
            course.capacity,
            row.taken,
            course.applies_from,
            course.applies_until,
            course.application_state(row.taken, now, waiting=row.waiting, first_starts_at=row.first_starts_at),
            course.state,
            row.lessons,
            row.first_starts_at,
            row.last_ends_at,
            course.level,
            course.audience,
        )

    return make


def lesson_cards() -> Select[Any]:
    return (
        select(
            lessons,
            courses.c.slug.label("course_slug"),
            courses.c.title_ko.label("course_title_ko"),
            courses.c.title_en.label("course_title_en"),
            courses.c.kind.label("course_kind"),
            *_names,
        )
        .join(courses, courses.c.id == lessons.c.course)
        .join(municipalities, municipalities.c.code == lessons.c.municipality)
        .join(instructor, instructor.c.id == func.coalesce(lessons.c.substitute, courses.c.instructor), isouter=True)
    )


def public_lesson_cards() -> Select[Any]:
    """Of published courses of open sites."""
    return lesson_cards().where(courses.c.state == CourseState.PUBLISHED, municipalities.c.opened_at.is_not(None))


def lesson_card(now: datetime, watchable: dict[str, RecordingId] | None = None) -> Callable[[Any], LessonCard]:
    def make(row: Any) -> LessonCard:
        lesson: Lesson = rows.lesson(row)
        return LessonCard(
            lesson.id,
            lesson.number,
            lesson.title,
            lesson.starts_at,
            lesson.ends_at,
            lesson.state(now),
            lesson.course,
            row.course_slug,
            rows.text(row, "course_title"),
            lesson.municipality,
            rows.text(row, "municipality_name"),
            row.instructor_name,
            (watchable or {}).get(lesson.id),
            row.course_kind == CourseKind.OFFLINE,
        )

    return make


def maybe_begun(now: datetime) -> ColumnElement[bool]:
    """By the timetable, or because the instructor is in: who may come that much before it and no earlier."""
    soon = lessons.c.starts_at <= now + INSTRUCTOR_OPENS_BEFORE
    return soon & ((lessons.c.starts_at <= now) | lessons.c.started_at.is_not(None))


def maybe_live(now: datetime) -> ColumnElement[bool]:
    """Not over by the clock alone; `Lesson.state` decides."""
    return lessons.c.ended_at.is_(None) & lessons.c.cancelled_at.is_(None) & (lessons.c.ends_at > now - OVERTIME)


def recording_cards() -> Select[Any]:
    return (
        select(
            recordings,
            courses.c.slug.label("course_slug"),
            courses.c.title_ko.label("course_title_ko"),
            courses.c.title_en.label("course_title_en"),
            lessons.c.number.label("lesson_number"),
            lessons.c.title_ko.label("lesson_title_ko"),
            lessons.c.title_en.label("lesson_title_en"),
            lessons.c.starts_at.label("lesson_starts_at"),
            *_names,
        )
        .join(courses, courses.c.id == recordings.c.course, isouter=True)
        .join(lessons, lessons.c.id == recordings.c.lesson, isouter=True)
        .join(municipalities, municipalities.c.code == recordings.c.municipality)
        .join(instructor, instructor.c.id == recordings.c.instructor, isouter=True)
    )


def recording_card(row: Any) -> RecordingCard:
    found = rows.recording(row)
    return RecordingCard(
        found,
        rows.text(row, "course_title") if found.course else found.title,
        row.course_slug,
        row.lesson_number,
        rows.text(row, "lesson_title") if found.lesson else None,
        row.lesson_starts_at or found.started_at,
        rows.text(row, "municipality_name"),
        row.instructor_name,
    )
