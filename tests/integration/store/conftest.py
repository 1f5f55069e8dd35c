"""Every store test runs twice: on a SQLite file and on a real PostgreSQL server, each time with an empty, migrated database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from classroom.store.migrate import upgrade
from classroom.store.unit_of_work import Store
from tests import postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server of our own, without a database name; it stops with the session."""
    with postgres.running() as server:
        server.set(fsync="off", synchronous_commit="off", full_page_writes="off")  # nothing here outlives the session
        yield server.url


@pytest.fixture(scope="session")
def new_postgresql(postgresql: str) -> Callable[[bool], str]:
    """Makes databases: (migrated?) → address. Migrated ones are copies of one: that takes a tenth of the time."""
    made: list[str] = []
    template: list[str] = []

    def create(source: str) -> str:
        name = f"store_{len(made)}"
        made.append(name)
        with psycopg.connect(postgresql, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")  # type: ignore[call-overload]
        return name

    def address(name: str) -> str:
        return postgresql.replace("/postgres?", f"/{name}?")

    def make(migrated: bool) -> str:
        if not migrated:
            return address(create("template0"))
        if not template:
            template.append(create("template0"))
            upgrade(address(template[0]))
        return address(create(template[0]))

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/classroom.db"
    return str(request.getfixturevalue("new_postgresql")(False))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is up to date, with the 31 municipalities and nothing else."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/classroom.db"
        upgrade(address)
        return address
    return str(request.getfixturevalue("new_postgresql")(True))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = Store(url)
    yield opened
    await opened.close()


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements the store runs inside the block (BEGIN and COMMIT not counted)."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    engines = [store._reading.sync_engine, store._writing.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def together(*calls: Any) -> list[Any]:
    """All at once; exceptions are results."""
    return await asyncio.gather(*calls, return_exceptions=True)
