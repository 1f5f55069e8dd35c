"""What somebody has learned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.history import HistoryEntry, HistoryFilter, HistoryYear, YearSum
from classroom.people import MunicipalityCode, Viewer
from classroom.queries.paging import Page
from classroom.texts import Text


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Somebody's history: every year's sum, and the courses of those that are open."""

    places: dict[MunicipalityCode, Text]
    """Where they have learned, whatever the filter."""
    sums: tuple[YearSum, ...]
    """Of what the filter leaves, latest year first."""
    year: int | None
    """The one that is open; None: all of them are."""
    entries: Page[HistoryEntry]
    """Latest first."""
    total: int
    """Courses without the filter."""


class HistoryQueries(Protocol):
    async def history(self, viewer: Viewer, now: datetime) -> list[HistoryYear]:
        """All of it."""

    async def history_page(self, viewer: Viewer, now: datetime, wanted: HistoryFilter, *, page: int = 1) -> HistoryPage:
        """Where everything fits on one page, all years are open, else one: the wanted, or the latest that has something."""
