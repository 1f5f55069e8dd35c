"""Inboxes and the queue of mail."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from classroom.messages import Message, try_again_at
from classroom.people import PersonId, new_id
from classroom.store.applying import mails, messages
from classroom.store.repository import Repository
from classroom.store.tables import people
from classroom.texts import Locale

CLAIMED_FOR = timedelta(minutes=5)
"""A mail that is being sent is nobody else's for so long; whose process died meanwhile is tried again."""


class Messages(Repository):
    async def send(self, to: Collection[PersonId], kind: str, data: Mapping[str, Any], now: datetime) -> None:
        """To the inbox of each, and by mail."""
        await self.send_each(dict.fromkeys(to, data), kind, now)

    async def send_each(self, letters: Mapping[PersonId, Mapping[str, Any]], kind: str, now: datetime) -> None:
        if not letters:
            return
        inbox = [
            {"id": new_id(), "person": person, "kind": kind, "data": dict(data), "at": now} for person, data in letters.items()
        ]
        await self.run_for_each(messages.insert(), inbox)
        await self.run_for_each(mails.insert(), [mail(kind, data, now) | {"person": person} for person, data in letters.items()])

    async def read_all(self, person: PersonId, now: datetime) -> int:
        mine = (messages.c.person == person) & messages.c.read_at.is_(None)
        return int((await self.run(update(messages).where(mine).values(read_at=now))).rowcount)

    async def unread(self, person: PersonId) -> int:
        mine = (messages.c.person == person) & messages.c.read_at.is_(None)
        return int(await self.scalar(select(func.count()).select_from(messages).where(mine)))


class Mails(Repository):
    async def queue(self, address: str, kind: str, data: Mapping[str, Any], locale: Locale, now: datetime) -> None:
        """For somebody who has no account (yet). Words: `mail.<kind>.subject` and `mail.<kind>.body`."""
        await self.run(mails.insert().values(mail(kind, data, now) | {"person": None, "address": address, "locale": locale}))

    async def claim(self, now: datetime, most: int = 20) -> list[Any]:
        """Mails that are due, with `email`, `locale` and `tries`; nobody else gets them for a while."""
        due = mails.c.due_at.is_not(None) & (mails.c.due_at <= now)
        first = select(mails.c.number).where(due).order_by(mails.c.due_at, mails.c.number).limit(most)
        numbers = [row.number for row in await self.all(first.with_for_update(skip_locked=True))]
        if not numbers:
            return []
        claimed = update(mails).where(mails.c.number.in_(numbers))
        await self.run(claimed.values(tries=mails.c.tries + 1, due_at=now + CLAIMED_FOR))
        statement = (
            select(
                mails.c.number,
                mails.c.kind,
                mails.c.data,
                mails.c.tries,
                mails.c.queued_at,
                func.coalesce(mails.c.address, people.c.email).label("email"),
                func.coalesce(people.c.locale, mails.c.locale).label("locale"),
            )
            .join_from(mails, people, people.c.id == mails.c.person, isouter=True)
            .where(mails.c.number.in_(numbers))
            .order_by(mails.c.number)
        )
        return await self.all(statement)

    async def sent(self, number: int, now: datetime) -> None:
        await self.run(update(mails).where(mails.c.number == number).values(sent_at=now, due_at=None))
        await self._forget(number)

    async def failed(self, number: int, tries: int, now: datetime) -> None:
        """It is tried again later, or given up."""
        again = try_again_at(tries, now)
        await self.run(update(mails).where(mails.c.number == number).values(due_at=again))
        if again is None:
            await self._forget(number)

    async def _forget(self, number: int) -> None:
        """Links in mails open accounts: what went to an address, names and the address are kept no longer than it takes."""
        mine = (mails.c.number == number) & mails.c.address.is_not(None)
        await self.run(update(mails).where(mine).values(data={}, address=None))


def mail(kind: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"locale": "ko", "kind": kind, "data": dict(data), "queued_at": now, "due_at": now, "tries": 0}


def message(row: Any) -> Message:
    return Message(row.id, row.person, row.kind, row.data, row.at, row.read_at)
