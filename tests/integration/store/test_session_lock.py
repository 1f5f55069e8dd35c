"""The lock on a PostgreSQL database: one has it, others learn who, and it is free when its connection is."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from classroom.actions.aside import facts_waiting
from classroom.errors import DatabaseAway
from classroom.store.session_lock import FILM_JOBS, SessionLock, name_of_this_process, where_runs
from classroom.store.unit_of_work import Store
from signaling.facts import PeerLeft
from tests.classroom.making import START
from tests.integration.store.worlds import make_world
from tests.waiting import within
from web import workers
from web.workers import FactKeeper

pytestmark = [pytest.mark.integration]
PATIENCE_S = 10.0


def lock_on(url: str) -> SessionLock:
    return SessionLock(url.replace("postgresql://", "postgresql+asyncpg://"), name_of_this_process())


async def end_session(url: str, name: str) -> None:
    """As a server that takes the machine behind it for gone."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", name)
    finally:
        await connection.close()


async def test_one_has_it_and_the_others_learn_who(new_postgresql: Callable[[bool], str]) -> None:
    url, elsewhere = new_postgresql(False), new_postgresql(False)
    first, second, third = lock_on(url), lock_on(url), lock_on(elsewhere)
    jobs = SessionLock(url, name_of_this_process(), FILM_JOBS)
    try:
        assert await second.look(PATIENCE_S) is None
        assert await first.take(PATIENCE_S) is None
        assert await first.take(PATIENCE_S) is None, "still"
        assert await second.take(PATIENCE_S) == first.name
        assert await second.look(PATIENCE_S) == first.name
        assert where_runs(first.name).startswith("process ")
        assert await third.take(PATIENCE_S) is None, "another database is another matter"
        assert await jobs.look(PATIENCE_S) is None, "and so are its jobs"
        await first.close()
        await first.close()
        assert await second.take(PATIENCE_S) is None
        assert await first.take(PATIENCE_S) == second.name
    finally:
        for lock in (first, second, third, jobs):
            await lock.close()


async def test_a_lost_lock_is_noticed_and_taken_again_unless_somebody_has_it(
    new_postgresql: Callable[[bool], str],
) -> None:
    url = new_postgresql(False)
    first, second = lock_on(url), lock_on(url)
    try:
        assert await first.take(PATIENCE_S) is None
        await end_session(url, first.name)
        async with within(10, "the end of the connection is noticed"):
            await first.lost.wait()
        assert await first.take(PATIENCE_S) is None
        await end_session(url, first.name)
        assert await second.take(PATIENCE_S) is None
        async with within(10, "the end of the second connection is noticed"):
            await first.lost.wait()
        assert await first.take(PATIENCE_S) == second.name
    finally:
        await first.close()
        await second.close()


async def test_an_old_connection_of_ours_that_the_server_takes_for_alive_is_ended(
    new_postgresql: Callable[[bool], str],
) -> None:
    url = new_postgresql(False)
    lock = lock_on(url)
    ghost = SessionLock(url, lock.name)
    try:
        assert await ghost.take(PATIENCE_S) is None
        assert await lock.take(PATIENCE_S) is None
        async with within(10, "the old one learns of it"):
            await ghost.lost.wait()
    finally:
        await ghost.close()
        await lock.close()


async def test_a_server_that_is_not_there_is_away(new_postgresql: Callable[[bool], str]) -> None:
    url = new_postgresql(False)
    absent = SessionLock("postgresql://nobody@127.0.0.1:1/nothing", "x")
    with pytest.raises(DatabaseAway):
        await absent.take(1.0)
    unknown = SessionLock(url.replace("/store_", "/absent_"), "x")
    with pytest.raises(DatabaseAway) as refused:
        await unknown.look(1.0)
    assert "does not exist" in str(refused.value.__cause__)
    await asyncio.gather(absent.close(), unknown.close())


async def test_who_was_cut_off_and_replaced_writes_no_fact(
    new_postgresql: Callable[[bool], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would end the presence of people who were with the other: what it saw waits beside the log for an operator."""
    monkeypatch.setattr(workers, "OWNED_FOR_S", 0.0)
    url = new_postgresql(True)
    ours, other = lock_on(url), lock_on(url)
    store = Store(url)
    try:
        lesson = (await make_world(store)).lesson.id

        def left(number: int) -> PeerLeft:
            return PeerLeft(id=f"fact-{number}", lesson=lesson, at=START, peer="peer", person="somebody", reason="lost")

        async def nothing(_: str) -> None: ...

        keeper = FactKeeper(store, lambda: START, nothing, ours.name)
        with pytest.raises(DatabaseAway):  # nobody owns: brought again
            await keeper.receive([left(1)])
        assert await ours.take(PATIENCE_S) is None
        await keeper.receive([left(1)])
        await end_session(url, ours.name)
        assert await other.take(PATIENCE_S) is None
        await keeper.receive([left(2), left(3)])
        assert [fact.id for fact in await store.queries.facts(lesson)] == ["fact-1"]
        aside = await facts_waiting(store)
        assert {each.fields["id"] for each in aside} == {"fact-2", "fact-3"}
        assert {each.reason for each in aside} == {workers.CUT_OFF}
    finally:
        await store.close()
        await ours.close()
        await other.close()


def test_a_name_fits_and_is_nobody_elses() -> None:
    name = name_of_this_process()
    assert len(name) < 64
    assert name != name_of_this_process()
    assert where_runs("") == where_runs("psql") == "another process"
