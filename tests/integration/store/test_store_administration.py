"""What administrators see, of which place, and in how many statements."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.actions.administration import count_figures
from classroom.actions.applications import apply
from classroom.actions.courses import share_item
from classroom.actions.people import log_access
from classroom.actions.recordings import add_recording
from classroom.courses import OnlineItem
from classroom.enrolment import Enrolment, EnrolmentState
from classroom.history import HistoryFilter
from classroom.people import ItemId, Scope, token_hash
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START, SUWON
from tests.integration.store.conftest import counted
from tests.integration.store.worlds import NOW, SEONGNAM, World, complete, make_world

pytestmark = pytest.mark.integration
EVERYWHERE = Scope(everywhere=True)


async def test_an_administrator_sees_the_own_municipality_and_nothing_of_another(store: Store) -> None:
    suwon = await make_world(store)
    seongnam = await make_world(store, municipality="seongnam")
    await complete(suwon, "one", "two")
    visitor = (await complete(seongnam, "visitor"))[0]  # lives in Suwon, learns in Seongnam
    async with store.writing() as uow:
        await add_recording(uow, lesson=suwon.lesson.id, path="a/film.mp4", duration_s=1, now=END)
        for code in (SUWON, SEONGNAM):
            await log_access(
                uow, actor=suwon.teacher.id, address="::1", person=visitor.id, what="sheet", municipality=code, now=END
            )
    mine, theirs, nobody = Scope(False, frozenset({SUWON})), Scope(False, frozenset({SEONGNAM})), Scope()
    queries = store.queries
    for scope, courses, lessons, films, papers, logged in (
        (mine, 1, 1, 1, 2, 1),
        (theirs, 1, 1, 0, 1, 1),
        (EVERYWHERE, 2, 2, 1, 3, 2),
        (nobody, 0, 0, 0, 0, 0),
    ):
        assert (await queries.admin_courses(scope, NOW)).total == courses
        assert (await queries.admin_lessons(scope, END, past=True)).total == lessons
        assert (await queries.admin_recordings(scope)).total == films
        assert (await queries.admin_certificates(scope)).total == papers
        assert (await queries.access_log(scope, END.strftime("%Y-%m"))).total == logged
        numbers = await queries.dashboard(scope, END)
        assert (numbers.courses, numbers.recordings, numbers.certificates_this_year) == (courses, films, papers)
    assert {row.person.name for row in (await queries.admin_people(theirs)).rows} == {"teacher", "visitor"}
    assert (await queries.admin_people(nobody)).total == 0
    assert (await queries.admin_people(EVERYWHERE, search="VISIT")).total == 1
    assert await queries.admin_enrolments(theirs, suwon.course.id) is None
    assert len(await queries.admin_enrolments(mine, suwon.course.id) or []) == 2


async def test_the_dashboard_counts_days_in_seoul(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    late_evening = NOW.replace(hour=15, minute=30)  # half past midnight in Seoul, the day after
    async with store.writing() as uow:
        await apply(uow, course=world.course.id, person=me.id, now=late_evening)
    days = dict((await store.queries.dashboard(EVERYWHERE, late_evening)).enrolments_by_day)
    assert days[(late_evening + timedelta(days=1)).date().isoformat()] == 1
    assert len(days) == 14


async def test_figures_count_by_month_in_seoul_and_follow_corrections(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    new_year = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # half past midnight of 2027 in Seoul
    async with store.writing() as uow:
        await uow.enrolments.put(Enrolment(world.course.id, me.id, EnrolmentState.ENROLLED, new_year, new_year), SUWON)
    assert await count_figures(store, store.queries, NOW) >= 1
    assert [row.tally.enrolments for row in await store.queries.figures(EVERYWHERE, 2027)] == [1]
    assert await store.queries.figure_years(EVERYWHERE) == [2027]
    assert await store.queries.figures(Scope(False, frozenset({SEONGNAM})), 2027) == []


async def test_an_altered_row_of_the_access_log_is_noticed(store: Store) -> None:
    async with store.writing() as uow:
        for number in range(5):
            await log_access(uow, actor=None, address="::1", person=None, what=f"{number}", municipality=SUWON, now=NOW)
    assert await store.queries.broken_access_row() is None
    async with store._writing.begin() as connection:
        drop = "DROP TRIGGER access_log_refuses_update" if store._writing.dialect.name == "sqlite" else ""
        await connection.exec_driver_sql(drop or "ALTER TABLE access_log DISABLE TRIGGER ALL")
        await connection.exec_driver_sql("UPDATE access_log SET what = 'nothing' WHERE number = 3")
    assert await store.queries.broken_access_row() == 3


async def grown(store: Store, worlds: int) -> World:
    """More of everything."""
    last: World | None = None
    for number in range(worlds):
        last = await make_world(store, slug=f"course-{number}", lessons=3)
        people = await complete(last, *(f"p{number}-{i}" for i in range(3)))
        async with store.writing() as uow:
            await add_recording(uow, lesson=last.lesson.id, path="a.mp4", duration_s=1, shared=True, now=END)
            item = OnlineItem(ItemId(f"i{number}"), SUWON, Text("가", "a"), Text("가", "a"), Text("가", "a"), "arts", 5, NOW)
            await share_item(uow, item, by=None)
            await log_access(uow, actor=people[0].id, address="::1", person=people[1].id, what="x", municipality=SUWON, now=NOW)
    assert last is not None
    return last


async def test_no_page_asks_more_statements_when_there_is_more_to_show(store: Store) -> None:
    world = await grown(store, 1)
    teacher = await world.viewer(world.teacher.id)
    learner = (await store.queries.admin_people(EVERYWHERE, search="P0-0 EXAMPLE")).rows[0].person
    token_owner = await world.viewer(learner.id)
    queries = store.queries
    asks: dict[str, tuple[int, Callable[[], Awaitable[Any]]]] = {
        "viewer": (1, lambda: queries.viewer("token", NOW)),
        "viewers": (1, lambda: queries.viewers([token_hash(f"token-{n}") for n in range(100)], NOW)),
        "portal": (9, lambda: queries.portal(NOW)),
        "retention": (12, lambda: queries.retention(NOW)),
        "site": (12, lambda: queries.site("suwon", NOW)),
        "courses": (2, lambda: queries.courses(NOW, search="사진", open_only=True)),
        "courses, a later page": (3, lambda: queries.courses(NOW, search="사진", page=2)),
        "course": (6, lambda: queries.course("suwon", "course-0", token_owner, NOW)),
        "application": (5, lambda: queries.application(world.course, token_owner, NOW)),
        "messages": (2, lambda: queries.messages(token_owner)),
        "admin_applications": (3, lambda: queries.admin_applications(EVERYWHERE, world.course.id)),
        "due_seats": (2, lambda: queries.due_seats(NOW)),
        "open_charges": (1, lambda: queries.open_charges()),
        "calendar": (1, lambda: queries.calendar("nobody", NOW)),
        "items": (2, lambda: queries.items(search="가")),
        "my_learning": (13, lambda: queries.my_learning(token_owner, NOW)),
        "history": (10, lambda: queries.history(token_owner, END)),
        "history_page": (10, lambda: queries.history_page(token_owner, END, HistoryFilter())),
        "certificates": (1, lambda: queries.certificates(token_owner)),
        "lesson": (7, lambda: queries.lesson(world.lesson.id, token_owner, START)),
        "sheet": (5, lambda: queries.sheet(world.lesson.id, teacher, END)),
        "recordings": (2, lambda: queries.recordings(token_owner, END, search="사진")),
        "unfinished": (4, lambda: queries.unfinished_recordings(END)),
        "dashboard": (5, lambda: queries.dashboard(EVERYWHERE, END)),
        "admin_people": (4, lambda: queries.admin_people(EVERYWHERE)),
        "admin_courses": (3, lambda: queries.admin_courses(EVERYWHERE, NOW)),
        "admin_lessons": (3, lambda: queries.admin_lessons(EVERYWHERE, NOW)),
        "admin_recordings": (2, lambda: queries.admin_recordings(EVERYWHERE)),
        "admin_certificates": (2, lambda: queries.admin_certificates(EVERYWHERE)),
        "admin_enrolments": (2, lambda: queries.admin_enrolments(EVERYWHERE, world.course.id)),
        "access_log": (2, lambda: queries.access_log(EVERYWHERE, "2026-11")),
        "staff_looks": (1, lambda: queries.staff_looks(EVERYWHERE, "2026-11")),
        "access_reviews": (1, lambda: queries.access_reviews(EVERYWHERE, "2026-11")),
        "figures": (1, lambda: queries.figures(EVERYWHERE, 2026)),
        "site_profile": (2, lambda: queries.site_profile("suwon")),
        "notices": (2, lambda: queries.notices("suwon", NOW)),
        "cli_lessons": (1, lambda: queries.cli_lessons(NOW)),
        "cli_recordings": (1, lambda: queries.cli_recordings()),
    }

    async def count() -> dict[str, int]:
        counts = {}
        for name, (_, ask) in asks.items():
            with counted(store) as statements:
                await ask()
            counts[name] = len(statements)
        return counts

    few = await count()
    for number in range(4):
        more = await make_world(store, slug=f"more-{number}", lessons=4)
        await more.enrol(learner)
        await complete(more, *(f"q{number}-{i}" for i in range(4)))
        async with store.writing() as uow:
            await add_recording(uow, lesson=more.lesson.id, path="a.mp4", duration_s=1, shared=True, now=END)
    assert await count() == few
    assert {name: number for name, number in few.items() if number > asks[name][0]} == {}
