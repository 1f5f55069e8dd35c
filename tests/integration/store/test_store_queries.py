"""Pages: what they show, to whom, and in how many statements."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.actions.administration import count_figures
from classroom.actions.applications import apply, cancel_application, enrol
from classroom.actions.certificates import issue_certificate, revoke_certificate
from classroom.actions.courses import create_course, schedule_lesson, share_item
from classroom.actions.lessons import correct_attendance, record_facts, settle_lessons
from classroom.actions.people import (
    change_password,
    grant_role,
    log_access,
    move_home,
    register_person,
    revoke_role,
    revoke_sessions,
    sign_in,
    sign_out,
)
from classroom.actions.recordings import add_recording
from classroom.attendance import Attendance, Interval, Verdict
from classroom.courses import CourseKind, CourseState, OnlineItem
from classroom.enrolment import Enrolment, EnrolmentState
from classroom.errors import Invalid, NotFound, Refused
from classroom.history import HistoryFilter
from classroom.passwords import Passwords
from classroom.people import ItemId, MunicipalityCode, Role, Scope, token_hash
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START, SUWON, ended, joined, left, started
from tests.integration.store.conftest import counted
from tests.integration.store.worlds import NOW, SEONGNAM, World, make_world

pytestmark = pytest.mark.integration
EVERYWHERE = Scope(everywhere=True)
HOUR = timedelta(hours=1)


def passwords() -> Passwords:
    return Passwords(memory_kib=64, rounds=1)


# -- accounts ---------------------------------------------------------------------------------------------------------


async def test_a_session_lasts_until_it_is_ended_revoked_or_expired(store: Store) -> None:
    slow = passwords()
    person = await register_person(store, slow, email=" Me@Example.Test ", password="long enough", name=" 김 하늘 ", now=NOW)
    assert (person.email, person.name) == ("me@example.test", "김 하늘")
    tokens = [(await sign_in(store, slow, email="ME@example.test", password="long enough", now=NOW)).token for _ in range(3)]
    ask = store.queries.viewer
    assert [(await ask(token, NOW)) is not None for token in tokens] == [True] * 3
    async with store.writing() as uow:
        await sign_out(uow, tokens[0], NOW)
        assert await revoke_sessions(uow, person.id, NOW, keep_token=tokens[2]) == 1
    assert [(await ask(token, NOW)) is not None for token in tokens] == [False, False, True]
    assert await ask(tokens[2], NOW + timedelta(hours=12)) is None
    assert await ask("invented", NOW) is None


async def test_the_token_itself_is_nowhere_in_the_store(store: Store) -> None:
    slow = passwords()
    await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    token = (await sign_in(store, slow, email="me@example.test", password="long enough", now=NOW)).token
    async with store._reading.connect() as connection:
        from classroom.store.tables import sessions

        rows = (await connection.execute(sessions.select())).all()
    assert token not in str(rows)
    assert len(rows) == 1


async def test_a_wrong_password_and_an_unknown_account_are_refused_alike(store: Store) -> None:
    slow = passwords()
    await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    for email, password in (("me@example.test", "wrong"), ("nobody@example.test", "long enough"), ("", "")):
        with pytest.raises(Refused, match="sign-in-failed"):
            await sign_in(store, slow, email=email, password=password, now=NOW)


async def test_changing_the_password_ends_the_other_sessions(store: Store) -> None:
    slow = passwords()
    person = await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    mine, other = [(await sign_in(store, slow, email="me@example.test", password="long enough", now=NOW)).token for _ in range(2)]
    with pytest.raises(Refused, match="sign-in-failed"):
        await change_password(store, slow, person=person.id, old="wrong", new="even longer", keep_token=mine, now=NOW)
    await change_password(store, slow, person=person.id, old="long enough", new="even longer", keep_token=mine, now=NOW)
    assert await store.queries.viewer(mine, NOW) is not None
    assert await store.queries.viewer(other, NOW) is None
    await sign_in(store, slow, email="me@example.test", password="even longer", now=NOW)


async def test_moving_house_changes_one_field_with_a_date_and_loses_nothing(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    async with store.writing() as uow:
        await move_home(uow, person=me.id, municipality=SEONGNAM, since=NOW, now=NOW)
        # Told of afterwards, an earlier move does not change where somebody lives today.
        await move_home(uow, person=me.id, municipality=MunicipalityCode("yongin"), since=NOW - timedelta(days=2), now=NOW)
        with pytest.raises(Invalid, match="times-wrong"):
            await move_home(uow, person=me.id, municipality=SUWON, since=NOW + timedelta(days=1), now=NOW)
    assert (await world.viewer(me.id)).person.home == "seongnam"
    assert [move.municipality for move in await store.queries.moves(me.id)] == ["yongin", "suwon", "seongnam"]
    assert len((await store.queries.my_learning(await world.viewer(me.id), NOW)).courses) == 1


async def test_rights_are_given_only_by_those_who_administer_the_place(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    here = await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    province = await world.staff("province", Role.PROVINCIAL_ADMINISTRATOR, None)
    async with store.writing() as uow:
        assert await grant_role(uow, person=me.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here, now=NOW)
        assert not await grant_role(uow, person=me.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here, now=NOW)
        for role, code in ((Role.INSTRUCTOR, SEONGNAM), (Role.PROVINCIAL_ADMINISTRATOR, None)):
            with pytest.raises(NotFound):
                await grant_role(uow, person=me.id, role=role, municipality=code, by=here, now=NOW)
        assert await grant_role(uow, person=me.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province, now=NOW)
        assert not await grant_role(
            uow, person=me.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province, now=NOW
        )


async def test_a_right_is_taken_back_by_those_who_could_give_it(store: Store) -> None:
    world = await make_world(store)
    colleague = await world.staff("colleague", Role.INSTRUCTOR, "suwon")
    here = await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    there = await world.staff("there", Role.MUNICIPAL_ADMINISTRATOR, "seongnam")
    province = await world.staff("province", Role.PROVINCIAL_ADMINISTRATOR, None)
    async with store.writing() as uow:
        with pytest.raises(NotFound):
            await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=there)
        with pytest.raises(NotFound):
            await revoke_role(uow, person=province.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province)
        assert await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here)
        assert not await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here)
    assert not (await world.viewer(colleague.id)).is_instructor


# -- courses ----------------------------------------------------------------------------------------------------------


async def test_a_course_of_a_closed_site_or_a_draft_is_not_found(store: Store) -> None:
    world = await make_world(store, state=CourseState.DRAFT)
    assert await store.queries.course("suwon", "photo", None, NOW) is None
    teacher = await world.viewer(world.teacher.id)
    page = await store.queries.course("suwon", "photo", teacher, NOW)
    assert page is not None
    assert page.may_manage
    me = await world.person("me")
    with pytest.raises(NotFound):
        async with store.writing() as uow:
            await apply(uow, course=world.course.id, person=me.id, now=NOW)
    assert await store.queries.lesson(world.lesson.id, await world.viewer(me.id), START) is None


async def test_a_slug_is_once_per_municipality(store: Store) -> None:
    world = await make_world(store)
    await make_world(store, municipality="seongnam")
    fields: dict[str, Any] = {
        "title": Text("가", "a"),
        "summary": Text("가", "a"),
        "category": "arts",
        "kind": CourseKind.LIVE,
        "instructor": None,
        "capacity": 1,
        "applies_from": NOW,
        "applies_until": END,
        "by": None,
        "municipality": SUWON,
    }
    async with store.writing() as uow:
        for code, change in (
            ("slug-taken", {"slug": "photo"}),
            ("slug-invalid", {"slug": "Ümlaut"}),
            ("slug-invalid", {"slug": "a/b"}),
            ("capacity-wrong", {"slug": "b", "capacity": 0}),
            ("times-wrong", {"slug": "b", "applies_until": NOW}),
        ):
            with pytest.raises(Invalid, match=code):
                await create_course(uow, **(fields | change))
    assert (await store.queries.courses(NOW)).total == 2
    assert (await store.queries.courses(NOW, municipality="suwon", search="사진 빛")).total == 1
    assert (await store.queries.courses(NOW, search="100%_")).total == 0
    assert world.course.slug == "photo"


async def test_an_application_can_be_cancelled_and_made_again(store: Store) -> None:
    world = await make_world(store, capacity=1)
    me = await world.person("me")
    for _ in range(2):
        async with store.writing() as uow:
            await apply(uow, course=world.course.id, person=me.id, now=NOW)
        async with store.writing() as uow:
            await cancel_application(uow, course=world.course.id, person=me.id, now=NOW)
    with pytest.raises(Refused, match="not-applied"):
        async with store.writing() as uow:
            await cancel_application(uow, course=world.course.id, person=me.id, now=NOW)
    assert (await store.queries.my_learning(await world.viewer(me.id), NOW)).courses == ()


# -- certificates and history -----------------------------------------------------------------------------------------


async def complete(world: World, *names: str) -> list[Any]:
    people = [await world.person(name) for name in names]
    await world.enrol(*people)
    facts = []
    for lesson in world.lessons:
        facts += [started(lesson.starts_at, lesson.id)]
        for person in people:
            peer = f"{lesson.id}-{person.id}"
            facts += [
                joined(lesson.starts_at, peer, person.id, lesson=lesson.id),
                left(lesson.ends_at, peer, person.id, lesson.id),
            ]
        facts += [ended(lesson.ends_at, lesson.id)]
    async with world.store.writing() as uow:
        new = await record_facts(uow, facts, world.lessons[-1].ends_at)
    await settle_lessons(world.store, new, world.lessons[-1].ends_at)
    return people


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


# -- scope ------------------------------------------------------------------------------------------------------------


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


# -- statements -------------------------------------------------------------------------------------------------------


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
        "retention": (11, lambda: queries.retention(NOW)),
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
