"""Series with exceptions, and what overlaps."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.errors import Invalid
from classroom.timetable import Series, overlaps, weekday_numbers
from tests.classroom.making import START, make_lesson

MONDAY = date(2026, 11, 23)


def test_a_series_meets_on_its_days_but_not_on_holidays() -> None:
    series = Series(MONDAY, frozenset({0, 2}), time(19), time(21), 4, frozenset({date(2026, 11, 25)}))
    assert [(start.date().isoformat(), f"{start:%H:%M}", f"{end:%H:%M}") for start, end in series.times()] == [
        (day, "19:00", "21:00") for day in ("2026-11-23", "2026-11-30", "2026-12-02", "2026-12-07")
    ]


@given(
    st.dates(date(2024, 1, 1), date(2040, 1, 1)),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(1, 60),
    st.frozensets(st.integers(0, 100), max_size=20),
)
def test_a_series_has_as_many_lessons_as_asked_for_in_order(
    first: date, days: frozenset[int], count: int, off: frozenset[int]
) -> None:
    without = frozenset(first + timedelta(days=back) for back in off)
    times = Series(first, days, time(10), time(12), count, without).times()
    assert len(times) == count
    assert times == sorted(times)
    assert all(start.date() not in without and start.weekday() in days and start.date() >= first for start, _ in times)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"weekdays": frozenset()}, "series-wrong"), ({"count": 201}, "series-wrong"), ({"ends": time(19)}, "times-wrong")],
)
def test_a_series_that_cannot_be_is_refused(changes: dict[str, object], code: str) -> None:
    fields: dict[str, object] = {
        "first": MONDAY,
        "weekdays": frozenset({0}),
        "begins": time(19),
        "ends": time(21),
        "count": 3,
    }
    with pytest.raises(Invalid) as refused:
        Series(**(fields | changes)).times()  # type: ignore[arg-type]
    assert refused.value.code == code


def test_lessons_overlap_when_both_take_place_at_one_moment() -> None:
    one = make_lesson()
    touching = make_lesson(starts_at=one.ends_at, ends_at=one.ends_at + timedelta(hours=1))
    inside = make_lesson(starts_at=START + timedelta(minutes=30), ends_at=START + timedelta(minutes=40))
    assert overlaps([one], [touching, inside]) == [(one, inside)]


def test_only_days_of_the_week_are_taken_from_a_form() -> None:
    assert weekday_numbers(["0", "6", "7", "x", ""]) == frozenset({0, 6})
