"""What only the person and those who administer accounts ask."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from classroom.accounts import Profile
from classroom.people import PersonId


class AccountQueries(Protocol):
    async def profile(self, person: PersonId) -> Profile | None: ...

    async def identities(self, person: PersonId) -> list[str]:
        """Issuers somebody can sign in by."""

    async def known_emails(self, emails: Sequence[str]) -> frozenset[str]:
        """Those that have an account."""

    async def likely_doubles(self) -> list[tuple[Any, Any]]:
        """Pairs of accounts that may be one person's: mappings of id, email, name, created_at."""

    async def own_data(self, person: PersonId) -> dict[str, list[dict[str, Any]]]:
        """Everything kept about somebody, by table, for themselves."""

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        """Those of them whose account is suspended, closed, erased or merged; an id without an account is not among them."""

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Of these (lesson, person): accounts that are not named to write its captions; no id without an account."""
