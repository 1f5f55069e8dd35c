"""What somebody has learned: every course in brief, and those that are shown lesson by lesson.

A lifetime is hundreds of courses and thousands of lessons. What all of them come to is added up by the database, one narrow row a
course; lessons, items and papers are read only of the courses on the page.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from classroom.attendance import Verdict
from classroom.certificates import ATTENDED, Certificate
from classroom.enrolment import EnrolmentState
from classroom.history import HistoryEntry, HistoryFilter, HistoryLesson, HistoryYear, YearSum, by_year, sums_of, year_of
from classroom.people import CourseId, MunicipalityCode, PersonId, Viewer
from classroom.queries.history import HistoryPage
from classroom.queries.paging import PAGE_SIZE, Page
from classroom.store import rows
from classroom.store.applying import course_index
from classroom.store.queries.cards import Asks
from classroom.store.repository import Repository
from classroom.store.study import CourseItems, watched_by_course
from classroom.store.tables import (
    attendance,
    attendance_corrections,
    certificates,
    courses,
    enrolments,
    lessons,
    municipalities,
)
from classroom.study import NOTHING_TO_WATCH
from classroom.texts import Text

ABSENT = (0, 0.0)
"""Lessons and seconds of a course somebody was never in."""


class HistoryQueries(Asks):
    async def history(self, viewer: Viewer, now: datetime) -> list[HistoryYear]:
        async with self.ask() as db:
            begun = await _begun(db, viewer.id, now)
            return by_year(await _entries(db, viewer.id, begun.rows, begun.corrected, now))

    async def history_page(self, viewer: Viewer, now: datetime, wanted: HistoryFilter, *, page: int = 1) -> HistoryPage:
        async with self.ask() as db:
            begun = await _begun(db, viewer.id, now)
            kept = [each for each in begun.rows if wanted.fits(each.municipality, each.is_certified)]
            sums = sums_of((each.starts_at, each.learned_s) for each in kept)
            places = {each.municipality: each.municipality_name for each in begun.rows}
            chosen = _chosen(sums, wanted.year, len(kept))
            shown = [each for each in kept if chosen is None or year_of(each.starts_at) == chosen]
            total = len(shown)
            number = max(1, min(page, -(-total // PAGE_SIZE)))
            cut = shown[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
            entries = await _entries(db, viewer.id, cut, begun.corrected, now)
            return HistoryPage(places, sums, chosen, Page(tuple(entries), total, number), len(begun.rows))


def _chosen(sums: Sequence[YearSum], year: int | None, total: int) -> int | None:
    """Which year is open: the one asked for, else the latest. None: all are, they fit on one page."""
    if year is None and total <= PAGE_SIZE:
        return None
    known = [each.year for each in sums]
    return year if year in known else known[0] if known else None


@dataclass(frozen=True, slots=True)
class _Brief:
    """One course of one person, as far as one row of sums tells."""

    course: CourseId
    municipality: MunicipalityCode
    municipality_name: Text
    title: Text
    starts_at: datetime
    ends_at: datetime
    lessons: int
    attended: int
    present_s: float
    watched_s: float
    is_certified: bool

    @property
    def learned_s(self) -> float:
        return self.present_s + self.watched_s


@dataclass(frozen=True, slots=True)
class _Begun:
    rows: tuple[_Brief, ...]
    """Latest first."""
    corrected: dict[tuple[str, str], Verdict]
    """(course, lesson) → what staff decided last."""


async def _begun(db: Repository, person: PersonId, now: datetime) -> _Begun:
    """Every course this person has begun. In five statements."""
    seats = (
        select(
            *(courses.c[name] for name in ("id", "municipality", "title_ko", "title_en")),
            municipalities.c.name_ko.label("municipality_name_ko"),
            municipalities.c.name_en.label("municipality_name_en"),
            *(course_index.c[name] for name in ("lessons", "starts_at", "ends_at")),
            enrolments.c.applied_at,
        )
        .join_from(enrolments, courses, courses.c.id == enrolments.c.course)
        .join(course_index, course_index.c.course == courses.c.id)
        .join(municipalities, municipalities.c.code == courses.c.municipality)
        .where(enrolments.c.person == person, enrolments.c.state == EnrolmentState.ENROLLED)
    )
    corrected = await corrected_verdicts(db, person)
    present = await presences(db, person, corrected)
    watched = {row.course: row for row in await db.all(watched_by_course(person))}
    papers = {row.course: row.issued_at for row in await db.all(_valid(person, certificates.c.course, certificates.c.issued_at))}
    found: list[_Brief] = []
    for row in await db.all(seats):
        attended, present_s = present.get(row.id, ABSENT)
        seen, issued_at = watched.get(row.id), papers.get(row.id)
        period = _period(row, seen.changed_at if seen else None, issued_at)
        # A class may be held minutes before its timetable: what somebody has of it counts at once.
        if period is None or (period[0] > now and not attended and issued_at is None):
            continue
        found.append(
            _Brief(
                row.id,
                row.municipality,
                rows.text(row, "municipality_name"),
                rows.text(row, "title"),
                *period,
                row.lessons,
                attended,
                present_s,
                seen.seconds if seen else 0.0,
                issued_at is not None,
            )
        )
    found.sort(key=lambda each: (each.starts_at, each.course), reverse=True)
    return _Begun(tuple(found), corrected)


def _period(row: Any, seen_at: datetime | None, issued_at: datetime | None) -> tuple[datetime, datetime] | None:
    """From the first lesson to the last; of a course that is only watched, from the application to what was watched last.

    None: there is nothing to tell yet.
    """
    if row.starts_at is not None and row.ends_at is not None:
        return row.starts_at, row.ends_at
    last = max((at for at in (seen_at, issued_at) if at is not None), default=None)
    return (row.applied_at, max(row.applied_at, last)) if last is not None else None


async def corrected_verdicts(db: Repository, person: PersonId) -> dict[tuple[str, str], Verdict]:
    kept = (attendance_corrections.c[name] for name in ("course", "lesson", "verdict"))
    statement = select(*kept).where(attendance_corrections.c.person == person).order_by(attendance_corrections.c.number)
    return {(row.course, row.lesson): Verdict(row.verdict) for row in await db.all(statement)}


async def presences(db: Repository, person: PersonId, corrected: dict[tuple[str, str], Verdict]) -> dict[str, tuple[int, float]]:
    """Course → lessons this person was in, by the last word about each, and seconds present."""
    by_staff = select(attendance_corrections.c.lesson).where(attendance_corrections.c.person == person)
    counts = attendance.c.verdict.in_(ATTENDED) & attendance.c.lesson.not_in(by_staff)
    statement = (
        select(
            attendance.c.course,
            func.sum(case((counts, 1), else_=0)).label("attended"),
            func.sum(attendance.c.seconds).label("seconds"),
        )
        .where(attendance.c.person == person)
        .group_by(attendance.c.course)
    )
    found = {row.course: (int(row.attended), float(row.seconds)) for row in await db.all(statement)}
    for (course, _), verdict in corrected.items():
        attended, seconds = found.get(course, ABSENT)
        found[course] = (attended + (verdict in ATTENDED), seconds)
    return found


async def lessons_held(db: Repository, which: ColumnElement[bool], now: datetime) -> dict[str, int]:
    """Course → how many of its lessons are over. `which`: a condition on `lessons`."""
    over = or_(lessons.c.ended_at.is_not(None), lessons.c.ends_at <= now)
    statement = select(lessons.c.course, func.count().label("held")).where(over, which)
    return {row.course: row.held for row in await db.all(statement.group_by(lessons.c.course))}


async def _sheets(
    db: Repository, person: PersonId, ids: Collection[str], corrected: dict[tuple[str, str], Verdict]
) -> dict[str, list[HistoryLesson]]:
    """Course → every lesson with a verdict for this person, by number."""
    mine = (attendance.c.lesson == lessons.c.id) & (attendance.c.person == person)
    told = (lessons.c[name] for name in ("id", "course", "number", "title_ko", "title_en", "starts_at"))
    statement = (
        select(*told, attendance.c.seconds, attendance.c.verdict)
        .join_from(lessons, attendance, mine, isouter=True)
        .where(lessons.c.course.in_(ids))
        .order_by(lessons.c.course, lessons.c.number)
    )
    sheets: dict[str, list[HistoryLesson]] = defaultdict(list)
    for row in await db.all(statement):
        verdict = corrected.get((row.course, row.id)) or (Verdict(row.verdict) if row.verdict else None)
        if verdict is not None:
            title = rows.text(row, "title")
            sheets[row.course].append(HistoryLesson(row.id, row.number, title, row.starts_at, row.seconds or 0.0, verdict))
    return sheets


def _valid(person: PersonId, *columns: Any) -> Any:
    return select(*columns).where(certificates.c.person == person, certificates.c.revoked_at.is_(None))


async def _entries(
    db: Repository, person: PersonId, shown: Sequence[_Brief], corrected: dict[tuple[str, str], Verdict], now: datetime
) -> list[HistoryEntry]:
    """The same courses with all there is to tell of them, in the same order."""
    ids = [each.course for each in shown]
    studies = await CourseItems(db.connection, writes=False).studies(ids, person)
    held = await lessons_held(db, lessons.c.course.in_(ids), now)
    papers: dict[str, Certificate] = {
        row.course: rows.certificate(row)
        for row in await db.all(_valid(person, certificates).where(certificates.c.course.in_(ids)))
    }
    sheets = await _sheets(db, person, ids, corrected)
    entries: list[HistoryEntry] = []
    for each in shown:
        study, paper = studies.get(each.course, NOTHING_TO_WATCH), papers.get(each.course)
        entries.append(
            HistoryEntry(
                each.course,
                each.municipality,
                each.municipality_name,
                each.title,
                each.starts_at,
                each.ends_at,
                each.lessons,
                held.get(each.course, 0),
                each.attended,
                each.present_s,
                paper.id if paper else None,
                paper.paper.number if paper else None,
                tuple(sheets.get(each.course, ())),
                study.seconds,
                len(study.steps),
                study.done,
            )
        )
    return entries
