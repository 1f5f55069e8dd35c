"""What the province and its municipalities count: enrolments, attendance, hours, certificates by month and field (pure).

Figures are added up once an hour into a small table: a page never counts two million attendance rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from classroom.people import MunicipalityCode


class Measure(StrEnum):
    """What a chart shows."""

    ENROLMENTS = "enrolments"
    ATTENDANCE = "attendance"
    HOURS = "hours"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over whatever was added up."""

    enrolments: int = 0
    """Seats taken, in the month they were applied for."""
    judged: int = 0
    """Verdicts of present, late, left early or absent, in the month of the lesson; an excuse counts neither way."""
    attended: int = 0
    """Those of them that are not absences."""
    seconds: float = 0.0
    """Present in lessons."""
    certificates: int = 0
    """Issued in the month and not revoked."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Tally)))

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def attendance(self) -> float | None:
        """Share of 0–1; None when nothing was judged."""
        return self.attended / self.judged if self.judged else None

    def of(self, measure: Measure) -> float | None:
        """None: cannot be said."""
        match measure:
            case Measure.ENROLMENTS:
                return self.enrolments
            case Measure.ATTENDANCE:
                return self.attendance
            case Measure.HOURS:
                return self.hours
            case Measure.CERTIFICATES:
                return self.certificates


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One municipality, month and field."""

    municipality: MunicipalityCode
    month: str
    """2026-11, in Korea."""
    category: str
    tally: Tally


def total(rows: Iterable[FigureRow]) -> Tally:
    return sum((row.tally for row in rows), Tally())


def group(rows: Iterable[FigureRow], key: Callable[[FigureRow], str]) -> dict[str, Tally]:
    """Sums by `key`, in the order the keys first come."""
    sums: dict[str, Tally] = {}
    for row in rows:
        name = key(row)
        sums[name] = sums.get(name, Tally()) + row.tally
    return sums


def months_of(year: int) -> list[str]:
    return [f"{year}-{month:02}" for month in range(1, 13)]
