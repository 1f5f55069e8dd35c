"""The log of who looked at whose data: append-only, each row chained to the one before by a hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text

from classroom.store.figure_tables import access_reviews
from classroom.store.repository import Repository
from classroom.store.tables import access_log

_LOCK = 0x6C6F67
_FIELDS = ("actor", "address", "person", "what", "reason", "municipality")


def chain(before: str, entry: Mapping[str, Any], at: datetime) -> str:
    """The hash of a row: of the hash before and everything in the row."""
    content = [before, at.astimezone(UTC).isoformat(), *(entry[name] for name in _FIELDS)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


class AccessLog(Repository):
    async def append(self, entry: Mapping[str, Any], at: datetime) -> None:
        await self.append_all([entry], at)

    async def append_all(self, entries: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """In order; a list of people is one statement, not one each."""
        if self.is_postgresql:  # one writer of the chain at a time, as SQLite has anyway
            await self.run(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=_LOCK))
        last, values = await self.last_chain(), []
        for entry in entries:
            last = chain(last, entry, at)
            values.append({name: entry[name] for name in _FIELDS} | {"at": at, "chain": last})
        if values:
            await self.run(access_log.insert().values(values))

    async def last_chain(self) -> str:
        """The hash of the newest row; "" of an empty log."""
        found: str | None = await self.scalar(select(access_log.c.chain).order_by(access_log.c.number.desc()).limit(1))
        return found or ""

    async def sign(self, values: Mapping[str, Any]) -> None:
        """Keep a review (`access_reviews`)."""
        await self.run(access_reviews.insert().values(values))

    async def broken_row(self, begin: datetime | None = None, end: datetime | None = None) -> int | None:
        """The number of the first row that does not fit the one before it, of those from `begin` to before `end`.

        Rows cut off at the end of the log are noticed only by a review that was signed over them (`last_chain`).
        """
        before, last = "", 0
        if begin is not None:
            earlier = select(access_log.c.number, access_log.c.chain).where(access_log.c.at < begin)
            if (found_row := await self.first(earlier.order_by(access_log.c.number.desc()).limit(1))) is not None:
                before, last = found_row.chain, found_row.number
        while found := await self.all(
            select(access_log).where(access_log.c.number > last).order_by(access_log.c.number).limit(1_000)
        ):
            for row in found:
                if end is not None and row.at >= end:
                    return None
                if chain(before, row._mapping, row.at) != row.chain:
                    return int(row.number)
                before, last = row.chain, row.number
        return None
