"""Unique seconds against a script: people seek, double the speed, open tabs, stall, sleep, lose the network, and cheat."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.people import CourseId, LessonId, PersonId, RecordingId
from classroom.watching import (
    LATE_S,
    Beacon,
    Counted,
    MakeUpRule,
    Span,
    Stretch,
    WatchClock,
    Watched,
    count,
    make_up,
    shown_s,
    total_s,
    united,
    watch_on,
    without,
)

LENGTH_S = 3_600.0
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@dataclass
class Person:
    """The server's side of one person; counts are kept as JSON between beacons, as the store does."""

    clock: WatchClock = field(default_factory=WatchClock)
    coverage: tuple[Span, ...] = ()

    def hear(self, beacon: Beacon, now_s: float) -> Counted:
        counted = count(WatchClock.from_json(self.clock.to_json()), beacon, now_s, LENGTH_S)
        self.clock = counted.clock
        self.coverage = united([*self.coverage, *counted.media], 0.05)
        return counted

    @property
    def seconds(self) -> float:
        return total_s(self.coverage)


@dataclass
class Tab:
    """A player whose own clock began somewhere."""

    person: Person
    name: str
    zero_s: float
    """Our time at its clock's 0."""
    told: list[Stretch] = field(default_factory=list)

    def play(self, from_s: float, to_s: float, began_s: float, rate: float = 1.0) -> float:
        """Returns when it ended."""
        ended_s = began_s + (to_s - from_s) / rate
        self.told.append(Stretch(from_s, to_s, began_s - self.zero_s, ended_s - self.zero_s))
        return ended_s

    def tell(self, now_s: float, late_s: float = 0.05) -> Counted:
        told, self.told = tuple(self.told), []
        beacon = Beacon(self.name, now_s - self.zero_s, told[-1].to_s if told else 0.0, told)
        return self.person.hear(beacon, now_s + late_s)


def opened(person: Person, name: str = "tab-one-1", at_s: float = NOON) -> Tab:
    tab = Tab(person, name, at_s - 3.0)
    tab.tell(at_s)
    return tab


def test_half_an_hour_with_a_jittering_network_is_half_an_hour() -> None:
    person, chance = Person(), random.Random(1)
    tab = opened(person)
    for step in range(180):
        tab.play(step * 10.0, step * 10.0 + 10.0, NOON + 1 + step * 10)
        tab.tell(NOON + 11 + step * 10, late_s=chance.uniform(0.01, 1.5))
    assert person.seconds == pytest.approx(1800, abs=1)


def test_double_speed_counts_what_was_seen() -> None:
    person = Person()
    tab = opened(person)
    tab.tell(tab.play(0, 60, NOON + 1, rate=2.0))
    assert person.seconds == pytest.approx(60, abs=0.5)


def test_the_same_again_and_the_same_beacon_again_add_nothing() -> None:
    person = Person()
    tab = opened(person)
    tab.tell(tab.play(100, 130, NOON + 1))
    tab.tell(tab.play(100, 130, NOON + 40))
    assert person.seconds == pytest.approx(30, abs=0.1)
    repeated = Beacon("tab-one-1", 34.0, 130.0, (Stretch(100, 130, 4.0, 34.0),))
    assert not person.hear(repeated, NOON + 90).is_latest
    assert person.seconds == pytest.approx(30, abs=0.1)


def test_the_last_two_messages_of_a_page_that_is_left_may_overtake_each_other() -> None:
    person = Person()
    tab = opened(person)
    first = Beacon(tab.name, 13.0, 10.0, (Stretch(0, 10, 3.0, 13.0),))
    last = Beacon(tab.name, 13.2, 10.1, (Stretch(10, 10.1, 13.0, 13.1),))
    assert person.hear(last, NOON + 10.3).is_latest
    assert not person.hear(first, NOON + 10.3).is_latest
    assert person.seconds == pytest.approx(10.1, abs=0.01)


def test_of_two_tabs_side_by_side_one_counts() -> None:
    person = Person()
    first, second = opened(person), opened(person, "tab-two-2")
    for step in range(6):
        first.play(step * 10.0, step * 10.0 + 10, NOON + 1 + step * 10)
        second.play(600 + step * 10.0, 610 + step * 10.0, NOON + 1 + step * 10)
        assert not first.tell(NOON + 11 + step * 10).elsewhere
        assert second.tell(NOON + 11 + step * 10, late_s=0.3).elsewhere
    assert person.seconds == pytest.approx(60, abs=2)


def test_two_devices_one_after_the_other_are_joined() -> None:
    person = Person()
    phone, desk = opened(person, "phone-of-1"), opened(person, "desk-of-1", NOON + 2)
    phone.tell(phone.play(0, 40, NOON + 3))
    desk.tell(desk.play(30, 90, NOON + 50))
    assert person.coverage == ((pytest.approx(0, abs=0.1), pytest.approx(90, abs=0.1)),)


def test_a_computer_that_slept_goes_on_counting_and_its_sleep_counts_nothing() -> None:
    person = Person()
    tab = opened(person)
    tab.tell(tab.play(0, 20, NOON + 1))
    tab.zero_s += 5_000.0  # its clock stood still meanwhile
    tab.tell(tab.play(20, 50, NOON + 5_021))
    assert person.seconds == pytest.approx(50, abs=0.5)


def test_what_was_watched_without_a_network_is_told_later() -> None:
    person = Person()
    tab = opened(person)
    for step in range(9):
        tab.play(step * 10.0, step * 10.0 + 10, NOON + 1 + step * 10)
    tab.tell(NOON + 92)
    assert person.seconds == pytest.approx(90, abs=0.5)


@pytest.mark.parametrize("jump_s", [3_600.0, -86_400.0])
def test_a_jump_of_the_servers_clock_costs_a_second_at_most(jump_s: float) -> None:
    person = Person()
    tab = opened(person)
    tab.tell(tab.play(0, 30, NOON + 1))
    tab.zero_s += jump_s
    for step in range(3):
        began_s = NOON + jump_s + 31 + step * 10
        tab.tell(tab.play(30 + step * 10.0, 40 + step * 10.0, began_s))
    assert person.seconds == pytest.approx(60, abs=1)


def test_more_than_the_time_that_passed_is_not_believed() -> None:
    person = Person()
    tab = opened(person)
    tab.told.append(Stretch(0, 3_600, 3.0, 13.0))  # an hour in ten seconds
    tab.tell(NOON + 10)
    assert person.seconds <= 2 * 10.5
    forger = Person()
    forger.hear(Beacon("forged-one", 5_000.0, 3_600.0, (Stretch(0, 3_600, 1_000.0, 4_600.0),)), NOON)
    assert forger.seconds <= 1  # it has only just been opened
    forger.hear(Beacon("forged-one", 5_010.0, 3_600.0, (Stretch(0, 3_600, 1_000.0, 5_010.0),)), NOON + 10)
    assert forger.seconds <= 12


def test_nonsense_counts_nothing() -> None:
    person = Person()
    tab = opened(person)
    tab.told += [Stretch(50, 40, 3, 9), Stretch(10, 20, 9, 3), Stretch(5_000, 6_000, 3, 9), Stretch(0, 10, 900, 910)]
    tab.tell(NOON + 10)
    assert person.seconds == 0


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_a_script_of_seeks_speeds_and_pauses_is_counted_to_the_second(seed: int) -> None:
    chance, person = random.Random(seed), Person()
    tabs = [opened(person), opened(person, "tab-two-2")]
    truth: list[Span] = []
    told_at = [NOON, NOON]
    now = NOON + 1
    for _ in range(chance.randint(1, 30)):
        tab, rate = chance.choice(tabs), chance.choice((0.5, 1.0, 1.25, 2.0))
        from_s = chance.uniform(0, LENGTH_S - 50)
        to_s = from_s + chance.uniform(0.3, 40)
        now = tab.play(from_s, to_s, now, rate)
        truth.append((from_s, to_s))
        for place, each in enumerate(tabs):  # what is told later than LATE_S is lost, and that is another test
            if (each is tab and chance.random() < 0.9) or now - told_at[place] > LATE_S - 150:
                each.tell(now, late_s=chance.uniform(0.0, 0.4))
                told_at[place] = now
        now += chance.uniform(0.5, 20)
    for tab in tabs:
        tab.tell(now)
    assert person.seconds == pytest.approx(total_s(united(truth)), abs=2)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_spans_are_sets_of_seconds(spans: list[tuple[int, int]], span: tuple[int, int]) -> None:
    def seconds(found: list[tuple[float, float]] | tuple[Span, ...]) -> set[int]:
        return {second for begin, end in found for second in range(int(begin), int(end))}

    taken = united(spans)
    assert seconds(taken) == {second for begin, end in spans for second in range(begin, end)}
    assert seconds(without(span, taken)) == set(range(*span)) - seconds(taken)


def watched(seconds: float, cuts: tuple[Span, ...] = ()) -> Watched:
    start = Watched(RecordingId("r"), PersonId("p"), CourseId("c"), LessonId("l"), 100.0)
    return watch_on(start, [(0.0, seconds)], seconds, 100.0, cuts, datetime.fromtimestamp(NOON, UTC))


def test_all_of_it_is_95_percent_of_what_is_shown() -> None:
    assert not watched(94.9).is_full
    assert watched(95.0).is_full
    assert watched(57.0, ((0.0, 20.0), (80.0, 100.0))).share == pytest.approx(37 / 60)
    assert watched(79.0, ((0.0, 20.0), (80.0, 100.0))).is_full
    assert shown_s([(0, 100)], [(10, 20), (15, 30)]) == 80


def test_one_goes_on_where_one_left_off_but_not_in_the_last_seconds() -> None:
    assert (watched(40.0).resumes_at_s, watched(9.0).resumes_at_s, watched(95.0).resumes_at_s) == (40.0, None, None)


def test_a_replay_makes_up_for_a_lesson_where_the_course_allows_it_and_in_time() -> None:
    ended = datetime.fromtimestamp(NOON, UTC) - timedelta(days=10)
    assert make_up(watched(99.0), MakeUpRule(), ended) == 0
    assert make_up(watched(99.0), MakeUpRule(allowed=True, weight=0.5), ended) == 0.5
    assert make_up(watched(99.0), MakeUpRule(allowed=True, within_days=7), ended) == 0
    assert make_up(watched(99.0), MakeUpRule(allowed=True, within_days=None), ended) == 1
    assert make_up(watched(50.0), MakeUpRule(allowed=True), ended) == make_up(None, MakeUpRule(allowed=True), ended) == 0
