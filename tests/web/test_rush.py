"""A crowd shares its looks at the database, and everybody is answered by what was true after they asked."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.actions.courses import create_course
from classroom.actions.people import add_person
from classroom.admission import AdmissionRule
from classroom.courses import CourseKind
from classroom.enrolment import Enrolment
from classroom.people import PersonId
from classroom.texts import Text
from tests.classroom.making import SUWON
from tests.web.world import World
from web.rush import Rush

NOW = datetime.now(UTC)
COURSE: dict[str, Any] = {
    "municipality": SUWON,
    "slug": "rush",
    "title": Text("인기 과정", "Popular"),
    "summary": Text("스무 자리", "Twenty seats"),
    "category": "arts",
    "kind": CourseKind.LIVE,
    "instructor": None,
    "applies_from": NOW - timedelta(hours=1),
    "applies_until": NOW + timedelta(hours=1),
}


class CountingStore:
    """The real store; knows how often it was opened, and can fail."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.opened = self.written = 0
        self.breaks = False

    def writing(self) -> Any:
        self.written += 1
        return self._store.writing()

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
    assert all(course.slug == "smartphone-photo" for course, _ in answers)
    assert store.opened <= 2
    assert not rush._crowd._waiting


def test_no_such_course_and_a_database_that_is_away_are_told_to_all(world: World) -> None:
    store = CountingStore(world.store)
    rush = Rush(store, world.app.state.services.now)  # type: ignore[arg-type]
    assert world.query(rush.look, "suwon", "absent", PersonId("x")) is None
    store.breaks = True
    with pytest.raises(OSError, match="away"):
        world.query(rush.look, "suwon", "smartphone-photo", PersonId("x"))
    store.breaks = False
    assert world.query(rush.look, "suwon", "smartphone-photo", PersonId("x")) is not None, "it goes on"


def test_who_holds_a_seat_is_told_that_and_not_that_it_is_full(world: World) -> None:
    viewer = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at)
    course, refusal = world.query(world.app.state.rush.look, "suwon", "smartphone-photo", viewer.id)
    assert course is not None
    assert refusal is None or refusal.code == "already-applied"


def test_who_presses_in_the_same_moment_is_taken_in_order_and_told_their_own_answer(world: World) -> None:
    """Sixty for the seats that are left, some of them twice; in three transactions."""
    viewer = world.query(world.store.queries.viewer, world.session("suwon"), NOW)
    store = CountingStore(world.store)
    rush = Rush(store, lambda: NOW)  # type: ignore[arg-type]

    async def press() -> tuple[list[Any], list[PersonId]]:
        async with world.store.writing() as uow:
            course = await create_course(uow, **(COURSE | {"capacity": 20, "admission": AdmissionRule(waitlist=5)}), by=viewer)
            everybody = [
                (await add_person(uow, f"crowd{n}@example.test", f"crowd{n}", "unusable", "ko", SUWON, NOW)).id for n in range(60)
            ]
        line = [*everybody[:10], everybody[4], *everybody[10:]]
        return await asyncio.gather(*(rush.apply(course.id, each) for each in line), return_exceptions=True), line

    answers, line = world.query(press)
    assert answers[4] == answers[10], "pressed twice in one moment: one answer"
    del answers[10], line[10]
    taken = [each for each in answers if isinstance(each, Enrolment)]
    assert [each.person for each in taken] == line[:25]
    assert [each.number for each in taken] == list(range(1, 26))
    assert [each.state for each in taken] == ["enrolled"] * 20 + ["waiting"] * 5
    assert {each.code for each in answers[25:]} == {"course-full"}
    assert store.written <= 3
