"""Lessons: the door of the room, the sheet, the log of facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from classroom.attendance import Attendance, Verdict
from classroom.courses import Course, Lesson, LessonState
from classroom.enrolment import TicketRole
from classroom.events import Fact
from classroom.municipalities import Municipality
from classroom.people import LessonId, PersonId, RecordingId, Viewer


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A lesson with everything about it, for the door of the room."""

    lesson: Lesson
    course: Course
    municipality: Municipality
    instructor_name: str | None
    state: LessonState
    role: TicketRole | None
    """As what the viewer may enter now; None: `refusal` says why not."""
    refusal: str | None
    """Code: "sign-in-needed", "not-enrolled", "removed", "lesson-over" or "not-yet-open"."""
    opens_at: datetime | None
    """With "not-yet-open"."""
    recording: RecordingId | None
    """When the viewer may watch it and it can be played."""


@dataclass(frozen=True, slots=True)
class Correction:
    person: PersonId
    original: Verdict
    verdict: Verdict
    reason: str
    by: str
    """Name of who did it."""
    at: datetime


@dataclass(frozen=True, slots=True)
class SheetRow:
    attendance: Attendance
    verdict: Verdict
    """What counts: the last correction, else the derived one."""
    correction: Correction | None


@dataclass(frozen=True, slots=True)
class SheetPage:
    lesson: Lesson
    course: Course
    municipality: Municipality
    is_final: bool
    begin: datetime
    """What the time line spans."""
    end: datetime
    rows: tuple[SheetRow, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(row.verdict is verdict for row in self.rows)


class LessonQueries(Protocol):
    async def lesson(self, lesson: str, viewer: Viewer | None, now: datetime) -> LessonPage | None:
        """None only when there is no such lesson (or its course is not published and the viewer does not manage it)."""

    async def find_lesson(self, lesson: str) -> tuple[Lesson, Course] | None:
        """For tickets, WHIP and the room: no question of who asks."""

    async def sheet(self, lesson: str, viewer: Viewer, now: datetime) -> SheetPage | None:
        """Derived from the facts while class runs, stored once it is over. For its instructor and staff; else None."""

    async def due_lessons(self, now: datetime) -> list[LessonId]:
        """Over, but their attendance is not final yet."""

    async def facts(self, lesson: str, types: Sequence[str] | None = None) -> list[Fact]:
        """In the order they arrived: what a restarted room, a replay's chat and a film's layout are made of."""

    async def cli_lessons(self, now: datetime) -> list[dict[str, Any]]:
        """contract.md §1: id, course, municipality, title, starts_at, ends_at, state."""

    async def cli_attendance(self, lesson: str, now: datetime) -> list[dict[str, Any]] | None:
        """person, name, intervals, minutes, verdict; None when there is no such lesson."""
