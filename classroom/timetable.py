"""Series of lessons and what overlaps with what (pure)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Protocol, TypeVar

from classroom.errors import Invalid

SEOUL = timezone(timedelta(hours=9), "KST")
MOST = 200
"""Lessons of one series: more is a typing mistake."""


@dataclass(frozen=True, slots=True)
class Series:
    """The same hours on the same days of the week, a number of times, but not on the days left out."""

    first: date
    weekdays: frozenset[int]
    """0 is Monday."""
    begins: time
    ends: time
    count: int
    without: frozenset[date] = frozenset()

    def times(self) -> list[tuple[datetime, datetime]]:
        """Beginning and end of each lesson. Raises Invalid: "times-wrong", "series-wrong" (no day fits, or far too many)."""
        if self.ends <= self.begins:
            raise Invalid("times-wrong", field="ends")
        if not self.weekdays or not 1 <= self.count <= MOST:
            raise Invalid("series-wrong", field="weekdays" if not self.weekdays else "count", most=MOST)
        found: list[tuple[datetime, datetime]] = []
        for back in range(7 * (self.count + len(self.without) + 1)):
            day = self.first + timedelta(days=back)
            if day.weekday() in self.weekdays and day not in self.without:
                found.append((datetime.combine(day, self.begins, SEOUL), datetime.combine(day, self.ends, SEOUL)))
            if len(found) == self.count:
                return found
        raise Invalid("series-wrong", field="count", most=MOST)


class Timed(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


A = TypeVar("A", bound=Timed)
B = TypeVar("B", bound=Timed)


def overlaps(mine: Iterable[A], theirs: Sequence[B]) -> list[tuple[A, B]]:
    """Pairs that take place at the same time; one that begins when another ends does not."""
    return [(one, two) for one in mine for two in theirs if one.starts_at < two.ends_at and two.starts_at < one.ends_at]


def weekday_numbers(typed: Collection[str]) -> frozenset[int]:
    return frozenset(int(each) for each in typed if each in {"0", "1", "2", "3", "4", "5", "6"})
