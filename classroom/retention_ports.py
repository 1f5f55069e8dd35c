"""What carrying out retention periods needs from the store, as a Protocol."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from classroom.people import PersonId
from classroom.retention import Kind


class Taken(NamedTuple):
    rows: int
    files: int


class Retention(Protocol):
    async def period(self, kind: Kind) -> int:
        """Days; held until the transaction ends, so that two who set it at once are told apart."""

    async def set_period(self, kind: Kind, days: int, by: PersonId, now: datetime) -> None: ...

    async def take(self, kind: Kind, before: datetime, most: int) -> Taken:
        """Delete so many of the older ones. Their files are noted in the same transaction, to be deleted after it."""

    async def is_done(self, kind: Kind, day: date) -> bool: ...

    async def note(self, kind: Kind, day: date, days: int, taken: Taken, *, done: bool, now: datetime) -> None:
        """Add to the day's run."""

    async def files(self, most: int) -> Sequence[str]:
        """Keys in the storage of files whose row is gone."""

    async def forget_files(self, keys: Sequence[str]) -> None: ...
