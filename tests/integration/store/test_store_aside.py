"""A fact no database takes: it waits beside the log, and those of everybody else go on."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from classroom.actions.aside import facts_waiting, take_again
from classroom.actions.closing import close_account, erase_due
from classroom.errors import DatabaseAway
from classroom.store.unit_of_work import Store
from signaling.bus import MemoryBus
from signaling.facts import AnyFact, ChatPosted, LessonStarted, PeerJoined
from tests.classroom.making import START
from tests.integration.store.worlds import World, make_world
from web import workers
from web.workers import FactKeeper


def keeper_of(store: Store) -> FactKeeper:
    async def nothing(_: str) -> None: ...

    return FactKeeper(store, lambda: START + timedelta(hours=1), nothing)


def joined(world: World, number: int, name: str = "김하늘") -> PeerJoined:
    return PeerJoined(
        id=f"fact-{number}",
        lesson=world.lesson.id,
        at=START,
        peer=f"peer-{number}",
        person="somebody",
        name=name,
        role="learner",
        recorded=True,
    )


def poison(world: World, person: str = "somebody") -> ChatPosted:
    """Without the zone of its time, and with half a character, which PostgreSQL keeps in no text. The wire lets neither in."""
    said = {"line": "line", "peer": "peer", "person": person, "name": "김하늘", "role": "learner", "text": "\ud83d"}
    return ChatPosted.model_construct(id="poison", lesson=world.lesson.id, at=START.replace(tzinfo=None), **said)


async def publish(store: Store, facts: Sequence[AnyFact]) -> None:
    """Through a bus that brings again what was not taken, until everything is gone from it."""
    bus = MemoryBus()
    for fact in facts:
        bus.publish(fact)
    task = asyncio.create_task(bus.subscribe("classroom", keeper_of(store).receive))
    try:
        assert await bus.caught_up(30), "brought again for ever"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_fact_no_database_takes_is_set_aside_and_the_others_go_on(store: Store) -> None:
    world = await make_world(store)
    await publish(
        store, [joined(world, 1), poison(world), joined(world, 2), LessonStarted(id="x", lesson=world.lesson.id, at=START)]
    )
    assert [fact.id for fact in await store.queries.facts(world.lesson.id)] == ["fact-1", "fact-2", "x"]
    (aside,) = await facts_waiting(store)
    assert (aside.fields["text"], aside.fields["type"]) == ("\ud83d", "chat-posted")
    assert "김하늘" not in aside.reason
    assert (await store.queries.system_counts(START)).facts_aside == 1
    await publish(store, [poison(world)])
    assert len(await facts_waiting(store)) == 1, "the same fact, brought again, is set aside once"


async def test_what_hinders_no_longer_is_taken_again_and_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_world(store)

    async def broken(*_: object) -> list[object]:
        raise KeyError("a mistake of ours, mended in the next version")

    with monkeypatch.context() as patch:
        patch.setattr(workers, "record_facts", broken)
        await publish(store, [LessonStarted(id="first", lesson=world.lesson.id, at=START), joined(world, 1)])
    assert await store.queries.facts(world.lesson.id) == []
    for each in await facts_waiting(store):
        await take_again(store, each, START)
    assert {fact.id for fact in await store.queries.facts(world.lesson.id)} == {"first", "fact-1"}
    assert await facts_waiting(store) == []
    found = await store.queries.find_lesson(world.lesson.id)
    assert found is not None
    assert found[0].started_at == START


async def test_a_database_that_is_away_sets_nothing_aside(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_world(store)
    keeper = keeper_of(store)

    async def away(*_: object) -> list[object]:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(workers, "record_facts", away)
        for _ in range(20):
            with pytest.raises(DatabaseAway):
                await keeper.receive([joined(world, 1)])
    await keeper.receive([joined(world, 1)])
    assert len(await store.queries.facts(world.lesson.id)) == 1
    assert await facts_waiting(store) == []


async def test_the_name_of_an_erased_person_leaves_what_was_set_aside(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await publish(store, [poison(world, person=me.id)])
    async with store.writing() as uow:
        await close_account(uow, me, START)

    async def nothing(_: str) -> None: ...

    assert await erase_due(store, START + timedelta(days=40), nothing) == 1
    (aside,) = await facts_waiting(store)
    assert "김하늘" not in str(aside.fields)
    assert aside.fields["text"] == ""
