"""Applications on both databases: any order of events keeps every promise about seats; nobody is forgotten."""

import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from classroom.actions import applications
from classroom.actions.applications import accept_offer, apply, apply_in_turn, cancel_application, decide, draw, settle_charge
from classroom.actions.courses import change_course
from classroom.actions.timetable import cancel_lesson, change_lesson, remind, schedule_series
from classroom.admission import AdmissionRule, Mode, Reach, commitment, drawn_order
from classroom.courses import CourseKind, CourseState
from classroom.enrolment import ACTIVE, SEATED, EnrolmentState
from classroom.errors import ClassroomError, Invalid, Refused
from classroom.fees import ChargeState
from classroom.people import Person, PersonId, Role
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START
from tests.integration.store.conftest import counted, together
from tests.integration.store.worlds import NOW, World, make_world

pytestmark = pytest.mark.integration
ENROLLED, WAITING, OFFERED = EnrolmentState.ENROLLED, EnrolmentState.WAITING, EnrolmentState.OFFERED


async def world_of(store: Store, capacity: int, **rule: Any) -> World:
    return await make_world(store, capacity=capacity, admission=AdmissionRule(**rule))


async def act(world: World, action: Any, person: Person, at: Any = NOW, **more: Any) -> Any:
    async with world.store.writing() as uow:
        return await action(uow, course=world.course.id, person=person.id, now=at, **more)


async def state(world: World, person: Person) -> EnrolmentState | None:
    async with world.store.reading() as uow:
        found = await uow.enrolments.get(world.course.id, person.id)
    return found.state if found else None


async def inbox(world: World, person: Person) -> list[str]:
    viewer = await world.viewer(person.id)
    return [each.kind for each in (await world.store.queries.messages(viewer)).rows]


async def test_a_cancelled_seat_is_offered_in_order_and_lapses_to_the_next(store: Store) -> None:
    world = await world_of(store, 1, waitlist=3, accept_hours=24)
    first, second, third, fourth = await world.people(4)
    assert [(await act(world, apply, each)).state for each in (first, second, third)] == [ENROLLED, WAITING, WAITING]
    panel = await store.queries.application(world.course, await world.viewer(third.id), NOW)
    assert (panel.place, panel.waiting) == (2, 2)
    await act(world, cancel_application, first)
    assert await state(world, second) is OFFERED
    assert (await act(world, apply, fourth)).state is WAITING, "a seat on offer is a taken seat"
    later = NOW + timedelta(hours=24)
    assert (await store.queries.due_seats(later))[0] == [world.course.id]
    with pytest.raises(Refused, match="offer-lapsed"):
        await act(world, accept_offer, second, later)
    await applications.round_of_offers(store, [world.course.id], [], later)
    assert [await state(world, each) for each in (second, third, fourth)] == [EnrolmentState.LAPSED, OFFERED, WAITING]
    assert (await act(world, accept_offer, third, later)).state is ENROLLED
    assert (await act(world, accept_offer, third, later)).state is ENROLLED, "twice is once"
    assert (await inbox(world, second))[0] == "lapsed"
    assert (await store.queries.due_seats(later))[0] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_of_events_keeps_the_promises_about_seats(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    rule = AdmissionRule(home_seats=2, quotas={"seongnam": 2}, waitlist=4, accept_hours=dice.choice((0, 5)))
    world = await make_world(store, capacity=5, admission=rule)
    people = [await world.person(f"p{n}", dice.choice(("suwon", "seongnam", "yongin"))) for n in range(12)]
    now = NOW
    for _ in range(60):
        now += timedelta(minutes=dice.randrange(1, 60))
        act_now = dice.choice((apply, apply, apply, cancel_application, accept_offer))
        with contextlib.suppress(Refused):
            await act(world, act_now, dice.choice(people), now)
        async with store.reading() as uow:
            book = await uow.enrolments.book(world.course.id)
            waiting = await uow.enrolments.in_state(world.course.id, WAITING)
        assert book.total <= 5
        assert book.total - book.taken.get("suwon", 0) <= 3
        assert book.taken.get("seongnam", 0) <= 2
        assert len(waiting) <= 4
        card = (await store.queries.courses(now)).rows[0]
        assert card.taken == book.total, "the list counts as the book does"


async def test_many_at_once_wait_in_the_order_they_came_and_no_place_is_given_twice(store: Store) -> None:
    world = await world_of(store, 5, waitlist=10)
    people = await world.people(30)
    results = await together(*(act(world, apply, each) for each in people))
    taken = [each for each in results if not isinstance(each, BaseException)]
    assert sum(each.state is ENROLLED for each in taken) == 5
    assert sorted(each.number for each in taken) == list(range(1, 16))
    assert all(each.number <= 5 for each in taken if each.state is ENROLLED)
    refused = [each for each in results if isinstance(each, BaseException)]
    assert {each.code for each in refused if isinstance(each, Refused)} == {"course-full"}


@pytest.mark.parametrize("mode", [Mode.FIRST_COME, Mode.LOTTERY])
async def test_many_in_one_transaction_get_what_they_would_get_one_by_one(store: Store, mode: Mode) -> None:
    dice = random.Random(8)
    rule = AdmissionRule(mode=mode, home_seats=2, quotas={"seongnam": 2}, waitlist=4, fee_won=1_000)
    worlds = [await make_world(store, slug=slug, capacity=6, admission=rule) for slug in ("one-by-one", "at-once")]
    people = [(await worlds[0].person(f"p{n}", dice.choice(("suwon", "seongnam", "yongin")))).id for n in range(20)]
    line = [*people[:9], people[3], *people[9:], PersonId("nobody")]
    seen: list[list[Any]] = []
    for world, size in zip(worlds, (1, 8), strict=True):
        course, told = world.course, {}
        for start in range(0, len(line), size):
            async with store.writing() as uow:
                piece = line[start : start + size]
                told |= {p: o for p, o in (await apply_in_turn(uow, course=course.id, people=piece, now=NOW)).items()}
        outcomes = [each.code if isinstance(each, ClassroomError) else replace(each, course="") for each in told.values()]
        kept = [await kept_of(store, world, person) for person in people]
        seen.append([list(told), outcomes, kept])
    assert seen[0] == seen[1]
    codes = [each for each in seen[0][1] if isinstance(each, str)]
    assert codes[-1] == "not-found"
    assert codes.count("already-applied") == 1
    assert codes.count("course-full") == (mode is Mode.FIRST_COME) * (len(line) - 12)


async def kept_of(store: Store, world: World, person: PersonId) -> Any:
    """What the store holds of an application: the seat, what is owed, what was told."""
    viewer = await world.viewer(person)
    async with store.reading() as uow:
        mine = await uow.enrolments.get(world.course.id, person)
        owed = await uow.charges.get(world.course.id, person)
    letters = [each for each in (await store.queries.messages(viewer)).rows if each.data["slug"] == world.course.slug]
    return (
        mine and replace(mine, course=""),
        owed and (owed.won, owed.state),
        [(each.kind, {name: value for name, value in each.data.items() if name != "slug"}) for each in letters],
    )


async def test_what_is_in_sight_is_said_of_published_courses_alone(store: Store) -> None:
    """A draft that is full must not be told from one that is absent."""
    world = await world_of(store, 1)
    first, second = await world.people(2)
    await act(world, apply, first)
    for state, told in ((CourseState.PUBLISHED, "course-full"), (CourseState.DRAFT, None)):
        async with store.reading() as uow:
            course = replace(world.course, state=state)
            refusals = await applications.refusals_in_sight(uow, course, [second.id], NOW)
        assert [each.code for each in refusals.values()] == ([told] if told else [])


async def test_fifty_who_apply_at_once_cost_no_more_statements_than_five(store: Store) -> None:
    costs = []
    for slug, number in (("few", 5), ("many", 50)):
        world = await make_world(store, slug=slug, capacity=number - 2, admission=AdmissionRule(waitlist=2))
        crowd = [(await world.person(f"{slug}{n}")).id for n in range(number)]
        with counted(store) as statements:
            async with store.writing() as uow:
                outcomes = await apply_in_turn(uow, course=world.course.id, people=crowd, now=NOW)
        assert [each.number for each in outcomes.values() if not isinstance(each, ClassroomError)] == list(range(1, number + 1))
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 14


async def test_a_lottery_is_drawn_as_anybody_can_repeat_it(store: Store) -> None:
    world = await world_of(store, 3, mode=Mode.LOTTERY, waitlist=2)
    people = await world.people(8)
    for each in people:
        assert (await act(world, apply, each)).state is EnrolmentState.APPLIED
    hashed = (await store.queries.application(world.course, None, NOW)).seed_hash
    assert await store.queries.draw_page("suwon", "photo") is None
    async with store.writing() as uow:
        with pytest.raises(Refused, match="draw-too-early"):
            await draw(uow, world.course.id, by=None, now=NOW)
    over = world.course.applies_until
    assert (await store.queries.due_seats(over))[1] == [world.course.id]
    await applications.round_of_offers(store, [], [world.course.id], over)
    page = await store.queries.draw_page("suwon", "photo")
    assert page is not None
    assert commitment(page.seed) == hashed
    assert [row.number for row in page.rows] == drawn_order(page.seed, list(range(1, 9)))
    assert [row.state for row in page.rows] == [ENROLLED] * 3 + [WAITING] * 2 + [EnrolmentState.NOT_DRAWN] * 3
    assert (await store.queries.due_seats(over))[1] == []
    async with store.writing() as uow:
        with pytest.raises(Refused, match="drawn-already"):
            await draw(uow, world.course.id, by=None, now=over)


async def test_staff_decide_and_a_declined_person_cannot_apply_again(store: Store) -> None:
    world = await world_of(store, 1, mode=Mode.APPROVAL, reach=Reach.SHARED, quotas={"seongnam": 1}, waitlist=1)
    staff = await world.staff("staff", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    one, two, three = await world.person("one"), await world.person("two", "seongnam"), await world.person("three")
    with pytest.raises(Refused, match="not-for-your-municipality"):
        await act(world, apply, await world.person("far", "yongin"))
    for each in (one, two, three):
        assert (await act(world, apply, each)).state is EnrolmentState.APPLIED
    assert (await act(world, decide, one, accepted=True, by=staff)).state is ENROLLED
    assert (await act(world, decide, two, accepted=True, by=staff)).state is WAITING
    with pytest.raises(Refused, match="course-full"):
        await act(world, decide, three, accepted=True, by=staff)
    assert (await act(world, decide, three, accepted=False, by=staff)).state is EnrolmentState.DECLINED
    with pytest.raises(Refused, match="application-declined"):
        await act(world, apply, three)
    with pytest.raises(Refused, match="nothing-to-decide"):
        await act(world, decide, one, accepted=True, by=staff)


async def test_a_fee_is_owed_paid_and_comes_back_by_the_table(store: Store) -> None:
    world = await world_of(store, 2, fee_won=30_000)
    person, other = await world.people(2)
    await act(world, apply, person)
    await act(world, apply, other)
    staff = await world.staff("staff", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    assert (await act(world, settle_charge, person, note="계좌", by=staff)).state is ChargeState.PAID
    await act(world, cancel_application, person, START + timedelta(minutes=10))
    await act(world, cancel_application, other)
    async with store.reading() as uow:
        paid, unpaid = [await uow.charges.get(world.course.id, each.id) for each in (person, other)]
    assert paid is not None
    assert (paid.state, paid.refund_won) == (ChargeState.REFUND_DUE, 20_000)
    assert unpaid is not None
    assert unpaid.state is ChargeState.DROPPED
    assert (await act(world, settle_charge, person, note="", by=staff)).state is ChargeState.REFUNDED
    with pytest.raises(Refused, match="charge-state"):
        await act(world, settle_charge, person, note="", by=staff)


async def test_two_who_edit_at_once_the_second_is_told_and_more_seats_go_to_the_waitlist(store: Store) -> None:
    world = await world_of(store, 1, waitlist=2)
    first, second = await world.people(2)
    await act(world, apply, first)
    await act(world, apply, second)
    async with store.writing() as uow:
        await change_course(uow, replace(world.course, capacity=2), by=None, now=NOW)
    assert await state(world, second) is OFFERED
    async with store.writing() as uow:
        with pytest.raises(Refused, match="edited-meanwhile"):
            await change_course(uow, replace(world.course, capacity=9), by=None, now=NOW)
        known = await uow.courses.get(world.course.id)
        assert known is not None
        assert (known.version, known.capacity) == (2, 2)
        with pytest.raises(Invalid, match="capacity-below-seats"):
            await change_course(uow, replace(known, capacity=1), by=None, now=NOW)


async def test_a_changed_timetable_reaches_those_enrolled_and_their_calendars(store: Store) -> None:
    world = await make_world(store, capacity=3)
    learner, substitute = await world.people(2)
    await world.enrol(learner)
    times = [(START + timedelta(days=day), END + timedelta(days=day)) for day in (1, 2)]
    titles = [Text("가", "A"), Text("나", "B")]
    async with store.writing() as uow:
        moved, off = await schedule_series(uow, course=world.course.id, titles=titles, times=times, by=None)
        await change_lesson(
            uow,
            moved.id,
            title=moved.title,
            starts_at=moved.starts_at + timedelta(hours=1),
            ends_at=moved.ends_at + timedelta(hours=1),
            substitute=substitute.id,
            by=None,
            now=NOW,
        )
        await cancel_lesson(uow, off.id, reason="강사 사정", by=None, now=NOW)
        await uow.calendars.put(learner.id, "hash", 1)
        assert [each.number for each in await uow.courses.lessons(world.course.id)] == [1, 2]
    assert await inbox(world, learner) in (["lesson-cancelled", "lesson-moved"], ["lesson-moved", "lesson-cancelled"])
    found = await store.queries.calendar("hash", NOW)
    assert found is not None
    assert [(each.lesson.number, each.lesson.sequence) for each in found[1]] == [(1, 0), (2, 1), (3, 1)]
    assert await store.queries.calendar("other", NOW) is None
    card = await store.queries.course("suwon", "photo", None, NOW)
    assert card is not None
    assert [each.state for each in card.lessons] == ["scheduled", "scheduled", "cancelled"]
    soon = START - timedelta(hours=23)
    assert await store.queries.due_reminders(soon) == [world.lesson.id]
    for _ in range(2):
        async with store.writing() as uow:
            await remind(uow, world.lesson.id, soon)
    assert (await inbox(world, learner)).count("reminder") == 1
    assert await store.queries.due_reminders(soon) == []


async def test_shared_courses_stand_on_both_sites_and_words_are_found_anywhere(store: Store) -> None:
    rule = AdmissionRule(quotas={"seongnam": 3})
    await make_world(store, capacity=5, admission=rule, title=Text("스마트폰으로 찍는 사진", "Photos"), level="beginner")
    await make_world(store, slug="other", kind=CourseKind.OFFLINE, title=Text("텃밭", "Garden"))
    await make_world(store, slug="draft", state=CourseState.DRAFT, title=Text("스마트폰 초안", "Draft"))
    ask = store.queries.courses

    async def slugs(**wanted: Any) -> list[str]:
        return [card.slug for card in (await ask(NOW, **wanted)).rows]

    assert await slugs(municipality="seongnam") == ["photo"]
    for search in ("폰으로", "찍는 스마트", "스마트폰으로찍는", "PHOTOS", "ＰＨＯＴＯＳ", "문화"):
        assert "photo" in await slugs(search=search), search
    assert await slugs(search="100%") == []
    assert await slugs(search="_") == []
    assert await slugs(level="beginner") == ["photo"]
    assert await slugs(kind="offline") == ["other"]


def test_states_that_hold_a_seat_are_active() -> None:
    assert set(SEATED) < set(ACTIVE)
