"""What the timetable says about now."""

from datetime import timedelta

import pytest

from classroom.courses import OVERTIME, checked_slug
from classroom.errors import Invalid
from tests.classroom.making import END, START, at, make_lesson


def test_a_lesson_nobody_led_follows_the_timetable() -> None:
    lesson = make_lesson()
    assert [lesson.state(now) for now in (at(0, -1), START, at(119), END)] == ["scheduled", "live", "live", "ended"]


def test_an_instructor_who_comes_early_makes_it_live() -> None:
    assert make_lesson(started_at=at(-20)).state(at(-19)) == "live"


def test_a_led_lesson_goes_on_until_it_is_ended() -> None:
    lesson = make_lesson(started_at=START)
    assert lesson.state(END + OVERTIME - timedelta(seconds=1)) == "live"
    assert lesson.state(END + OVERTIME) == "ended"


def test_ending_it_early_ends_it() -> None:
    assert make_lesson(started_at=START, ended_at=at(5)).state(at(5)) == "ended"


@pytest.mark.parametrize("slug", ["a", "smartphone-photo", "2026-spring", "a" * 64])
def test_good_addresses(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "한글", "a b", "a/b", "..", "a" * 65, "a\n"])
def test_bad_addresses(slug: str) -> None:
    with pytest.raises(Invalid, match="slug-invalid"):
        checked_slug(slug)
