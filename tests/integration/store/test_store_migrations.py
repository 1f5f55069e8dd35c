"""The database: made from nothing, brought up to date, refused when it is ahead of us, guarded where it must not change."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from classroom.errors import DatabaseNewer
from classroom.events import Fact
from classroom.municipalities import GYEONGGI
from classroom.store.engine import migrating_engine, parse_url
from classroom.store.migrate import head, revision, upgrade
from classroom.store.tables import APPEND_ONLY, metadata
from classroom.store.unit_of_work import Store
from tests.classroom.making import START, started
from tests.integration.store.worlds import make_world

pytestmark = pytest.mark.integration


def test_an_empty_database_is_made_and_made_again_without_change(empty_url: str) -> None:
    assert revision(empty_url) is None
    upgrade(empty_url)
    upgrade(empty_url)
    assert revision(empty_url) == head()


@pytest.mark.filterwarnings("ignore:.*uq_role_grants")
def test_the_migrations_make_exactly_the_tables_the_program_uses(url: str) -> None:
    engine = migrating_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [each for each in compare_metadata(context, metadata) if "uq_role_grants" not in str(each)]
    engine.dispose()
    assert differences == []


async def test_all_31_municipalities_exist_and_wait_to_be_opened(store: Store) -> None:
    found = await store.queries.municipalities()
    assert {each.code for each in found} == {each.code for each in GYEONGGI}
    assert len(found) == 31
    assert not any(each.is_open for each in found)


def test_a_database_of_a_newer_version_is_refused_in_one_sentence_and_left_alone(url: str) -> None:
    engine = migrating_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match=r"^The database was written by a newer version of classroom \(revision 9999\): "):
        upgrade(url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


async def test_several_processes_may_upgrade_at_the_same_time(empty_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(upgrade, empty_url) for _ in range(4)))
    assert revision(empty_url) == head()


@pytest.mark.parametrize("address", ["mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="database"):
        parse_url(address)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["UPDATE {} SET number = number", "DELETE FROM {}"])
async def test_append_only_tables_refuse_to_change(store: Store, table: str, verb: str) -> None:
    world = await make_world(store)
    async with store.writing() as uow:
        await uow.facts.append([started(START, world.lesson.id)], START)
        await uow.access_log.append(dict.fromkeys(("actor", "person", "municipality")) | _entry(), START)
        await uow.attendance.correct(world.lesson, world.teacher.id, _absent(), _absent(), "reason", world.teacher.id, START)
    with pytest.raises(DBAPIError, match="append-only"):
        async with store._writing.begin() as connection:
            await connection.execute(text(verb.format(table)))


async def test_only_the_name_of_an_erased_person_can_be_taken_out_of_a_fact(store: Store) -> None:
    """And nothing else in it; through the store, and past it."""
    world = await make_world(store)
    gone, stays = await world.person("gone"), await world.person("stays")
    said = {"peer": "p1", "role": "learner", "line": "1", "text": "안녕하세요"}
    chats = [
        Fact(f"fact-{each.id}", world.lesson.id, START, "chat-posted", said | {"person": each.id, "name": each.name})
        for each in (gone, stays)
    ]
    async with store.writing() as uow:
        await uow.facts.append(chats, START)
        naming = await uow.facts.naming([gone.id, stays.id])
        await uow.accounts.erase(gone.id)
        await uow.facts.forget_names(naming[gone.id])
    with pytest.raises(DBAPIError, match="append-only"):
        async with store.writing() as uow:
            await uow.facts.forget_names(naming[stays.id])
    async with store.reading() as uow:
        first, second = await uow.facts.of_lesson(world.lesson.id)
    assert first.data == said | {"person": gone.id, "name": "탈퇴한 사람", "text": ""}
    assert second.data == chats[1].data
    wrong = (
        "SET type = 'x'",
        """SET data = '{"name": "탈퇴한 사람"}'""",
        "SET data = data, lesson = 'x'",
        """SET data = replace(CAST(data AS text), '"p1"', '"p2"')"""
        if store.queries is not None and "sqlite" in str(store._writing.url)
        else """SET data = replace(CAST(data AS text), '"p1"', '"p2"')::jsonb""",
    )
    for change in wrong:
        with pytest.raises(DBAPIError, match="append-only"):
            async with store._writing.begin() as connection:
                await connection.exec_driver_sql(f"UPDATE facts {change} WHERE number = {naming[gone.id][0]}")


def _entry() -> dict[str, Any]:
    return {"address": "127.0.0.1", "what": "list", "reason": ""}


def _absent() -> Any:
    from classroom.attendance import Verdict

    return Verdict.ABSENT


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with store.reading() as uow:
            await uow.people.set_locale((await make_world(store)).teacher.id, "en")


async def test_readers_do_not_wait_for_a_writer_nor_see_what_is_not_committed(store: Store) -> None:
    world = await make_world(store)
    async with store.writing() as uow:
        await uow.people.set_locale(world.teacher.id, "en")
        async with asyncio.timeout(2):
            seen = await store.queries.person(world.teacher.id)
    assert seen is not None
    assert seen.person.locale == "ko"
    assert (await world.viewer(world.teacher.id)).person.locale == "en"


class PowerCutError(Exception):
    pass


async def test_a_failed_unit_of_work_leaves_nothing(store: Store) -> None:
    world = await make_world(store)
    with pytest.raises(PowerCutError):  # noqa: PT012 — it is raised inside on purpose
        async with store.writing() as uow:
            await uow.people.set_locale(world.teacher.id, "en")
            raise PowerCutError
    assert (await world.viewer(world.teacher.id)).person.locale == "ko"
