"""Seats: never one too many, none left that somebody may have, kept seats kept; a draw anybody can repeat."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.admission import (
    AdmissionRule,
    Mode,
    Reach,
    Seats,
    Waiting,
    accept_until,
    checked_admission,
    commitment,
    drawn_order,
    moving_up,
    new_seed,
)
from classroom.errors import Invalid
from classroom.people import MunicipalityCode, PersonId
from tests.classroom.making import START, make_course

HOMES = ("suwon", "seongnam", "yongin", None)
homes = st.sampled_from(HOMES)


@st.composite
def some_seats(draw: st.DrawFn) -> Seats:
    capacity = draw(st.integers(1, 12))
    quotas = draw(st.dictionaries(st.sampled_from(("seongnam", "yongin")), st.integers(1, capacity), max_size=2))
    rule = AdmissionRule(
        home_seats=draw(st.integers(0, capacity)),
        quotas=quotas,
        reach=draw(st.sampled_from(Reach)),
        waitlist=draw(st.integers(0, 3)),
    )
    return Seats(capacity, "suwon", checked_admission(rule, capacity, "suwon"))


def must_hold(seats: Seats) -> None:
    others = seats.total - seats.taken.get("suwon", 0)
    assert 0 <= seats.total <= seats.capacity
    assert others <= seats.capacity - seats.rule.home_seats
    assert all(seats.taken.get(code, 0) <= quota for code, quota in seats.rule.quotas.items())


@given(some_seats(), st.lists(st.tuples(homes, st.booleans()), max_size=40))
def test_seats_keep_their_promises_through_any_coming_and_going(seats: Seats, events: list[tuple[str | None, bool]]) -> None:
    for home, comes in events:
        left = seats.left_for(home)
        if comes and seats.has_seat(home):
            seats.take(home)
            assert seats.left_for(home) == left - 1
        elif comes:
            assert left == 0
        elif seats.taken.get(home, 0):
            seats.give_back(home)
        must_hold(seats)


@given(some_seats(), st.lists(homes, max_size=30), st.randoms(use_true_random=False))
def test_who_waits_moves_up_in_order_and_nobody_is_passed_over_who_could_sit(
    seats: Seats, line: list[str | None], shuffle: object
) -> None:
    waiting = [Waiting(PersonId(f"p{rank}"), MunicipalityCode(home) if home else None, rank) for rank, home in enumerate(line, 1)]
    mixed = list(waiting)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    up = moving_up(seats, mixed)
    must_hold(seats)
    assert [each.rank for each in up] == sorted(each.rank for each in up)
    assert not any(seats.has_seat(each.home) for each in waiting if each not in up)
    for home in HOMES:  # among people of one place, the first in line are served first
        same = [each for each in waiting if each.home == home]
        served = [each for each in same if each in up]
        assert served == same[: len(served)]


@given(st.lists(st.integers(1, 5_000), unique=True, max_size=60))
def test_a_draw_is_the_same_for_everybody_who_repeats_it(numbers: list[int]) -> None:
    seed = "0123456789abcdef0123456789abcdef"
    drawn = drawn_order(seed, numbers)
    assert sorted(drawn) == sorted(numbers)
    assert drawn == drawn_order(seed, numbers[::-1])
    prints = [hashlib.sha256(f"{seed}:{number}".encode()).hexdigest() for number in drawn]
    assert prints == sorted(prints)


def test_a_seed_is_known_by_its_hash_before_the_draw_and_another_one_draws_otherwise() -> None:
    one, two = new_seed(), new_seed()
    assert len(one) == 32
    assert commitment(one) == hashlib.sha256(one.encode()).hexdigest() != commitment(two)
    assert drawn_order(one, range(1, 40)) != drawn_order(two, range(1, 40))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (AdmissionRule(home_seats=31), "seats-kept-wrong"),
        (AdmissionRule(home_seats=-1), "seats-kept-wrong"),
        (AdmissionRule(quotas={"seongnam": 0}), "quota-wrong"),
        (AdmissionRule(quotas={"seongnam": 31}), "quota-wrong"),
        (AdmissionRule(quotas={"suwon": 3}), "quota-wrong"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_field(rule: AdmissionRule, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_admission(rule, 30, "suwon")
    assert refused.value.code == code


def test_what_applying_brings_depends_on_mode_place_and_seats() -> None:
    seats = Seats(1, "suwon", AdmissionRule(waitlist=1, reach=Reach.SHARED, quotas={"seongnam": 1}))
    assert [seats.offer(home, 0) for home in ("suwon", "seongnam", "yongin", None)] == ["seat", "seat", "elsewhere", "elsewhere"]
    seats.take("suwon")
    assert [seats.offer("suwon", waiting) for waiting in (0, 1)] == ["waitlist", "full"]
    assert Seats(1, "suwon", AdmissionRule(mode=Mode.LOTTERY), {"suwon": 1}).offer("suwon", 0) == "application"


def test_full_and_closed_are_never_said_while_a_seat_can_be_had() -> None:
    before, inside, after = START - timedelta(days=10), START - timedelta(days=5), START - timedelta(hours=1)
    plain = make_course(capacity=2)
    assert [plain.application_state(taken, inside) for taken in (0, 1, 2, 3)] == ["open", "open", "full", "full"]
    assert (plain.application_state(0, before), plain.application_state(0, after)) == ("not-open", "closed")
    late = make_course(capacity=2, admission=AdmissionRule(late=True))
    assert late.application_state(1, after, first_starts_at=START) == "open"
    assert late.application_state(2, after, first_starts_at=START) == "closed"
    assert late.application_state(1, START, first_starts_at=START) == "closed"
    waits = make_course(capacity=2, admission=AdmissionRule(waitlist=1))
    assert [waits.application_state(2, inside, waiting=n) for n in (0, 1)] == ["waitlist", "full"]
    drawn = make_course(capacity=2, admission=AdmissionRule(mode=Mode.LOTTERY, late=True))
    assert drawn.application_state(9, inside) == "open"
    assert drawn.application_state(0, after, first_starts_at=START) == "closed", "the draw comes first"


def test_an_offer_never_outlasts_the_beginning_of_the_course() -> None:
    rule = AdmissionRule(accept_hours=24)
    assert accept_until(rule, None, START) == START + timedelta(hours=24)
    assert accept_until(rule, START + timedelta(hours=3), START) == START + timedelta(hours=3)
