"""The learning-history statement (학습이력 확인서): all somebody has learned, in every municipality, on one paper."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, NewType

from classroom.history import SEOUL, HistoryYear
from classroom.people import PersonId
from classroom.texts import Text

StatementId = NewType("StatementId", str)
MAX_LINES = 2_000


@dataclass(frozen=True, slots=True)
class StatementLine:
    course: Text
    municipality: Text
    begins_on: date
    ends_on: date
    hours: float
    """Really present or watched."""
    lessons: int
    lessons_attended: int
    certificate: str
    """Its number; empty without one."""

    def to_json(self) -> dict[str, Any]:
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "StatementLine":
        dates = {name: date.fromisoformat(fields[name]) for name in ("begins_on", "ends_on")}
        texts = {name: Text(**fields[name]) for name in ("course", "municipality")}
        return cls(**(fields | dates | texts))


@dataclass(frozen=True, slots=True)
class Statement:
    id: StatementId
    code: str
    """For verification, as a certificate's."""
    person: PersonId
    issued_at: datetime
    name: str
    lines: tuple[StatementLine, ...]

    @property
    def shown_code(self) -> str:
        return "-".join(self.code[i : i + 4] for i in (0, 4, 8))

    @property
    def hours(self) -> float:
        return round(sum(line.hours for line in self.lines), 1)

    @property
    def issued_on(self) -> date:
        return self.issued_at.astimezone(SEOUL).date()


def lines_of(years: Sequence[HistoryYear]) -> tuple[StatementLine, ...]:
    """Courses in which there is something to state: a lesson attended, something watched, or a certificate."""
    return tuple(
        StatementLine(
            entry.title,
            entry.municipality_name,
            entry.starts_at.astimezone(SEOUL).date(),
            entry.ends_at.astimezone(SEOUL).date(),
            entry.hours,
            entry.lessons,
            entry.lessons_attended,
            entry.certificate_number or "",
        )
        for year in years
        for entry in year.entries
        if entry.lessons_attended or entry.watched_s or entry.certificate
    )[:MAX_LINES]
