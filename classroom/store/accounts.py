"""Accounts beside their password: links, guardians, identities, closing, erasing, making two into one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, delete, func, select, update

from classroom.accounts import Guardian, Link, LinkKind, PersonState, Profile
from classroom.people import PersonId
from classroom.store.account_tables import account_links, guardians, identities, merges
from classroom.store.assessment_tables import excuses, quiz_attempts, submissions
from classroom.store.repository import Repository
from classroom.store.tables import (
    APPEND_ONLY,
    attendance,
    attendance_corrections,
    metadata,
    people,
    recordings,
    role_grants,
    sessions,
)

ERASED_NAME = "탈퇴한 사람"
_KEPT_AS_THEY_ARE = {
    "merges",
    "home_moves",
    "role_grants",
    "sessions",
    "account_links",
    "identities",
    "guardians",
    "calendar_feeds",
}
"""A merge does not hand these on: rights and ways to sign in are never inherited silently."""

_BLANK: dict[Table, dict[str, Any]] = {
    submissions: {"text": "", "feedback": "", "upload": None},
    excuses: {"reason": "", "answer": "", "upload": None},
    quiz_attempts: {"answers": {}},
}
"""What somebody wrote; that they did, and what came of it, stays."""


class Accounts(Repository):
    # -- links --------------------------------------------------------------------------------------------------------

    async def add_link(self, token_hash: str, link: Link) -> None:
        values = {
            "token_hash": token_hash,
            "kind": str(link.kind),
            "person": link.person,
            "email": link.email,
            "data": link.data,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
        }
        await self.run(account_links.insert().values(values))

    async def link(self, token_hash: str) -> Link | None:
        row = await self.first(self.locked(select(account_links).where(account_links.c.token_hash == token_hash)))
        if row is None:
            return None
        return Link(LinkKind(row.kind), row.person, row.email, row.data, row.created_at, row.expires_at, row.used_at)

    async def use_link(self, token_hash: str, now: datetime) -> None:
        """It keeps its row, so that a second press is told from an invented link; what it carried is forgotten."""
        await self.run(update(account_links).where(account_links.c.token_hash == token_hash).values(used_at=now, data={}))

    async def drop_links(self, kind: LinkKind, person: PersonId) -> None:
        """Older ones of the same kind stop working when a new one is sent."""
        mine = (account_links.c.kind == str(kind)) & (account_links.c.person == person)
        await self.run(delete(account_links).where(mine, account_links.c.used_at.is_(None)))

    async def forget_links(self, before: datetime) -> int:
        """Those that ended before: an application that was never confirmed leaves nothing."""
        return int((await self.run(delete(account_links).where(account_links.c.expires_at < before))).rowcount)

    # -- the account --------------------------------------------------------------------------------------------------

    async def profile(self, person: PersonId) -> Profile | None:
        row = await self.first(
            select(people.c.state, people.c.born_on, people.c.closed_at, guardians.c.name, guardians.c.email)
            .join_from(people, guardians, guardians.c.person == people.c.id, isouter=True)
            .where(people.c.id == person)
        )
        if row is None:
            return None
        return Profile(PersonState(row.state), row.born_on, row.closed_at, Guardian(row.name, row.email) if row.name else None)

    async def set(self, person: PersonId, **values: Any) -> None:
        """Columns of `people`."""
        await self.run(update(people).where(people.c.id == person).values(values))

    async def set_guardian(self, person: PersonId, guardian: Guardian, now: datetime) -> None:
        values = {"person": person, "name": guardian.name, "email": guardian.email, "consented_at": now}
        await self.run(self.insert(guardians).values(values).on_conflict_do_update(index_elements=["person"], set_=values))

    async def identity(self, issuer: str, subject: str) -> PersonId | None:
        mine = (identities.c.issuer == issuer) & (identities.c.subject == subject)
        found = await self.scalar(select(identities.c.person).where(mine))
        return PersonId(found) if found else None

    async def add_identity(self, issuer: str, subject: str, person: PersonId, now: datetime) -> bool:
        """False when it belongs to somebody already."""
        values = {"issuer": issuer, "subject": subject, "person": person, "linked_at": now}
        statement = self.insert(identities).values(values).on_conflict_do_nothing(index_elements=["issuer", "subject"])
        return bool(await self.all(statement.returning(identities.c.subject)))

    # -- the end of an account ----------------------------------------------------------------------------------------

    async def due_for_erasure(self, closed_before: datetime) -> list[PersonId]:
        statement = select(people.c.id).where(people.c.state == PersonState.CLOSED, people.c.closed_at < closed_before)
        return [PersonId(row.id) for row in await self.all(statement.limit(200))]

    async def erase(self, person: PersonId) -> None:
        """Name, address, birth, home, guardian, identities, sessions, inbox and mail go, and what was written or handed in.

        Sums, scores and papers stay. What the log of facts says of them: `Facts.forget_names`, once they are erased.
        """
        # What an instructor's recordings are found by holds their name, lower case and without spaces.
        name = "".join(str(await self.scalar(select(people.c.name).where(people.c.id == person))).lower().split())
        taught = update(recordings).where(recordings.c.instructor == person)
        await self.run(taught.values(search=func.replace(recordings.c.search, name, "")))
        await self.set(
            person,
            state=PersonState.ERASED,
            name=ERASED_NAME,
            email=f"erased-{person}@erased.invalid",
            password_hash="",
            home=None,
            born_on=None,
        )
        await self.run(update(attendance).where(attendance.c.person == person).values(name=ERASED_NAME))
        for written, blank in _BLANK.items():
            await self.run(update(written).where(written.c.person == person).values(blank))
        for name in (
            "uploads",
            "statements",
            "home_moves",
            "role_grants",
            "sessions",
            "account_links",
            "identities",
            "guardians",
            "messages",
            "mails",
            "calendar_feeds",
        ):
            table = metadata.tables.get(name)
            if table is not None:
                await self.run(delete(table).where(table.c.person == person))

    async def merged_into(self, person: PersonId) -> list[PersonId]:
        return sorted(PersonId(dropped) for dropped, end in (await aliases(self)).items() if end == person)

    async def merge(self, kept: PersonId, dropped: PersonId) -> dict[str, int]:
        """Hand everything `dropped` did on to `kept`; returns how many rows of which table. What both have stays with each."""
        moved: dict[str, int] = {}
        for table, column in _references():
            moved_rows = await self._hand_on(table, column, kept, dropped)
            if moved_rows:
                moved[f"{table.name}.{column.name}"] = moved_rows
        again = select(attendance_corrections).where(attendance_corrections.c.person == dropped)
        for row in await self.all(again):  # append-only: said again for the other
            values = {name: value for name, value in row._mapping.items() if name != "number"}
            await self.run(attendance_corrections.insert().values(values | {"person": kept}))
        await self.set(dropped, state=PersonState.MERGED)
        await self.run(delete(role_grants).where(role_grants.c.person == dropped))
        await self.run(update(identities).where(identities.c.person == dropped).values(person=kept))
        await self.run(delete(sessions).where(sessions.c.person == dropped))
        return moved

    async def note_merge(self, values: Mapping[str, Any]) -> None:
        await self.run(merges.insert().values(values))

    async def _hand_on(self, table: Table, column: Column[Any], kept: PersonId, dropped: PersonId) -> int:
        """Rows whose key the other has too stay: the unique constraint would refuse them."""
        statement = update(table).where(column == dropped)
        for key in _unique_keys(table):
            if column.name in key:
                twin = table.alias("twin")
                same = [twin.c[name] == table.c[name] for name in key if name != column.name]
                there = select(1).select_from(twin).where(twin.c[column.name] == kept, *same).exists()
                statement = statement.where(~there)
        return int((await self.run(statement.values({column.name: kept}))).rowcount)


async def aliases(db: Repository) -> dict[str, PersonId]:
    """Accounts that went over into another → the one that is left, through any number of steps."""
    found = {row.dropped: row.kept for row in await db.all(select(merges.c.dropped, merges.c.kept).order_by(merges.c.number))}
    ends: dict[str, PersonId] = {}
    for person in found:
        end = person
        while end in found:
            end = found[end]
        ends[person] = PersonId(end)
    return ends


async def likely_doubles(db: Repository, limit: int = 100) -> list[tuple[Any, Any]]:
    """Pairs of active accounts with the same name and the same birth date, or without one the same home."""
    one, other = people.alias("one"), people.alias("other")
    same_birth = (one.c.born_on == other.c.born_on) | (
        (one.c.born_on.is_(None) | other.c.born_on.is_(None)) & (one.c.home == other.c.home)
    )
    active = (one.c.state == PersonState.ACTIVE) & (other.c.state == PersonState.ACTIVE)
    names = [column.label(f"one_{column.name}") for column in (one.c.id, one.c.email, one.c.name, one.c.created_at)]
    names += [column.label(f"other_{column.name}") for column in (other.c.id, other.c.email, other.c.name, other.c.created_at)]
    pairs = (one.c.name == other.c.name) & (one.c.id < other.c.id)
    statement = select(*names).join_from(one, other, pairs).where(same_birth, active)
    rows = await db.all(statement.order_by(func.lower(one.c.name), one.c.id).limit(limit))
    return [
        (
            {name: row._mapping[f"one_{name}"] for name in ("id", "email", "name", "created_at")},
            {name: row._mapping[f"other_{name}"] for name in ("id", "email", "name", "created_at")},
        )
        for row in rows
    ]


def _references() -> list[tuple[Table, Column[Any]]]:
    """Every column that holds a person and is handed on."""
    found = [(attendance, attendance.c.person)]
    for table in metadata.sorted_tables:
        if table.name in APPEND_ONLY or table.name in _KEPT_AS_THEY_ARE:
            continue
        found += [(table, column) for column in table.columns if any(key.column.table is people for key in column.foreign_keys)]
    return found


def _unique_keys(table: Table) -> list[tuple[str, ...]]:
    keys = [tuple(column.name for column in table.primary_key.columns)]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            keys.append(tuple(column.name for column in constraint.columns))
    keys += [tuple(column.name for column in index.columns) for index in table.indexes if index.unique]
    keys += [(column.name,) for column in table.columns if column.unique]
    return keys
