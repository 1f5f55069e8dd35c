"""A crowd shares its looks at the database, and everybody is answered by what was true after they asked."""

import asyncio
from typing import Any

import pytest

from classroom.people import PersonId
from tests.web.world import World
from web.rush import Rush


class CountingStore:
    """The real store; knows how often it was opened, and can fail."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.opened = 0
        self.breaks = False

    def reading(self) -> Any:
        self.opened += 1
        if self.breaks:
            raise OSError("the database is away")
        return self._store.reading()


def test_a_hundred_who_ask_at_once_cost_a_few_looks(world: World) -> None:
    store = CountingStore(world.store)
    rush = Rush(store, world.app.state.services.now)  # type: ignore[arg-type]

    async def ask() -> list[Any]:
        people = [PersonId(f"nobody-{n}") for n in range(100)]
        return await asyncio.gather(*(rush.look("suwon", "smartphone-photo", person) for person in people))

    answers = world.query(ask)
    assert all(course is not None and course.slug == "smartphone-photo" for course, _ in answers)
    assert store.opened <= 2
    assert not rush._waiting


def test_no_such_course_and_a_database_that_is_away_are_told_to_all(world: World) -> None:
    store = CountingStore(world.store)
    rush = Rush(store, world.app.state.services.now)  # type: ignore[arg-type]
    assert world.query(rush.look, "suwon", "absent", PersonId("x")) == (None, None)
    store.breaks = True
    with pytest.raises(OSError, match="away"):
        world.query(rush.look, "suwon", "smartphone-photo", PersonId("x"))
    store.breaks = False
    assert world.query(rush.look, "suwon", "smartphone-photo", PersonId("x"))[0] is not None, "it goes on"


def test_who_holds_a_seat_is_told_that_and_not_that_it_is_full(world: World) -> None:
    viewer = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at)
    course, refusal = world.query(world.app.state.rush.look, "suwon", "smartphone-photo", viewer.id)
    assert course is not None
    assert refusal is None or refusal.code == "already-applied"
