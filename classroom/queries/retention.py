"""What an administrator of the province asks about retention."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.retention import Kind, Run


@dataclass(frozen=True, slots=True)
class KindRow:
    kind: Kind
    days: int
    due: int
    """Rows that are older now: 0 after the day's run."""
    last: Run | None


class RetentionQueries(Protocol):
    async def retention(self, now: datetime) -> list[KindRow]:
        """Every kind."""

    async def retention_runs(self, most: int) -> list[Run]:
        """What was deleted on which day, the latest first."""
