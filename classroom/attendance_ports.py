"""What the actions around facts and attendance need from outside, as Protocols."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from classroom.aside import FactAside
from classroom.attendance import Attendance, Presence, Verdict
from classroom.courses import Lesson
from classroom.events import Fact
from classroom.people import (
    CourseId,
    LessonId,
    PersonId,
)


class Facts(Protocol):
    async def append(self, facts: Sequence[Fact], now: datetime) -> list[Fact]:
        """Those that were new, in order."""

    async def presence(self, lesson: LessonId) -> Presence:
        """Who was there when, folded from all facts of the lesson."""

    async def latest(self, lesson: LessonId) -> int:
        """The arrival number of the newest fact `presence` is folded from; 0 when there is none."""

    async def of_lesson(self, lesson: LessonId, types: Sequence[str] | None = None) -> list[Fact]:
        """In the order they arrived."""

    async def naming(self, people: Collection[PersonId]) -> dict[PersonId, list[int]]:
        """Numbers of the facts that say their names."""

    async def forget_names(self, numbers: Sequence[int]) -> None:
        """The one change the log takes: names and words of people who are erased. Anybody else's is refused by the database."""

    async def was_in(self, lesson: LessonId, person: PersonId) -> bool:
        """Ever entered its room."""

    async def is_removed(self, lesson: LessonId, person: PersonId) -> bool: ...


class FactsAside(Protocol):
    """What the log could not take."""

    async def put(self, each: FactAside) -> None:
        """Add it; of one that is known only the reason and the retries change."""

    async def waiting(self) -> list[FactAside]:
        """Longest waiting first."""

    async def remove(self, digest: str) -> bool: ...

    async def forget_names(self, people: Collection[PersonId]) -> None:
        """Names and words of people who are erased."""


class AttendanceSheets(Protocol):
    async def replace(self, lesson: Lesson, rows: Sequence[Attendance], now: datetime) -> None:
        """The derived sheet; corrections are kept elsewhere and stay."""

    async def of_course(
        self, course: CourseId, people: Sequence[PersonId] | None = None
    ) -> dict[LessonId, dict[PersonId, Verdict]]:
        """Final verdicts with corrections applied, of everybody or of `people`; every lesson that was held is a key."""

    async def verdict(self, lesson: LessonId, person: PersonId) -> Verdict | None: ...

    async def corrected(self, lesson: LessonId, person: PersonId) -> tuple[str, str] | None:
        """What somebody decided last, and why; None while what was derived counts."""

    async def correct(
        self, lesson: Lesson, person: PersonId, original: Verdict, verdict: Verdict, reason: str, by: PersonId, now: datetime
    ) -> None: ...
