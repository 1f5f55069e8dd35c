"""Who earns a certificate, its number, and the data frozen on it."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from classroom.attendance import Verdict
from classroom.courses import Course, Lesson
from classroom.history import SEOUL
from classroom.municipalities import Municipality
from classroom.people import CertificateId, CourseId, MunicipalityCode, PersonId
from classroom.rules import CompletionRule
from classroom.texts import Text

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ATTENDED = frozenset({Verdict.PRESENT, Verdict.LATE, Verdict.LEFT_EARLY, Verdict.EXCUSED})
STRIKES = frozenset({Verdict.LATE, Verdict.LEFT_EARLY})


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed. Frozen at issue: a renamed course or person changes no certificate."""

    number: str
    """제 2026-수원-000123 호"""
    name: str
    course: Text
    begins_on: date
    """In Seoul, like all dates on paper."""
    ends_on: date
    hours: float
    """Of lessons held, and of the items that had to be watched."""
    lessons: int
    lessons_attended: int
    municipality: Text
    issued_on: date
    seal: str = ""
    """Mark of the seal it carries; empty: one drawn from the municipality's name."""

    def to_json(self) -> dict[str, Any]:
        fields = asdict(self)
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Paper":
        dates = {name: date.fromisoformat(fields[name]) for name in ("begins_on", "ends_on", "issued_on")}
        texts = {name: Text(**fields[name]) for name in ("course", "municipality")}
        return cls(**(fields | dates | texts))


@dataclass(frozen=True, slots=True)
class Certificate:
    id: CertificateId
    code: str
    """For verification: 12 characters, shown as ABCD-EFGH-JKLM."""
    municipality: MunicipalityCode
    course: CourseId
    person: PersonId
    issued_at: datetime
    paper: Paper
    revoked_at: datetime | None = None
    revoked_reason: str | None = None

    @property
    def shown_code(self) -> str:
        return "-".join(self.code[i : i + 4] for i in (0, 4, 8))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is in a course."""

    lessons: int
    held: int
    attended: int
    """Lessons, after late arrivals were turned into absences."""
    share: float
    """Attended of all lessons."""
    is_over: bool
    """Every lesson was held."""
    is_earned: bool


def progress(verdicts: Sequence[Verdict | None], rule: CompletionRule, made_up: int = 0) -> Progress:
    """From one entry per lesson, None for one not held yet; `made_up`: missed ones whose replay was watched."""
    held = [verdict for verdict in verdicts if verdict is not None]
    attended = sum(verdict in ATTENDED for verdict in held)
    if rule.strikes_per_absence:
        attended -= sum(verdict in STRIKES for verdict in held) // rule.strikes_per_absence
    credit = attended + rule.makeup_weight * made_up
    share = min(1.0, credit / len(verdicts)) if verdicts else 0.0
    is_over = bool(verdicts) and len(held) == len(verdicts)
    # Whole numbers are compared, so that 4 of 5 meets 0.8 in spite of binary fractions.
    is_enough = credit > 0 and round(credit, 9) >= round(rule.minimum_share * len(verdicts), 9)
    return Progress(len(verdicts), len(held), attended, share, is_over, is_over and is_enough)


def number_text(year: int, municipality: Municipality, number: int) -> str:
    return f"제 {year}-{municipality.short}-{number:06d} 호"


def new_code() -> str:
    """60 random bits without letters that look alike."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(12))


def plain_code(typed: str) -> str:
    """A code as somebody typed it, with or without hyphens, in any case."""
    return "".join(c for c in typed.upper() if c.isalnum())[:32]


def paper(
    number: int,
    municipality: Municipality,
    course: Course,
    lessons: Sequence[Lesson],
    name: str,
    found: Progress,
    now: datetime,
    seal: str = "",
    items_s: float = 0.0,
) -> Paper:
    """Freeze the data of one certificate. Hours are those in the timetable, and the length of the items it asks for."""
    issued_on = now.astimezone(SEOUL).date()
    return Paper(
        number=number_text(issued_on.year, municipality, number),
        name=name,
        course=course.title,
        begins_on=min((lesson.starts_at for lesson in lessons), default=course.applies_from).astimezone(SEOUL).date(),
        ends_on=max((lesson.ends_at for lesson in lessons), default=now).astimezone(SEOUL).date(),
        hours=round((sum((each.ends_at - each.starts_at).total_seconds() for each in lessons) + items_s) / 3600, 1),
        lessons=found.lessons,
        lessons_attended=found.attended,
        municipality=municipality.name,
        issued_on=issued_on,
        seal=seal,
    )
