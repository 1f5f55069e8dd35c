"""Adding up the figures, and keeping what was added up."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select

from classroom.attendance import Verdict
from classroom.enrolment import EnrolmentState
from classroom.figures import FigureRow, Tally
from classroom.store.figure_tables import figures
from classroom.store.repository import Repository
from classroom.store.tables import attendance, attendance_corrections, certificates, courses, enrolments, lessons

_ATTENDED = (Verdict.PRESENT, Verdict.LATE, Verdict.LEFT_EARLY)
_JUDGED = (*_ATTENDED, Verdict.ABSENT)
Key = tuple[str, str, str]
_AT_ONCE = 100


class Figures(Repository):
    async def replace(self, rows: list[FigureRow], now: datetime) -> None:
        """All of them anew: a month that became empty disappears."""
        await self.run(delete(figures))
        values = [
            {
                "municipality": row.municipality,
                "month": row.month,
                "category": row.category,
                "enrolments": row.tally.enrolments,
                "judged": row.tally.judged,
                "attended": row.tally.attended,
                "seconds": row.tally.seconds,
                "certificates": row.tally.certificates,
                "counted_at": now,
            }
            for row in rows
        ]
        for start in range(0, len(values), _AT_ONCE):
            await self.run(figures.insert().values(values[start : start + _AT_ONCE]))


async def add_up(db: Repository) -> list[FigureRow]:
    """Every municipality, month and field. Reads everything: seconds on millions of rows, so never inside a page."""
    tallies: defaultdict[Key, Tally] = defaultdict(Tally)
    for part in (_enrolments, _attendance, _corrections, _certificates):
        for key, tally in await part(db):
            tallies[key] = tallies[key] + tally
    return [FigureRow(key[0], key[1], key[2], tally) for key, tally in sorted(tallies.items())]  # type: ignore[arg-type]


def _month(db: Repository, at: ColumnElement[Any]) -> ColumnElement[str]:
    if db.is_postgresql:
        return func.to_char(func.timezone("Asia/Seoul", at), "YYYY-MM")
    return func.strftime("%Y-%m", at, "+9 hours")  # Korea has no summer time


async def _enrolments(db: Repository) -> list[tuple[Key, Tally]]:
    inner = (
        select(courses.c.municipality, _month(db, enrolments.c.applied_at).label("month"), courses.c.category)
        .join(courses, courses.c.id == enrolments.c.course)
        .where(enrolments.c.state == EnrolmentState.ENROLLED)
        .subquery()
    )
    statement = select(*inner.c, func.count().label("n")).group_by(*inner.c)
    return [((row.municipality, row.month, row.category), Tally(enrolments=row.n)) for row in await db.all(statement)]


async def _attendance(db: Repository) -> list[tuple[Key, Tally]]:
    """By lesson first: the millions of rows are read once, in the order of their key."""
    judged = func.sum(case((attendance.c.verdict.in_(_JUDGED), 1), else_=0)).label("judged")
    attended = func.sum(case((attendance.c.verdict.in_(_ATTENDED), 1), else_=0)).label("attended")
    by_lesson = (
        select(attendance.c.lesson, judged, attended, func.sum(attendance.c.seconds).label("seconds"))
        .group_by(attendance.c.lesson)
        .subquery()
    )
    inner = (
        select(
            courses.c.municipality,
            _month(db, lessons.c.starts_at).label("month"),
            courses.c.category,
            by_lesson.c.judged,
            by_lesson.c.attended,
            by_lesson.c.seconds,
        )
        .join_from(by_lesson, lessons, lessons.c.id == by_lesson.c.lesson)
        .join(courses, courses.c.id == lessons.c.course)
        .subquery()
    )
    keys = (inner.c.municipality, inner.c.month, inner.c.category)
    sums = [func.sum(inner.c[name]).label(name) for name in ("judged", "attended", "seconds")]
    return [
        (
            (row.municipality, row.month, row.category),
            Tally(judged=int(row.judged), attended=int(row.attended), seconds=float(row.seconds)),
        )
        for row in await db.all(select(*keys, *sums).group_by(*keys))
    ]


async def _corrections(db: Repository) -> list[tuple[Key, Tally]]:
    """What staff decided otherwise: the derived verdict out, the last correction in."""
    corrections = attendance_corrections
    latest = select(func.max(corrections.c.number)).group_by(corrections.c.lesson, corrections.c.person)
    statement = (
        select(
            courses.c.municipality,
            _month(db, lessons.c.starts_at).label("month"),
            courses.c.category,
            corrections.c.verdict,
            attendance.c.verdict.label("derived"),
        )
        .join_from(corrections, lessons, lessons.c.id == corrections.c.lesson)
        .join(courses, courses.c.id == lessons.c.course)
        .join(
            attendance,
            (attendance.c.lesson == corrections.c.lesson) & (attendance.c.person == corrections.c.person),
            isouter=True,
        )
        .where(corrections.c.number.in_(latest))
    )
    return [
        (
            (row.municipality, row.month, row.category),
            Tally(
                judged=(row.verdict in _JUDGED) - (row.derived in _JUDGED),
                attended=(row.verdict in _ATTENDED) - (row.derived in _ATTENDED),
            ),
        )
        for row in await db.all(statement)
    ]


async def _certificates(db: Repository) -> list[tuple[Key, Tally]]:
    inner = (
        select(certificates.c.municipality, _month(db, certificates.c.issued_at).label("month"), courses.c.category)
        .join(courses, courses.c.id == certificates.c.course)
        .where(certificates.c.revoked_at.is_(None))
        .subquery()
    )
    statement = select(*inner.c, func.count().label("n")).group_by(*inner.c)
    return [((row.municipality, row.month, row.category), Tally(certificates=row.n)) for row in await db.all(statement)]
