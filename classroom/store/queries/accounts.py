"""What only the person and those who administer accounts ask."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from classroom.accounts import PersonState, Profile
from classroom.people import PersonId
from classroom.store.account_tables import identities
from classroom.store.accounts import Accounts, likely_doubles
from classroom.store.queries.cards import Asks
from classroom.store.tables import lessons, metadata, people

_NOT_TOLD = {"password_hash", "token_hash", "chain"}
_NOT_OWN = {"access_log", "sessions", "account_links"}
_MOST_ROWS = 10_000


class AccountQueries(Asks):
    async def profile(self, person: PersonId) -> Profile | None:
        async with self.ask() as db:
            return await Accounts(db.connection, writes=False).profile(person)

    async def identities(self, person: PersonId) -> list[str]:
        statement = select(identities.c.issuer).where(identities.c.person == person).order_by(identities.c.issuer)
        async with self.ask() as db:
            return [row.issuer for row in await db.all(statement)]

    async def known_emails(self, emails: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        async with self.ask() as db:
            for start in range(0, len(emails), 500):
                part = list(emails[start : start + 500])
                found.update(row.email for row in await db.all(select(people.c.email).where(people.c.email.in_(part))))
        return frozenset(found)

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        asked, found = sorted(persons), set[str]()
        async with self.ask() as db:
            for start in range(0, len(asked), 500):
                them = people.c.id.in_(asked[start : start + 500]) & (people.c.state != PersonState.ACTIVE)
                found.update(row.id for row in await db.all(select(people.c.id).where(them)))
        return found

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        asked, found = sorted(captioners), set[tuple[str, str]]()
        async with self.ask() as db:
            for start in range(0, len(asked), 500):
                part = asked[start : start + 500]
                known = await db.all(select(people.c.id).where(people.c.id.in_([person for _, person in part])))
                named = await db.all(
                    select(lessons.c.id, lessons.c.captioner).where(lessons.c.id.in_([each for each, _ in part]))
                )
                accounts, now = {row.id for row in known}, {(row.id, row.captioner) for row in named}
                found.update(each for each in part if each[1] in accounts and each not in now)
        return found

    async def likely_doubles(self) -> list[tuple[Any, Any]]:
        async with self.ask() as db:
            return await likely_doubles(db)

    async def own_data(self, person: PersonId) -> dict[str, list[dict[str, Any]]]:
        """Rows that name the person in a column `person` (of `people`: the account itself)."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self.ask() as db:
            for table in metadata.sorted_tables:
                column = table.c.id if table.name == "people" else table.columns.get("person")
                if column is None or table.name in _NOT_OWN:
                    continue
                rows = await db.all(select(table).where(column == person).limit(_MOST_ROWS))
                if rows:
                    found[table.name] = [_plain(row._mapping) for row in rows]
        return found


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in row.items()
        if name not in _NOT_TOLD and not isinstance(value, bytes)
    }
