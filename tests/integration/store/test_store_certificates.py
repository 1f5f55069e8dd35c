"""Certificates, and the history they stand in."""

from datetime import timedelta

import pytest

from classroom.actions.applications import enrol
from classroom.actions.certificates import issue_certificate, revoke_certificate
from classroom.actions.courses import create_course, schedule_lesson
from classroom.actions.lessons import correct_attendance
from classroom.attendance import Attendance, Interval, Verdict
from classroom.courses import CourseKind
from classroom.errors import NotFound, Refused
from classroom.history import HistoryFilter
from classroom.people import Role
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START, SUWON
from tests.integration.store.worlds import NOW, SEONGNAM, complete, make_world

pytestmark = pytest.mark.integration
HOUR = timedelta(hours=1)


async def test_completing_a_course_earns_a_certificate_that_anybody_can_verify(store: Store) -> None:
    world = await make_world(store, lessons=3)
    me, _ = await complete(world, "me", "other")
    mine = await world.viewer(me.id)
    (certificate,) = await store.queries.certificates(mine)
    assert certificate.paper.number == "제 2026-수원-000001 호"
    assert (certificate.paper.hours, certificate.paper.lessons_attended) == (6.0, 3)
    assert await store.queries.verify(certificate.shown_code.lower()) == certificate
    assert await store.queries.verify("ABCD-EFGH-JKLM") is None
    year = (await store.queries.history(mine, END + timedelta(days=30)))[0]
    assert (year.year, year.hours, year.entries[0].certificate_number) == (2026, 6.0, certificate.paper.number)
    assert (year.entries[0].lessons_held, year.entries[0].lessons_attended) == (3, 3)
    sheet = [(each.number, each.verdict, each.seconds) for each in year.entries[0].sheet]
    assert sheet == [(number, Verdict.PRESENT, 7200.0) for number in (1, 2, 3)]


async def test_a_long_history_opens_one_year_and_adds_up_all(store: Store) -> None:
    """More courses than fit on a page: the latest year is open, page by page; a filter looks at every year."""
    world = await make_world(store, slug="first")
    me = (await complete(world, "me"))[0]
    async with store.writing() as uow:
        for number in range(30):
            begin = START + timedelta(days=100 + number)
            made = await create_course(
                uow,
                municipality=SEONGNAM if number % 10 == 0 else SUWON,
                slug=f"later-{number}",
                title=Text(f"과정 {number}", f"Course {number}"),
                summary=Text("", ""),
                category="arts",
                kind=CourseKind.LIVE,
                instructor=world.teacher.id,
                capacity=3,
                applies_from=NOW,
                applies_until=begin,
                by=None,
            )
            lesson = await schedule_lesson(
                uow, course=made.id, title=Text("1", "1"), starts_at=begin, ends_at=begin + HOUR, by=None
            )
            await enrol(uow, course=made.id, person=me.id, by=None, now=NOW)
            row = Attendance(me.id, "me", (Interval(begin, begin + HOUR),), Verdict.PRESENT)
            await uow.attendance.replace(lesson, [row], begin + HOUR)
    viewer, later = await world.viewer(me.id), START + timedelta(days=200)
    page = await store.queries.history_page(viewer, later, HistoryFilter())
    assert [(each.year, each.courses, each.hours) for each in page.sums] == [(2027, 30, 30.0), (2026, 1, 2.0)]
    assert (page.year, len(page.entries.rows), page.entries.total, page.total) == (2027, 24, 30, 31)
    assert page.entries.rows[0].title.ko == "과정 29"
    assert [each.verdict for each in page.entries.rows[0].sheet] == [Verdict.PRESENT]
    second = await store.queries.history_page(viewer, later, HistoryFilter(2027), page=2)
    assert [each.title.ko for each in second.entries.rows][-1] == "과정 0"
    earlier = await store.queries.history_page(viewer, later, HistoryFilter(2026))
    assert [each.certificate_number is not None for each in earlier.entries.rows] == [True]
    near = await store.queries.history_page(viewer, later, HistoryFilter(municipality="seongnam"))
    assert (near.year, near.entries.total, set(near.places)) == (None, 3, {"suwon", "seongnam"})
    earned = await store.queries.history_page(viewer, later, HistoryFilter(2027, certified=True))
    assert [each.year for each in earned.sums] == [2026]
    assert len(earned.entries.rows) == 1
    whole = await store.queries.history(viewer, later)
    assert [(each.year, len(each.entries), each.hours) for each in whole] == [(2027, 30, 30.0), (2026, 1, 2.0)]
    learning = await store.queries.my_learning(viewer, later)
    assert len(learning.courses) == 6, "of what is over, the latest few"


async def test_a_correction_counts_in_the_history_in_place_of_what_was_derived(store: Store) -> None:
    world = await make_world(store, lessons=2)
    me = (await complete(world, "me"))[0]
    leader = await world.viewer(world.teacher.id)
    async with store.writing() as uow:
        for verdict in (Verdict.LATE, Verdict.ABSENT):
            await correct_attendance(
                uow, lesson=world.lesson.id, person=me.id, verdict=verdict, reason="확인", by=leader, now=END
            )
    ((year,),) = [await store.queries.history(await world.viewer(me.id), END + timedelta(days=30))]
    entry = year.entries[0]
    assert (entry.lessons_attended, entry.seconds) == (1, 14_400.0)
    assert [each.verdict for each in entry.sheet] == [Verdict.ABSENT, Verdict.PRESENT]


async def test_a_certificate_is_seen_by_its_owner_and_the_staff_of_its_municipality_only(store: Store) -> None:
    world = await make_world(store)
    me, other = await complete(world, "me", "other")
    (certificate,) = await store.queries.certificates(await world.viewer(me.id))
    here = await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    there = await world.staff("there", Role.MUNICIPAL_ADMINISTRATOR, "seongnam")
    seen = [
        await store.queries.certificate(certificate.id, viewer) is not None
        for viewer in (await world.viewer(me.id), here, await world.viewer(other.id), there)
    ]
    assert seen == [True, True, False, False]
    with pytest.raises(NotFound):
        async with store.writing() as uow:
            await revoke_certificate(uow, certificate.id, reason="x", by=there, now=END)
    async with store.writing() as uow:
        await revoke_certificate(uow, certificate.id, reason="동명이인에게 발급", by=here, now=END)
    found = await store.queries.verify(certificate.code)
    assert found is not None
    assert found.revoked_reason == "동명이인에게 발급"
    with pytest.raises(Refused, match="certificate-revoked"):
        async with store.writing() as uow:
            await issue_certificate(uow, course=world.course.id, person=me.id, now=END)


async def test_who_came_to_too_few_lessons_has_not_earned_it(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    with pytest.raises(Refused, match="not-earned"):
        async with store.writing() as uow:
            await issue_certificate(uow, course=world.course.id, person=me.id, now=END)
