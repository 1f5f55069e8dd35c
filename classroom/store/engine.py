"""Engines for a database address: one that writes and one that only reads.

SQLite: WAL, foreign keys, a busy timeout, and `BEGIN IMMEDIATE` for writing (a deferred transaction that reads, then writes,
loses the race it does not know it is in). The process's writers queue for one connection, other processes' wait on the lock.
Reading transactions are deferred and cannot write. PostgreSQL: two pools, the reading one read-only and repeatable.
"""

import json
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from classroom.store.pulse import ANSWER_S, Pulse

BUSY_TIMEOUT_MS = 15_000
READERS = 8
PATIENCE = {"timeout": 3.0, "command_timeout": 60.0}
"""Seconds for a connection and for a statement. A server that hangs is noticed long before (`pulse.py`)."""
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def parse_url(url: str) -> URL:
    """The address without a driver. Raises ValueError for any other database than the two we know."""
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name == "postgres":
        name = "postgresql"
    if name not in ("sqlite", "postgresql"):
        raise ValueError(f"the database must be sqlite:///… or postgresql://…, not {name}")
    if name == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("a SQLite database needs a file: sqlite:////path/classroom.db")
    return parsed.set(drivername=name)


def _set_up_sqlite(engine: Engine, *, writes: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we do, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing_engine(url: str) -> AsyncEngine:
    return _engine(url, writes=True)


def reading_engine(url: str) -> AsyncEngine:
    return _engine(url, writes=False)


def _engine(url: str, *, writes: bool) -> AsyncEngine:
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"),
            pool_size=1 if writes else READERS,
            max_overflow=0,
            pool_timeout=30,
            json_serializer=_dumps,
        )
        _set_up_sqlite(engine.sync_engine, writes=writes)
        return engine
    for_readers: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "execution_options": {"postgresql_readonly": True}}
    return create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"),
        pool_size=8,
        max_overflow=4,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args=PATIENCE,
        json_serializer=_dumps,
        **({} if writes else for_readers),
    )


def pulse_of(url: str, *engines: AsyncEngine) -> Pulse | None:
    """Of the server `engines` are connected to; None for a file, which cannot be away."""
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        return None
    patience = {"timeout": ANSWER_S, "command_timeout": ANSWER_S}
    pulse = Pulse(create_async_engine(parsed.set(drivername="postgresql+asyncpg"), poolclass=NullPool, connect_args=patience))
    for engine in engines:
        pulse.follow(engine)
    return pulse


def migrating_engine(url: str) -> Engine:
    """Synchronous, for migrations only."""
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        engine = create_engine(parsed)
        _set_up_sqlite(engine, writes=True)
        return engine
    return create_engine(parsed.set(drivername="postgresql+psycopg"))
