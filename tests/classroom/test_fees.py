"""What comes back of a fee, by the class time that is over."""

from datetime import timedelta

import pytest

from classroom.fees import elapsed, refund_won
from tests.classroom.making import START

LESSONS = [(START + timedelta(days=7 * week), START + timedelta(days=7 * week, hours=2)) for week in range(6)]


@pytest.mark.parametrize(
    ("days", "hours", "won"),
    [
        (-1, 0, 30_000),
        (0, 0, 20_000),  # it has begun
        (7, 1.9, 20_000),
        (7, 2, 15_000),  # a third is over
        (14, 1.9, 15_000),
        (14, 2, 0),  # half is over
        (60, 0, 0),
    ],
)
def test_the_table_of_refunds(days: float, hours: float, won: int) -> None:
    assert refund_won(30_000, LESSONS, START + timedelta(days=days, hours=hours)) == won


def test_odd_won_are_rounded_for_the_learner_and_a_course_without_lessons_gives_all_back() -> None:
    assert refund_won(10_000, LESSONS, START + timedelta(minutes=1)) == 6_667
    assert refund_won(10_000, [], START) == 10_000
    assert elapsed([], START) == 0
