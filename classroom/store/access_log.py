"""The log of who looked at whose data: append-only, each row chained to the one before by a hash.

Its oldest rows go when they were kept long enough (`cut`); the hash of the last one stays, so that the rest is still a chain.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import delete, select, text

from classroom.store.figure_tables import access_reviews
from classroom.store.repository import Repository
from classroom.store.retention_tables import access_log_cuts
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
        await self._alone()
        last, values = await self.last_chain(), []
        for entry in entries:
            last = chain(last, entry, at)
            values.append({name: entry[name] for name in _FIELDS} | {"at": at, "chain": last})
        if values:
            await self.run(access_log.insert().values(values))

    async def last_chain(self) -> str:
        """The hash of the newest row; "" of an empty log."""
        found: str | None = await self.scalar(select(access_log.c.chain).order_by(access_log.c.number.desc()).limit(1))
        return found or (await self._cut())[0]

    async def cut(self, before: datetime, most: int) -> int:
        """Take away up to `most` of the oldest rows, as far as they are from before `before`; returns how many.

        The database's own guard lets none go that is younger than two years, whoever asks.
        """
        await self._alone()
        columns = (access_log.c.number, access_log.c.at, access_log.c.chain)
        oldest = await self.all(select(*columns).order_by(access_log.c.number).limit(most))
        gone = list(takewhile(lambda row: row.at < before, oldest))
        if gone:
            last = gone[-1]
            await self.run(delete(access_log).where(access_log.c.number <= last.number))
            await self.run(access_log_cuts.insert().values(number=last.number, at=last.at, chain=last.chain))
        return len(gone)

    async def _alone(self) -> None:
        """One writer of the chain at a time, as SQLite has anyway."""
        if self.is_postgresql:
            await self.run(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=_LOCK))

    async def _cut(self) -> tuple[str, int]:
        """Hash and number of the last row that was taken away; "" and 0 where none was."""
        found = await self.first(select(access_log_cuts).order_by(access_log_cuts.c.number.desc()).limit(1))
        return (found.chain, found.number) if found is not None else ("", 0)

    async def sign(self, values: Mapping[str, Any]) -> None:
        """Keep a review (`access_reviews`)."""
        await self.run(access_reviews.insert().values(values))

    async def broken_row(self, begin: datetime | None = None, end: datetime | None = None) -> int | None:
        """The number of the first row that does not fit the one before it, of those from `begin` to before `end`.

        Rows cut off at the end of the log are noticed only by a review that was signed over them (`last_chain`).
        """
        before, last = await self._cut()
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
