"""Lessons and the fact log, in memory: what `web` keeps in the database."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from signaling import facts
from signaling.errors import Refused
from signaling.facts import AnyFact
from signaling.ports import LessonInfo

LESSON = "lesson-1"


class Books:
    """Lessons and the fact log, in memory: what `web` keeps in the database."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.lessons = {
            LESSON: LessonInfo(LESSON, "자료 정리", "엑셀 기초", now - timedelta(minutes=5), now + timedelta(hours=1), False)
        }
        self.log: list[AnyFact] = []
        self.broken = False
        self.closed: set[str] = set()
        """People whose account does not work."""
        self.unnamed_now: set[tuple[str, str]] = set()
        """Lesson and person: captioners whose name was taken away."""

    async def describe(self, lesson: str) -> LessonInfo:
        if self.broken:
            raise OSError("the database is away")
        if lesson not in self.lessons:
            raise Refused("lesson-unknown")
        return self.lessons[lesson]

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        if self.broken:
            raise OSError("the database is away")
        return self.closed & set(persons)

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        return self.unnamed_now & set(captioners)

    async def facts(self, lesson: str) -> Sequence[AnyFact]:
        return [fact for fact in self.log if fact.lesson == lesson]

    async def unfinished(self) -> Sequence[str]:
        over = {fact.lesson for fact in self.log if isinstance(fact, facts.LessonEnded)}
        return sorted({fact.lesson for fact in self.log} - over)

    async def append(self, batch: Sequence[AnyFact]) -> None:
        known = {fact.id for fact in self.log}
        self.log += [fact for fact in batch if fact.id not in known]

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.log if isinstance(fact, kind)]
