"""A lesson, its attendance sheet and its facts; also as the command line prints them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from classroom.attendance import Attendance, Verdict, sheet, total_s, window
from classroom.courses import Course, CourseState, Lesson
from classroom.enrolment import TicketRole, may_join
from classroom.errors import Refused
from classroom.events import Fact
from classroom.municipalities import Municipality
from classroom.people import LessonId, PersonId, RecordingId, Viewer
from classroom.queries.lessons import Correction, LessonPage, SheetPage, SheetRow
from classroom.store import rows
from classroom.store.enrolments import Enrolments
from classroom.store.facts import Facts
from classroom.store.pulse import Pulse
from classroom.store.queries.cards import Asks
from classroom.store.queries.live import LivePresence
from classroom.store.repository import Repository
from classroom.store.scoping import watchable
from classroom.store.tables import (
    attendance,
    attendance_corrections,
    courses,
    lessons,
    municipalities,
    people,
    recordings,
)


class LessonQueries(Asks):
    def __init__(self, engine: AsyncEngine, pulse: Pulse | None) -> None:
        super().__init__(engine, pulse)
        self._live = LivePresence()

    async def lesson(self, lesson: str, viewer: Viewer | None, now: datetime) -> LessonPage | None:
        async with self.ask() as db:
            found = await _lesson(db, lesson)
            if found is None:
                return None
            each, course, home = found
            may_manage = viewer is not None and (course.instructor == viewer.id or viewer.administers(course.municipality))
            if not may_manage and (course.state is CourseState.DRAFT or not home.is_open):
                return None
            name = await db.scalar(select(people.c.name).where(people.c.id == course.instructor)) if course.instructor else None
            role, refusal, opens_at, recording = await _entry(db, viewer, each, course, now)
            return LessonPage(each, course, home, name, each.state(now), role, refusal, opens_at, recording)

    async def find_lesson(self, lesson: str) -> tuple[Lesson, Course] | None:
        async with self.ask() as db:
            found = await _lesson(db, lesson)
            return (found[0], found[1]) if found else None

    async def facts(self, lesson: str, types: Any = None) -> list[Fact]:
        async with self.ask() as db:
            return await Facts(db.connection, writes=False).of_lesson(LessonId(lesson), types)

    async def sheet(self, lesson: str, viewer: Viewer, now: datetime) -> SheetPage | None:
        async with self.ask() as db:
            found = await _lesson(db, lesson)
            if found is None or not (found[1].instructor == viewer.id or viewer.administers(found[1].municipality)):
                return None
            return await _sheet(db, self._live, *found, now)

    async def due_lessons(self, now: datetime) -> list[LessonId]:
        """Over, but not settled since the last fact; the oldest 500, which is more than end in a day."""
        over = lessons.c.ended_at.is_not(None) | (lessons.c.ends_at <= now)
        open_ = lessons.c.settled_at.is_(None) & lessons.c.cancelled_at.is_(None)
        statement = select(lessons).where(over, open_).order_by(lessons.c.ends_at).limit(500)
        async with self.ask() as db:
            found = [rows.lesson(row) for row in await db.all(statement)]
            return [each.id for each in found if each.state(now) == "ended"]

    async def cli_lessons(self, now: datetime) -> list[dict[str, Any]]:
        statement = (
            select(lessons, courses.c.slug.label("course_slug"))
            .join(courses, courses.c.id == lessons.c.course)
            .order_by(lessons.c.starts_at, lessons.c.id)
        )
        async with self.ask() as db:
            return [_cli_lesson(row, now) for row in await db.all(statement)]

    async def cli_attendance(self, lesson: str, now: datetime) -> list[dict[str, Any]] | None:
        async with self.ask() as db:
            found = await _lesson(db, lesson)
            if found is None:
                return None
            page = await _sheet(db, self._live, *found, now)
            return [_cli_attendance(row) for row in page.rows]


async def _lesson(db: Repository, lesson: str) -> tuple[Lesson, Course, Municipality] | None:
    """One statement each: their columns share names."""
    each = await db.first(select(lessons).where(lessons.c.id == lesson))
    if each is None:
        return None
    course = await db.first(select(courses).where(courses.c.id == each.course))
    home = await db.first(select(municipalities).where(municipalities.c.code == each.municipality))
    return rows.lesson(each), rows.course(course), rows.municipality(home)


async def _entry(
    db: Repository, viewer: Viewer | None, lesson: Lesson, course: Course, now: datetime
) -> tuple[TicketRole | None, str | None, datetime | None, RecordingId | None]:
    if viewer is None:
        return None, "sign-in-needed", None, None
    mine = await Enrolments(db.connection, writes=False).get(course.id, viewer.id)
    removed = await Facts(db.connection, writes=False).is_removed(lesson.id, viewer.id)
    film = await db.first(select(recordings).where(recordings.c.lesson == lesson.id, watchable(viewer)))
    recording = RecordingId(film.id) if film is not None and rows.recording(film).is_playable else None
    try:
        return may_join(viewer, course, lesson, mine, removed, now), None, None, recording
    except Refused as refused:
        return None, refused.code, refused.fields.get("opens_at"), recording


async def _sheet(
    db: Repository, live: LivePresence, lesson: Lesson, course: Course, home: Municipality, now: datetime
) -> SheetPage:
    stored = await db.all(select(attendance).where(attendance.c.lesson == lesson.id))
    corrections = await _corrections(db, lesson.id)
    is_final = bool(stored) and lesson.state(now) == "ended"
    table = [rows.attendance(row) for row in stored] if is_final else await _derived(db, live, lesson, course, now)
    table.sort(key=lambda row: (row.name, row.person))
    frame = window(lesson, None)
    return SheetPage(
        lesson,
        course,
        home,
        is_final,
        frame.counted.begin,
        frame.counted.end,
        tuple(_row(row, corrections.get(row.person)) for row in table),
    )


async def _derived(db: Repository, live: LivePresence, lesson: Lesson, course: Course, now: datetime) -> list[Attendance]:
    """From the facts: as it stands while class runs, the final one where the store has not got it yet."""
    enrolled = await Enrolments(db.connection, writes=False).enrolled(course.id)
    presence = await live.of(Facts(db.connection, writes=False), lesson.id, now)
    if presence.names:
        return sheet(lesson, course.attendance, presence, enrolled, None if lesson.state(now) == "ended" else now)
    # Nobody was ever in: not held (yet), so there is nothing to be late for.
    return [Attendance(person, name, (), Verdict.EXPECTED) for person, name in enrolled.items()]


async def _corrections(db: Repository, lesson: str) -> dict[PersonId, Correction]:
    """The last one of each person."""
    columns = attendance_corrections
    statement = (
        select(columns, people.c.name.label("by_name"))
        .join(people, people.c.id == columns.c.by)
        .where(columns.c.lesson == lesson)
        .order_by(columns.c.number)
    )
    return {
        row.person: Correction(row.person, Verdict(row.original), Verdict(row.verdict), row.reason, row.by_name, row.at)
        for row in await db.all(statement)
    }


def _row(row: Attendance, correction: Correction | None) -> SheetRow:
    return SheetRow(row, correction.verdict if correction else row.verdict, correction)


def utc_text(at: datetime) -> str:
    """UTC ISO 8601 with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cli_lesson(row: Any, now: datetime) -> dict[str, Any]:
    lesson = rows.lesson(row)
    return {
        "id": lesson.id,
        "course": row.course_slug,
        "municipality": lesson.municipality,
        "title": lesson.title.ko,
        "title_en": lesson.title.en,
        "number": lesson.number,
        "starts_at": utc_text(lesson.starts_at),
        "ends_at": utc_text(lesson.ends_at),
        "state": lesson.state(now),
    }


def _cli_attendance(row: SheetRow) -> dict[str, Any]:
    each = row.attendance
    return {
        "person": each.person,
        "name": each.name,
        "intervals": [[utc_text(interval.begin), utc_text(interval.end)] for interval in each.intervals],
        "minutes": each.minutes,
        "seconds": round(total_s(each.intervals), 3),
        "verdict": str(row.verdict),
    }
