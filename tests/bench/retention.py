"""What a day's run of the retention periods costs on a whole province, and how long others wait for it (SQLite).

`python -m tests.bench.retention [FOLDER]` takes the database of `tests.bench.province` (made in FOLDER when absent, copied here),
lays years of what is due into it, and carries everything out as the job does. A line per kind: rows, seconds, rows a second, the
longest transaction. A transaction is how long whoever wants to write waits at most: 500 ms.
"""

import asyncio
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from classroom.actions.retention import carry_out_retention_of
from classroom.retention import Kind
from classroom.store.access_log import chain
from classroom.store.unit_of_work import Store
from tests.bench.province import NOW, PEOPLE, fill, make, stamp

LONGEST_MS = 500.0
OLD = NOW - timedelta(days=1_500)
FACTS, CHAT_SHARE = 1_000_000, 0.2
ROWS = {Kind.MAILS: 100_000, Kind.MESSAGES: 100_000, Kind.SESSIONS: 100_000, Kind.ACCESS_LOG: 100_000}


def person(number: int) -> str:
    return f"person-{number % PEOPLE}"


def log() -> Iterator[dict[str, Any]]:
    """Facts of lessons nobody asks for: coming, going and what was written, a fifth of it. Half of all is due."""
    for number in range(FACTS):
        wrote = number % int(1 / CHAT_SHARE) == 0
        at = stamp(OLD if number % 2 else NOW)
        words = f', "line": "{number}", "name": "김하늘", "text": "오늘 배운 것을 다시 해 보았습니다"' if wrote else ""
        yield {
            "id": f"fact-{number}",
            "lesson": f"lesson-{number // 600}",
            "at": at,
            "type": "chat-posted" if wrote else "peer-joined",
            "data": f'{{"peer": "p{number}", "person": "{person(number)}"{words}}}',
            "arrived_at": at,
        }


def accesses(last: str) -> Iterator[dict[str, Any]]:
    for number in range(ROWS[Kind.ACCESS_LOG]):
        what = {"actor": None, "address": "::1", "person": person(number), "what": "people", "reason": "", "municipality": None}
        last = chain(last, what, OLD)
        yield what | {"at": stamp(OLD), "chain": last}


def lay(path: Path) -> None:
    """What is due, beside what the province has of it."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("BEGIN")
    old = stamp(OLD)
    mail = {"kind": "seat", "data": "{}", "locale": "ko", "queued_at": old, "tries": 1, "due_at": None, "sent_at": old}
    fill(database, "mails", ({"address": f"p{each}@example.test"} | mail for each in range(ROWS[Kind.MAILS])))
    note = {"kind": "seat", "data": "{}", "at": old, "read_at": None}
    fill(database, "messages", ({"id": f"old-{each}", "person": person(each)} | note for each in range(ROWS[Kind.MESSAGES])))
    ended = {"created_at": old, "expires_at": old}
    fill(
        database,
        "sessions",
        ({"token_hash": f"old-{each}", "person": person(each)} | ended for each in range(ROWS[Kind.SESSIONS])),
    )
    fill(database, "access_log", accesses(""))
    fill(database, "facts", log())
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.close()


async def carry_out(path: Path) -> bool:
    store = Store(f"sqlite:///{path}")
    good = True
    try:
        for kind in Kind:
            rows = {run.kind: run.rows for run in await store.queries.retention_runs(99)}
            began, longest, done = time.perf_counter(), 0.0, False
            while not done:
                one = time.perf_counter()
                async with store.writing() as uow:
                    done = await carry_out_retention_of(uow, kind, NOW)
                longest = max(longest, time.perf_counter() - one)
            took = time.perf_counter() - began
            gone = {run.kind: run.rows for run in await store.queries.retention_runs(99)}[kind] - rows.get(kind, 0)
            good &= longest * 1000 <= LONGEST_MS
            print(f"{kind:<13}{gone:>9,} rows{took:>8.1f} s{gone / took:>9,.0f}/s  longest {longest * 1000:>6.0f} ms", flush=True)
        began = time.perf_counter()
        await store.queries.retention(NOW)
        print(f"the page's count of what is due: {(time.perf_counter() - began) * 1000:.0f} ms")
    finally:
        await store.close()
    return good


def main() -> int:
    with tempfile.TemporaryDirectory() as made:
        kept = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made)
        source = kept / "classroom.db"
        if not source.exists():
            kept.mkdir(parents=True, exist_ok=True)
            make(source, 1.0)
        path = Path(made) / "retention.sqlite3"
        shutil.copy(source, path)
        lay(path)
        return 0 if asyncio.run(carry_out(path)) else 1


if __name__ == "__main__":
    sys.exit(main())
