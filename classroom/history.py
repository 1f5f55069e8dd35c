"""What somebody has learned: courses by year, with the hours they were really there. Read only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from classroom.attendance import Verdict
from classroom.people import CertificateId, CourseId, LessonId, MunicipalityCode
from classroom.texts import Text

SEOUL = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class HistoryLesson:
    """One lesson that was held, and what it came to for this person."""

    lesson: LessonId
    number: int
    title: Text
    starts_at: datetime
    seconds: float
    """Present."""
    verdict: Verdict
    """With corrections applied."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One course of one person."""

    course: CourseId
    municipality: MunicipalityCode
    municipality_name: Text
    title: Text
    starts_at: datetime
    ends_at: datetime
    lessons: int
    lessons_held: int
    lessons_attended: int
    seconds: float
    """Present, over all lessons."""
    certificate: CertificateId | None
    certificate_number: str | None
    sheet: tuple[HistoryLesson, ...] = ()
    """Lesson by lesson, by number."""
    watched_s: float = 0.0
    """Unique, of the items the course gives to watch."""
    items: int = 0
    items_watched: int = 0

    @property
    def learned_s(self) -> float:
        """Present and watched."""
        return self.seconds + self.watched_s

    @property
    def hours(self) -> float:
        return round(self.learned_s / 3600, 1)


@dataclass(frozen=True, slots=True)
class HistoryYear:
    year: int
    """In Seoul, of the course's first lesson; without lessons, of the application."""
    entries: tuple[HistoryEntry, ...]
    """Latest first."""

    @property
    def hours(self) -> float:
        return round(sum(entry.learned_s for entry in self.entries) / 3600, 1)


@dataclass(frozen=True, slots=True)
class YearSum:
    """What a year came to, whether its courses are on the page or not."""

    year: int
    courses: int
    learned_s: float

    @property
    def hours(self) -> float:
        return round(self.learned_s / 3600, 1)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    year: int | None = None
    """Which year is open; it leaves out no other."""
    municipality: str | None = None
    certified: bool = False

    def fits(self, municipality: str, is_certified: bool) -> bool:
        return self.municipality in (None, municipality) and (is_certified or not self.certified)


def year_of(starts_at: datetime) -> int:
    return starts_at.astimezone(SEOUL).year


def sums_of(courses: Iterable[tuple[datetime, float]]) -> tuple[YearSum, ...]:
    """Of (begin, seconds learned) of each course; latest year first."""
    years: dict[int, list[float]] = {}
    for starts_at, learned_s in courses:
        years.setdefault(year_of(starts_at), []).append(learned_s)
    return tuple(YearSum(year, len(years[year]), sum(years[year])) for year in sorted(years, reverse=True))


def by_year(entries: Iterable[HistoryEntry]) -> list[HistoryYear]:
    """Latest year first."""
    years: dict[int, list[HistoryEntry]] = {}
    for entry in entries:
        years.setdefault(year_of(entry.starts_at), []).append(entry)
    return [
        HistoryYear(year, tuple(sorted(years[year], key=lambda entry: entry.starts_at, reverse=True)))
        for year in sorted(years, reverse=True)
    ]
