"""Many at once: seats, numbers, writers. What matters is exactness; the figures are printed by the benchmarks."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest

from classroom.actions.applications import apply, cancel_application
from classroom.actions.certificates import issue_certificate
from classroom.actions.lessons import finalise_attendance, record_facts, settle_lesson
from classroom.actions.people import log_access, register_person
from classroom.actions.shelf import set_retention
from classroom.actions.sites import change_site
from classroom.actions.teaching import set_municipal_rules
from classroom.catalogue import RetentionPolicy
from classroom.errors import ClassroomError, Refused
from classroom.passwords import Passwords
from classroom.people import PersonId, Role
from classroom.rules import AttendanceRule, CompletionRule
from classroom.sites import SiteProfile
from classroom.store.unit_of_work import Store
from tests.classroom.making import END, SUWON, ended, joined, left, started
from tests.integration.store.conftest import together
from tests.integration.store.worlds import NOW, World, make_world

pytestmark = pytest.mark.integration


async def _apply(world: World, person: PersonId, seconds: int = 0) -> str:
    """ "enrolled", or the code of the refusal."""
    try:
        async with world.store.writing() as uow:
            await apply(uow, course=world.course.id, person=person, now=NOW + timedelta(seconds=seconds))
    except ClassroomError as refused:
        return refused.code
    return "enrolled"


async def test_a_hundred_apply_at_once_for_thirty_seats(store: Store) -> None:
    world = await make_world(store)
    crowd = await world.people(100)
    outcomes = Counter(await asyncio.gather(*(_apply(world, person.id) for person in crowd)))
    assert outcomes == {"enrolled": 30, "course-full": 70}
    page = await store.queries.course("suwon", "photo", None, NOW)
    assert page is not None
    assert (page.taken, page.seats_left, page.application) == (30, 0, "full")


async def test_one_person_clicking_twenty_times_takes_one_seat(store: Store) -> None:
    world = await make_world(store)
    person = await world.person("impatient")
    outcomes = Counter(await asyncio.gather(*(_apply(world, person.id) for _ in range(20))))
    assert outcomes == {"enrolled": 1, "already-applied": 19}


async def test_two_stores_on_one_database_share_the_seats(store: Store, url: str) -> None:
    """As two processes do."""
    world = await make_world(store, capacity=10)
    other = Store(url)
    twin = World(other, world.teacher, world.course, world.lessons)
    crowd = await world.people(40)
    calls = [_apply(world if number % 2 else twin, person.id) for number, person in enumerate(crowd)]
    outcomes = Counter(await asyncio.gather(*calls))
    await other.close()
    assert outcomes == {"enrolled": 10, "course-full": 30}


async def test_requests_broken_off_at_any_moment_leave_the_store_usable_and_the_seats_exact(store: Store) -> None:
    """A browser that goes away may cancel its request in the middle of a statement. Fails without `transaction.finish`."""
    world = await make_world(store, capacity=400)
    crowd = await world.people(400)
    chance = random.Random(20261123)
    done = 0
    for start in range(0, 400, 40):
        tasks = [asyncio.create_task(_apply(world, person.id)) for person in crowd[start : start + 40]]
        for task in chance.sample(tasks, 30):
            await asyncio.sleep(chance.random() * 0.004)
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [each for each in outcomes if isinstance(each, Exception)]
        done += sum(outcome == "enrolled" for outcome in outcomes)
    assert done >= 100
    async with asyncio.timeout(5):
        await world.person("last")
    page = await store.queries.course("suwon", "photo", None, NOW)
    assert page is not None
    # A seat may have been taken just before its request was broken off: never one that was answered and is not there.
    assert done <= page.taken <= 400


async def test_a_cancelled_seat_can_be_had_at_once_and_only_once(store: Store) -> None:
    world = await make_world(store, capacity=1)
    crowd = await world.people(12)
    assert await _apply(world, crowd[0].id) == "enrolled"
    async with store.writing() as uow:
        await cancel_application(uow, course=world.course.id, person=crowd[0].id, now=NOW)
    outcomes = Counter(await asyncio.gather(*(_apply(world, person.id) for person in crowd)))
    assert outcomes == {"enrolled": 1, "course-full": 11}


async def test_certificate_numbers_have_no_gap_and_no_double(store: Store) -> None:
    """Two courses of one municipality at once; asked three times each; every third transaction fails afterwards."""
    worlds = [await make_world(store, slug=slug) for slug in ("one", "two")]
    crowd = await worlds[0].people(12)
    for world in worlds:
        await world.enrol(*crowd)
        facts = [started(world.lesson.starts_at, world.lesson.id), ended(END, world.lesson.id)]
        for person in crowd:
            facts += [
                joined(world.lesson.starts_at, f"{world.course.slug}-{person.id}", person.id, lesson=world.lesson.id),
                left(END, f"{world.course.slug}-{person.id}", person.id, world.lesson.id),
            ]
        async with store.writing() as uow:
            await record_facts(uow, sorted(facts, key=lambda fact: fact.at), END)
            await finalise_attendance(uow, world.lesson.id, END)

    async def issue(world: World, person: PersonId, fails: bool) -> str:
        async with store.writing() as uow:
            certificate = await issue_certificate(uow, course=world.course.id, person=person, now=END)
            if fails:
                raise Refused("not-allowed")
            return certificate.paper.number

    calls = [issue(world, person.id, False) for world in worlds for person in crowd for _ in range(3)]
    calls += [issue(world, person.id, True) for world in worlds for person in crowd[:6]]
    outcomes = await together(*calls)
    numbers = {each for each in outcomes if isinstance(each, str)}
    assert {each.code for each in outcomes if isinstance(each, ClassroomError)} <= {"not-allowed"}
    assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, ClassroomError)]
    assert sorted(numbers) == [f"제 2026-수원-{number:06d} 호" for number in range(1, 25)]


async def test_settling_twice_at_once_issues_once(store: Store) -> None:
    world = await make_world(store)
    crowd = await world.people(5)
    await world.enrol(*crowd)
    facts = [started(world.lesson.starts_at, world.lesson.id)]
    facts += [joined(world.lesson.starts_at, person.id, person.id, lesson=world.lesson.id) for person in crowd]
    facts += [left(END, person.id, person.id, world.lesson.id) for person in crowd] + [ended(END, world.lesson.id)]
    async with store.writing() as uow:
        await record_facts(uow, facts, END)

    async def settle() -> int:
        return len(await settle_lesson(store, world.lesson.id, END))

    assert sorted(await asyncio.gather(settle(), settle(), settle())) == [0, 0, 5]


async def test_the_same_account_registered_at_once_is_one_account(store: Store) -> None:
    passwords = Passwords(memory_kib=64, rounds=1)

    async def register() -> str:
        try:
            await register_person(store, passwords, email="Same@Example.test", password="long enough", name="한사람", now=NOW)
        except ClassroomError as refused:
            return refused.code
        return "registered"

    assert Counter(await asyncio.gather(*(register() for _ in range(8)))) == {"registered": 1, "email-taken": 7}


async def test_the_access_log_stays_one_chain_with_many_writers(store: Store) -> None:
    async def look(number: int) -> None:
        async with store.writing() as uow:
            await log_access(uow, actor=None, address="127.0.0.1", person=None, what=f"list {number}", municipality=None, now=NOW)

    await asyncio.gather(*(look(number) for number in range(30)))
    assert await store.queries.broken_access_row() is None


async def test_the_same_facts_from_two_writers_are_new_to_one_of_them(store: Store) -> None:
    world = await make_world(store)
    facts = [joined(NOW, f"peer{number}", lesson=world.lesson.id) for number in range(50)]

    async def record() -> int:
        async with store.writing() as uow:
            return len(await record_facts(uow, facts, NOW))

    assert sorted(await asyncio.gather(record(), record(), record())) == [0, 0, 50]


@pytest.mark.parametrize("what", ["rules", "keeping", "site"])
async def test_of_two_who_say_something_for_the_first_time_the_second_sees_the_first(store: Store, what: str) -> None:
    """No row is there yet that could be locked: both would find nothing, and the later one write over the earlier."""
    world = await make_world(store)
    staff = await world.staff("staff", Role.MUNICIPAL_ADMINISTRATOR, "suwon")

    async def first_words(number: int) -> object:
        async with store.writing() as uow:
            if what == "site":
                found: object = await change_site(uow, SiteProfile(SUWON, email=f"{number}@example.test", version=0), by=staff)
            elif what == "rules":
                found = await uow.completions.rules(SUWON)
            else:
                found = (await uow.shelf.policy(SUWON)).keep_days
            await asyncio.sleep(0.05)  # the other one is here by now
            if what == "rules":
                await set_municipal_rules(uow, SUWON, AttendanceRule(on_time_min=number), CompletionRule(), by=staff, now=NOW)
            elif what == "keeping":
                await set_retention(uow, SUWON, RetentionPolicy(number), by=staff, now=NOW)
            return found

    outcomes = await together(*(first_words(number) for number in (11, 12)))
    if what == "site":
        assert sorted(type(each).__name__ for each in outcomes) == ["Refused", "SiteProfile"]
    else:
        assert outcomes.count(None) == 1, outcomes
