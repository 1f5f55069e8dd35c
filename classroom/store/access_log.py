"""The log of who looked at whose data: append-only, each row chained to the one before by a hash."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text

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
        if self.is_postgresql:  # one writer of the chain at a time, as SQLite has anyway
            await self.run(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=_LOCK))
        before = await self.scalar(select(access_log.c.chain).order_by(access_log.c.number.desc()).limit(1))
        values = {name: entry[name] for name in _FIELDS}
        await self.run(access_log.insert().values(**values, at=at, chain=chain(before or "", entry, at)))

    async def broken_row(self) -> int | None:
        """The number of the first row that does not fit the one before it. Rows cut off at the end are not noticed."""
        before, last = "", 0
        while found := await self.all(
            select(access_log).where(access_log.c.number > last).order_by(access_log.c.number).limit(1_000)
        ):
            for row in found:
                if chain(before, row._mapping, row.at) != row.chain:
                    return int(row.number)
                before, last = row.chain, row.number
        return None
