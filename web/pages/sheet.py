"""The attendance sheet's bars: presence intervals → shares of the lesson's time line (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classroom.people import PersonId
from classroom.queries.lessons import SheetPage, SheetRow


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time line, in percent of its length."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class BarRow:
    row: SheetRow
    stretches: tuple[Stretch, ...]
    share: int
    """Presence in percent of the time that has passed."""


def sheet_rows(page: SheetPage, now: datetime) -> list[BarRow]:
    length_s = max(1.0, (page.end - page.begin).total_seconds())
    passed_s = max(1.0, (min(now, page.end) - page.begin).total_seconds())
    rows = []
    for row in page.rows:
        stretches = tuple(
            Stretch(
                round((each.begin - page.begin).total_seconds() / length_s * 100, 3),
                max(0.25, round(each.seconds / length_s * 100, 3)),
            )
            for each in row.attendance.intervals
        )
        share = round(min(1.0, row.attendance.minutes * 60 / passed_s) * 100)
        rows.append(BarRow(row, stretches, share))
    return rows


def sheet_json(page: SheetPage, now: datetime, checks: Mapping[PersonId, tuple[int, int]]) -> dict[str, Any]:
    """The same for the page's script. `checks`: person → (answered, asked)."""
    length_s = max(1.0, (page.end - page.begin).total_seconds())
    elapsed = (now - page.begin).total_seconds() / length_s * 100
    return {
        "final": page.is_final,
        "now": None if page.is_final else round(min(100.0, max(0.0, elapsed)), 2),
        "rows": [
            {
                "person": bar.row.attendance.person,
                "minutes": round(bar.row.attendance.minutes),
                "share": bar.share,
                "verdict": str(bar.row.verdict),
                "here": bar.row.attendance.here,
                "checks": list(checks.get(bar.row.attendance.person, ())),
                "stretches": [[each.start, each.width] for each in bar.stretches],
            }
            for bar in sheet_rows(page, now)
        ],
    }
