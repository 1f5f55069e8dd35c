"""From when on personal data is too old: whole days in Korea, and never less than the least of its kind."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.retention import LONGEST_DAYS, RULES, Kind, cutoff, day_of

MORNING = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
"""The 29th, 08:30, in Korea."""


def test_the_day_is_koreas() -> None:
    assert day_of(MORNING).isoformat() == "2026-11-29"
    assert cutoff(Kind.MAILS, 90, MORNING) == datetime(2026, 11, 28, 15, tzinfo=UTC) - timedelta(days=90)
    evening = datetime(2026, 11, 29, 14, 59, tzinfo=UTC)
    assert cutoff(Kind.MAILS, 90, evening) == cutoff(Kind.MAILS, 90, MORNING), "one run a day finds all of the day"
    assert cutoff(Kind.MAILS, 90, evening + timedelta(minutes=1)) == cutoff(Kind.MAILS, 90, MORNING) + timedelta(days=1)


@pytest.mark.parametrize("kind", Kind)
def test_no_setting_goes_below_the_least(kind: Kind) -> None:
    assert RULES[kind].least_days <= RULES[kind].default_days <= LONGEST_DAYS
    assert cutoff(kind, 0, MORNING) == cutoff(kind, RULES[kind].least_days, MORNING)


def test_the_access_log_is_kept_two_years_leap_day_or_not() -> None:
    for year in range(2026, 2034):
        today = datetime(year, 3, 1, tzinfo=UTC)
        assert cutoff(Kind.ACCESS_LOG, 1, today) < today.replace(year=year - 2)
