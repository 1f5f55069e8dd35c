"""The demo world of `--demo`, as contract.md §2 promises it."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.actions.people import sign_in
from classroom.attendance import Verdict
from classroom.demo import seed
from classroom.passwords import Passwords
from classroom.people import LessonId
from classroom.store.unit_of_work import Store

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 23, 17, 58, 38, tzinfo=UTC)


def passwords() -> Passwords:
    return Passwords(memory_kib=64, rounds=1)


async def sign(store: Store, name: str) -> object:
    signed = await sign_in(store, passwords(), email=f"{name}@demo.example", password="classroom-demo", now=NOW)
    return signed.viewer


async def test_the_demo_world_is_what_the_contract_says(store: Store) -> None:
    world = await seed(store, passwords(), NOW)
    queries = store.queries
    assert {each.code for each in await queries.municipalities() if each.is_open} == {"suwon", "seongnam", "yongin"}
    viewers = {
        name: await sign(store, name)
        for name in ("province", "suwon", "seongnam", "instructor", *(f"resident{i:02}" for i in range(1, 31)))
    }
    live = await queries.lesson(world.live_lesson, None, NOW)
    assert live is not None
    assert (live.state, live.course.municipality) == ("live", "suwon")
    roles = {}
    for name, viewer in viewers.items():
        page = await queries.lesson(world.live_lesson, viewer, NOW)  # type: ignore[arg-type]
        assert page is not None
        roles[name] = page.role or page.refusal
    assert [roles[f"resident{i:02}"] for i in range(1, 31)] == ["learner"] * 20 + ["not-enrolled"] * 10
    assert (roles["instructor"], roles["suwon"], roles["province"], roles["seongnam"]) == (
        "instructor",
        "viewer",
        "viewer",
        "not-enrolled",
    )
    portal = await queries.portal(NOW)
    assert [card.id for card in portal.live] == [world.live_lesson]
    assert len(portal.items) == 12
    assert "hwaseong-history" in {card.slug for card in portal.open_courses}


async def test_its_attendance_and_certificate_come_from_facts(store: Store) -> None:
    world = await seed(store, passwords(), NOW)
    sheet = await store.queries.sheet(world.ended_lesson, await sign(store, "instructor"), NOW)  # type: ignore[arg-type]
    assert sheet is not None
    assert sheet.is_final
    counts = {verdict: sheet.count(verdict) for verdict in Verdict if sheet.count(verdict)}
    assert counts == {Verdict.PRESENT: 12, Verdict.LATE: 2, Verdict.LEFT_EARLY: 2, Verdict.ABSENT: 4}
    minutes = {row.attendance.name: row.attendance.minutes for row in sheet.rows}
    assert minutes["임건우"] == 116.5  # lost the connection for three and a half minutes
    assert minutes["서다은"] == 120.0  # two devices, counted once
    mine = await store.queries.certificates(await sign(store, "resident01"))  # type: ignore[arg-type]
    assert [each.paper.number for each in mine] == ["제 2026-수원-000001 호"]
    async with store.reading() as uow:
        assert len(await uow.facts.of_lesson(LessonId(world.ended_lesson), ["chat-posted"])) == 6


async def test_seeding_again_adds_nothing(store: Store) -> None:
    first = await seed(store, passwords(), NOW)
    before = await store.queries.cli_lessons(NOW)
    assert await seed(store, passwords(), NOW + timedelta(minutes=30)) == first
    assert await store.queries.cli_lessons(NOW) == before


@pytest.mark.parametrize("later", [timedelta(minutes=90), timedelta(hours=3), timedelta(days=9), timedelta(days=100)])
async def test_a_lesson_is_live_for_an_hour_at_every_start(store: Store, later: timedelta) -> None:
    await seed(store, passwords(), NOW)
    now = NOW + later
    world = await seed(store, passwords(), now)
    found = await store.queries.find_lesson(world.live_lesson)
    assert found is not None
    lesson, _ = found
    assert lesson.state(now) == "live"
    assert lesson.ends_at - now >= timedelta(hours=1)
    live = [each for each in await store.queries.cli_lessons(now) if each["state"] == "live" and each["municipality"] == "suwon"]
    assert world.live_lesson in {each["id"] for each in live}


async def test_the_live_course_is_never_completed_by_a_restart(store: Store) -> None:
    for weeks in range(12):
        world = await seed(store, passwords(), NOW + timedelta(weeks=weeks))
    page = await store.queries.course("suwon", "smartphone-photo", None, NOW + timedelta(weeks=11))
    assert page is not None
    assert page.lessons[-1].id != world.live_lesson
    numbers = [card.number for card in page.lessons]
    assert numbers == list(range(1, len(numbers) + 1))
