"""What facts come to: intervals, minutes, verdicts."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.attendance import (
    Interval,
    Presence,
    Verdict,
    cut,
    judge,
    judge_live,
    sheet,
    total_s,
    united,
    window,
)
from classroom.events import Fact
from classroom.people import PersonId
from classroom.rules import AttendanceRule
from tests.classroom.making import END, START, at, ended, joined, left, make_lesson, seen, started

ME = PersonId("resident")
RULE = AttendanceRule()


def mine(*facts: Fact, now: datetime | None = None) -> list[Interval]:
    return Presence.of(facts).intervals(now)[ME]


def verdict(*facts: Fact, **lesson: object) -> Verdict:
    found = Presence.of(facts)
    whole = make_lesson(started_at=found.started_at, ended_at=found.ended_at) if not lesson else make_lesson(**lesson)
    return judge(found.intervals()[ME], window(whole), RULE)


# -- intervals --------------------------------------------------------------------------------------------------------


def test_a_stay_is_one_interval() -> None:
    assert mine(joined(at(1)), left(at(50))) == [Interval(at(1), at(50))]


def test_two_tabs_at_once_count_once() -> None:
    facts = [joined(at(0), "a"), joined(at(10), "b"), left(at(30), "a"), left(at(40), "b")]
    assert mine(*facts) == [Interval(at(0), at(40))]


def test_coming_back_with_another_device_leaves_the_gap() -> None:
    facts = [joined(at(0), "a"), left(at(10), "a"), joined(at(12), "b"), left(at(20), "b")]
    assert mine(*facts) == [Interval(at(0), at(10)), Interval(at(12), at(20))]


def test_the_same_peer_joining_again_after_leaving_leaves_the_gap() -> None:
    assert mine(joined(at(0)), left(at(5)), joined(at(5, 10)), left(at(9))) == [
        Interval(at(0), at(5)),
        Interval(at(5, 10), at(9)),
    ]


def test_who_was_never_seen_leaving_was_there_until_the_last_proof_of_life() -> None:
    facts = [joined(at(0)), *(seen(at(0, 4 * i)) for i in range(1, 20))]
    assert mine(*facts) == [Interval(at(0), at(0, 76))]


def test_a_crash_of_the_server_shorter_than_thirty_seconds_is_not_an_absence() -> None:
    facts = [joined(at(0)), seen(at(0, 4)), joined(at(0, 30)), left(at(5))]
    assert mine(*facts) == [Interval(at(0), at(5))]


def test_a_crash_longer_than_thirty_seconds_is_a_gap() -> None:
    facts = [joined(at(0)), seen(at(0, 4)), joined(at(0, 40)), left(at(5))]
    assert mine(*facts) == [Interval(at(0), at(0, 4)), Interval(at(0, 40), at(5))]


def test_a_peer_seen_again_after_the_crash_without_joining_is_there() -> None:
    facts = [joined(at(0)), seen(at(0, 4)), seen(at(2)), seen(at(2, 4))]
    assert mine(*facts) == [Interval(at(0), at(0, 4)), Interval(at(2), at(2, 4))]


def test_a_leave_is_dated_at_the_last_proof_of_life_also_when_seen_says_later() -> None:
    facts = [joined(at(0)), seen(at(3, 2)), left(at(3))]
    assert mine(*facts) == [Interval(at(0), at(3))]


def test_being_seen_after_leaving_does_not_bring_anybody_back() -> None:
    assert mine(joined(at(0)), left(at(3)), seen(at(3, 2)), seen(at(3, 6))) == [Interval(at(0), at(3))]


def test_alive_just_before_the_end_is_there_until_the_end() -> None:
    assert mine(joined(at(0)), seen(at(59, 56)), ended(at(60)))[-1].end == at(60)


def test_silent_long_before_the_end_is_not_there_until_the_end() -> None:
    assert mine(joined(at(0)), seen(at(0, 20)), ended(at(60))) == [Interval(at(0), at(0, 20))]


def test_while_class_runs_who_was_just_seen_is_in_until_now() -> None:
    facts = [joined(at(0)), *(seen(at(0, 4 * i)) for i in range(1, 20))]
    assert mine(*facts, now=at(0, 80)) == [Interval(at(0), at(0, 80))]
    assert mine(*facts, now=at(2)) == [Interval(at(0), at(0, 76))]


def test_here_is_who_gave_proof_of_life_just_now() -> None:
    presence = Presence.of([joined(at(0), "a", "ann"), joined(at(0), "b", "bob"), seen(at(1), "a"), left(at(1), "b", "bob")])
    assert presence.here(at(1, 5)) == {PersonId("ann")}
    assert presence.here(at(2)) == set()


def test_facts_about_peers_nobody_knows_change_nothing() -> None:
    assert Presence.of([seen(at(1), "ghost"), left(at(2), "ghost")]).intervals() == {}


# -- the window -------------------------------------------------------------------------------------------------------


def test_the_window_is_the_timetable_when_class_ran_by_it() -> None:
    frame = window(make_lesson(started_at=at(-10), ended_at=END + timedelta(minutes=9)))
    assert frame.counted == frame.taught == Interval(START, END)


def test_an_early_end_shortens_the_window() -> None:
    assert window(make_lesson(started_at=START, ended_at=at(90))).counted == Interval(START, at(90))


def test_a_late_instructor_shortens_what_is_judged_but_waiting_is_counted() -> None:
    frame = window(make_lesson(started_at=at(20), ended_at=END))
    assert (frame.counted.begin, frame.taught.begin) == (START, at(20))


def test_a_class_of_two_minutes_inside_two_hours_is_judged_by_its_two_minutes() -> None:
    facts = [started(at(15)), joined(at(15, 5)), left(at(17)), ended(at(17))]
    assert verdict(*facts) is Verdict.PRESENT


def test_half_of_a_class_of_two_minutes_is_not_enough_when_it_is_less_than_half() -> None:
    facts = [started(at(15)), joined(at(15, 5)), left(at(15, 50)), ended(at(17))]
    assert verdict(*facts) is Verdict.ABSENT


def test_a_class_started_and_ended_before_its_time_counts_as_it_was_held() -> None:
    facts = [started(at(-30)), joined(at(-29)), left(at(-10)), ended(at(-10))]
    assert verdict(*facts) is Verdict.PRESENT
    assert window(make_lesson(started_at=at(-30), ended_at=at(-10))).counted == Interval(at(-30), at(-10))


def test_a_class_begun_after_its_scheduled_end_counts_as_it_was_held() -> None:
    frame = window(make_lesson(started_at=at(130), ended_at=at(140)))
    assert frame.counted == frame.taught == Interval(at(130), at(140))


def test_a_class_that_never_ended_is_over_at_its_scheduled_end() -> None:
    assert window(make_lesson(started_at=START)).counted == Interval(START, END)


# -- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (-14, 121, Verdict.PRESENT),
        (10, 120, Verdict.PRESENT),
        (10.1, 120, Verdict.LATE),
        (0, 105, Verdict.PRESENT),
        (0, 104.9, Verdict.LEFT_EARLY),
        (59, 120, Verdict.LATE),
        (61, 120, Verdict.ABSENT),
        (0, 59, Verdict.ABSENT),
        (-14, -1, Verdict.ABSENT),
    ],
)
def test_the_standard_rule(begin: float, end: float, expected: Verdict) -> None:
    assert verdict(started(START), joined(at(begin)), left(at(end)), ended(END)) is expected


def test_nobody_is_late_for_a_later_instructor() -> None:
    assert verdict(started(at(30)), joined(at(35)), left(END), ended(END)) is Verdict.PRESENT


def test_a_look_in_before_class_is_not_an_entry() -> None:
    facts = [started(START), joined(at(-14)), left(at(-10)), joined(at(25), "b"), left(END, "b"), ended(END)]
    assert verdict(*facts) is Verdict.LATE


def test_a_gap_in_the_middle_is_forgiven_when_enough_remains() -> None:
    facts = [started(START), joined(at(0)), left(at(40)), joined(at(70), "b"), left(END, "b"), ended(END)]
    assert verdict(*facts) is Verdict.PRESENT


def test_live_nobody_is_absent_who_can_still_be_on_time() -> None:
    frame = window(make_lesson(started_at=START), at(9))
    assert judge_live([], False, frame, RULE, at(9)) is Verdict.EXPECTED
    assert judge_live([], False, frame, RULE, at(11)) is Verdict.ABSENT
    assert judge_live([Interval(at(30), at(31))], True, frame, RULE, at(31)) is Verdict.LATE
    assert judge_live([Interval(at(0), at(20))], False, frame, RULE, at(31)) is Verdict.LEFT_EARLY
    assert judge_live([Interval(at(0), at(31))], True, frame, RULE, at(31)) is Verdict.PRESENT


# -- the sheet --------------------------------------------------------------------------------------------------------


def test_the_sheet_lists_everybody_enrolled_and_every_learner_who_was_in_but_nobody_who_looked_on() -> None:
    facts = [
        started(START),
        joined(at(0), "a", "ann"),
        joined(at(0), "g", "guest"),
        joined(at(0), "v", "official", "viewer"),
        joined(at(0), "i", "teacher", "instructor"),
        ended(END),
    ]
    rows = sheet(make_lesson(started_at=START, ended_at=END), RULE, Presence.of(facts), {PersonId("bob"): "Bob"}, None)
    assert [row.person for row in rows] == ["bob", "ann", "guest"]


def test_minutes_are_cut_to_the_window() -> None:
    facts = [started(at(-5)), joined(at(-5)), left(at(125)), ended(at(125))]
    found = Presence.of(facts)
    rows = sheet(make_lesson(started_at=at(-5), ended_at=at(125)), RULE, found, {}, None)
    assert rows[0].minutes == 120.0


# -- properties -------------------------------------------------------------------------------------------------------

seconds = st.integers(min_value=0, max_value=7_200)


@st.composite
def stays(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """(peer, second of joining, second of leaving): any number of peers, each with disjoint stays more than 30 s apart."""
    result = []
    for peer in range(draw(st.integers(1, 4))):
        clock = draw(seconds)
        for _ in range(draw(st.integers(0, 4))):
            length, pause = draw(st.integers(1, 1_800)), draw(st.integers(1, 900))
            result.append((f"p{peer}", clock, clock + length))
            clock += length + pause
    return result


def scripted(plan: list[tuple[str, int, int]], lost: set[int] = frozenset()) -> list[Fact]:  # type: ignore[assignment]
    """As a room publishes it: proofs of life every 4 s; of stays in `lost` no leave arrives."""
    facts = []
    for number, (peer, begin, end) in enumerate(plan):
        facts += [joined(at(0, begin), peer), *(seen(at(0, second), peer) for second in range(begin + 4, end, 4))]
        if number not in lost:
            facts.append(left(at(0, end), peer))
    return facts


def covered(plan: list[tuple[str, int, int]]) -> set[int]:
    return {second for _, begin, end in plan for second in range(begin, end)}


@given(stays())
@settings(max_examples=150, deadline=None)
def test_presence_is_exactly_the_union_of_what_happened(plan: list[tuple[str, int, int]]) -> None:
    found = Presence.of(scripted(plan)).intervals().get(ME, [])
    assert total_s(found) == len(covered(plan))


@given(stays(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_and_repetition_change_nothing(plan: list[tuple[str, int, int]], random: object) -> None:
    facts = scripted(plan)
    again = [each for each in facts for _ in range(2)]
    # Facts of one moment and one peer keep their order, as the log does.
    assert Presence.of(sorted(again, key=lambda each: each.at)).intervals() == Presence.of(facts).intervals()
    moments: dict[datetime, list[Fact]] = {}
    for each in facts:
        moments.setdefault(each.at, []).append(each)
    groups = list(moments.values())
    random.shuffle(groups)  # type: ignore[attr-defined]
    assert Presence.of([each for group in groups for each in group]).intervals() == Presence.of(facts).intervals()


@given(stays(), st.sets(st.integers(0, 15)))
@settings(max_examples=100, deadline=None)
def test_a_lost_leave_costs_at_most_the_time_between_two_proofs_of_life(plan: list[tuple[str, int, int]], lost: set[int]) -> None:
    """Of the last stay of each peer (an earlier one whose leave is lost and which resumes within 30 s is one stay)."""
    last = {peer: number for number, (peer, _, _) in enumerate(plan)}
    mislaid = lost & set(last.values())
    found = total_s(Presence.of(scripted(plan, mislaid)).intervals().get(ME, []))
    assert len(covered(plan)) - 4 * len(mislaid) <= found <= len(covered(plan))


@given(st.lists(st.tuples(seconds, seconds)), seconds, seconds)
@settings(deadline=None)
def test_union_and_cut_keep_time_disjoint_ordered_and_inside(pairs: list[tuple[int, int]], a: int, b: int) -> None:
    frame = Interval(at(0, min(a, b)), at(0, max(a, b)))
    pieces = cut(united(Interval(at(0, begin), at(0, end)) for begin, end in pairs), frame)
    assert all(frame.begin <= piece.begin < piece.end <= frame.end for piece in pieces)
    assert all(first.end < second.begin for first, second in pairwise(pieces))
    inside = {second for begin, end in pairs for second in range(begin, end)} & set(range(min(a, b), max(a, b)))
    assert total_s(pieces) == len(inside)


@given(stays())
@settings(max_examples=80, deadline=None)
def test_the_live_sheet_at_the_end_agrees_with_the_final_one_on_minutes(plan: list[tuple[str, int, int]]) -> None:
    facts = [started(START), *scripted(plan)]
    lesson = make_lesson(started_at=START)
    over = END + timedelta(hours=3)
    live = sheet(lesson, RULE, Presence.of(facts), {ME: "me"}, over)
    final = sheet(lesson, RULE, Presence.of([*facts, ended(over)]), {ME: "me"}, None)
    assert live[0].minutes == final[0].minutes
