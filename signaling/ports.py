"""What signalling must be given: the lesson's description, the log of facts, the media workers' addresses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signaling.facts import AnyFact


@dataclass(frozen=True, slots=True)
class LessonInfo:
    """The scheduled side of a room."""

    lesson: str
    title: str
    course: str
    """The course's title."""
    starts_at: datetime
    """Aware, UTC."""
    ends_at: datetime
    auto_record: bool
    """Recording begins by itself when the instructor publishes at or after `starts_at`."""
    checks_per_hour: int = 0
    """ "Are you there?" is asked so often at random moments while the instructor is in."""


class Lessons(Protocol):
    async def describe(self, lesson: str) -> LessonInfo:
        """Raises Refused("lesson-unknown")."""

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        """Those of them whose account does not work (any more). Somebody unknown is a guest with a ticket of the operator."""

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Of these (lesson, person): who is not (any more) named to write that lesson's captions. A guest of the operator is."""


class FactLog(Protocol):
    """The append-only log behind the bus: a restarted room is rebuilt from it."""

    async def facts(self, lesson: str) -> Sequence[AnyFact]:
        """Everything known of one lesson, in the order it was appended."""

    async def unfinished(self) -> Sequence[str]:
        """Lessons that have facts but no LessonEnded; asked once, at start."""


@dataclass(frozen=True, slots=True)
class WorkerAddress:
    """Where one media worker listens for control."""

    name: str
    url: str
    """"ws://127.0.0.1:41234"."""
