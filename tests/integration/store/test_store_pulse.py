"""A PostgreSQL that hangs instead of dying: who waits is refused within seconds, who comes later at once; long work is let be."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from classroom.errors import DatabaseAway
from classroom.store.migrate import upgrade
from classroom.store.transaction import transaction
from classroom.store.unit_of_work import Store
from tests import postgres
from tests.waiting import within

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.fixture
async def server() -> AsyncIterator[postgres.Postgres]:
    """One of our own: the session's is others' too."""
    with postgres.running() as started:
        started.set(fsync="off", synchronous_commit="off", full_page_writes="off")
        upgrade(started.url)
        yield started


async def test_a_server_that_hangs_is_away_within_seconds_and_back_by_itself(server: postgres.Postgres) -> None:
    store = Store(server.url)
    try:

        async def look() -> str:
            try:
                return "found" if await store.queries.municipality("suwon") else "nothing"
            except DatabaseAway:
                return "away"

        async def write() -> str:
            try:
                async with store.writing() as uow:
                    return "found" if await uow.people.by_email("nobody@example.test") is None else "nothing"
            except DatabaseAway:
                return "away"

        async def think_long() -> None:
            async with transaction(store._reading, store._pulse) as connection:
                await connection.execute(text("SELECT pg_sleep(4)"))

        long_one = asyncio.create_task(think_long())
        await asyncio.sleep(3.5)
        assert await look() == "found"
        await long_one  # took longer than anybody's suspicion, and was asked for in earnest
        with server.hanging():
            began = time.monotonic()
            answers = await asyncio.gather(*(look() if number % 2 else write() for number in range(60)))
            took = time.monotonic() - began
            print(f"a hanging PostgreSQL: 60 who waited were refused after {took:.1f} s")
            assert set(answers) == {"away"}
            assert took < 20
            began = time.monotonic()
            assert {await look() for _ in range(50)} == {"away"}
            assert time.monotonic() - began < 2, "whoever comes later waits again"

        async with within(30, "the server is back"):
            while {await look(), await write()} != {"found"}:
                await asyncio.sleep(0.1)
    finally:
        await store.close()
