"""The monthly review of who looked at personal data: a summary by staff, and a signature under it (pure)."""

import re
from dataclasses import dataclass
from datetime import datetime

from classroom.people import MunicipalityCode, PersonId

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class StaffLooks:
    """What one member of staff did in a month."""

    actor: PersonId | None
    """None: the operator at the command line."""
    name: str | None
    looks: int
    people: int
    """Different people looked at."""
    downloads: int
    addresses: int
    """Different network addresses it came from."""
    by_night: int
    """Looks between 22:00 and 06:00 in Korea."""


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody signed: I have looked through this month."""

    municipality: MunicipalityCode | None
    """None: the whole log, by the province."""
    month: str
    reviewer_name: str
    at: datetime
    note: str
    rows: int
    """Rows of the month when it was signed."""
    is_whole: bool
    """False: the last row it was signed over is no longer in the log."""


def is_month(word: str) -> bool:
    """2026-11"""
    return _MONTH.fullmatch(word) is not None


def month_before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"
