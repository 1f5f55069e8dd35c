"""What the province counts, and how the system is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.figures import FigureRow
from classroom.people import Scope


@dataclass(frozen=True, slots=True)
class SystemCounts:
    """What the database knows of how the system is."""

    database: str
    """"SQLite" or "PostgreSQL"."""
    films_waiting: int
    """Recordings that can be replayed and have no film yet."""
    recordings_failed: int
    mails_waiting: int
    mails_late: int
    """Of them, tried at least once in vain."""
    mails_given_up: int
    """In the last 30 days."""
    facts_aside: int
    """Which the log could not take."""


class FigureQueries(Protocol):
    async def figures(self, scope: Scope, year: int) -> list[FigureRow]:
        """As they were last added up."""

    async def system_counts(self, now: datetime) -> SystemCounts: ...

    async def figures_counted_at(self) -> datetime | None: ...

    async def figure_years(self, scope: Scope) -> list[int]:
        """Years there are figures of, the latest first."""

    async def count_figures(self) -> list[FigureRow]:
        """Add everything up: seconds on millions of rows, for the hourly count only."""
