"""Who looked at whose data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.access_review import Review, StaffLooks
from classroom.people import MunicipalityCode, PersonId, Scope
from classroom.queries.paging import Page


@dataclass(frozen=True, slots=True)
class AccessRow:
    number: int
    at: datetime
    actor: PersonId | None
    actor_name: str | None
    address: str
    person: PersonId | None
    person_name: str | None
    what: str
    reason: str
    municipality: MunicipalityCode | None


class AccessReviewQueries(Protocol):
    async def access_log(self, scope: Scope, month: str, *, page: int = 1) -> Page[AccessRow]: ...

    async def access_rows(self, scope: Scope, month: str) -> list[AccessRow]:
        """All of a month, for a file."""

    async def staff_looks(self, scope: Scope, month: str) -> list[StaffLooks]: ...

    async def access_reviews(self, scope: Scope, month: str) -> list[Review]: ...

    async def broken_access_row(self, month: str | None = None) -> int | None:
        """The first row that was altered after it was written; None when the (month's) log is whole."""
