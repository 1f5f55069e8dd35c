"""What somebody asks about themselves: who am I, what comes next, what have I learned."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, union_all

from classroom.accounts import PersonState
from classroom.attendance import Verdict
from classroom.catalogue import RecordingState
from classroom.certificates import ATTENDED, Certificate
from classroom.courses import CourseState
from classroom.enrolment import ACTIVE, INSTRUCTOR_OPENS_BEFORE, EnrolmentState, TicketRole
from classroom.history import HistoryEntry, HistoryLesson, HistoryYear, by_year
from classroom.people import HomeMove, PersonId, Viewer, token_hash
from classroom.queries import CourseCard, LessonCard, MyCourse, MyLearning
from classroom.rules import AttendanceRule
from classroom.store import rows
from classroom.store.applying import messages
from classroom.store.people import viewer_of, viewer_select
from classroom.store.queries.cards import (
    Asks,
    course_card,
    course_cards,
    lesson_card,
    lesson_cards,
    maybe_live,
    recording_card,
    recording_cards,
)
from classroom.store.queries.deadlines import deadlines
from classroom.store.repository import Repository
from classroom.store.scoping import within
from classroom.store.study import CourseItems
from classroom.store.tables import (
    attendance,
    attendance_corrections,
    certificates,
    courses,
    enrolments,
    home_moves,
    lessons,
    people,
    recordings,
    sessions,
)
from classroom.study import NOTHING_TO_WATCH, Study
from classroom.texts import Text

_unread = (
    select(func.count()).where(messages.c.person == people.c.id, messages.c.read_at.is_(None)).correlate(people).scalar_subquery()
)


class LearningQueries(Asks):
    async def viewer(self, token: str, now: datetime) -> Viewer | None:
        hashed = token_hash(token)
        return (await self.viewers([hashed], now)).get(hashed)

    async def viewers(self, token_hashes: Collection[str], now: datetime) -> dict[str, Viewer]:
        # The state too: a sign-in that ran beside a suspension on another connection left a session nobody ended.
        alive = sessions.c.revoked_at.is_(None) & (sessions.c.expires_at > now) & (people.c.state == PersonState.ACTIVE)
        asked = sessions.c.token_hash.in_(list(token_hashes))
        statement = viewer_select().join(sessions, sessions.c.person == people.c.id).where(asked, alive)
        found: dict[str, list[Any]] = defaultdict(list)
        async with self.ask() as db:
            for row in await db.all(statement.add_columns(_unread.label("unread"), sessions.c.token_hash)):
                found[row.token_hash].append(row)
        viewers = {hashed: viewer_of(theirs) for hashed, theirs in found.items()}
        return {hashed: viewer for hashed, viewer in viewers.items() if viewer is not None}

    async def person(self, person: PersonId) -> Viewer | None:
        async with self.ask() as db:
            return viewer_of(await db.all(viewer_select().where(people.c.id == person)))

    async def moves(self, person: PersonId) -> list[HomeMove]:
        statement = select(home_moves).where(home_moves.c.person == person).order_by(home_moves.c.since, home_moves.c.number)
        async with self.ask() as db:
            return [HomeMove(row.municipality, row.since) for row in await db.all(statement)]

    async def my_learning(self, viewer: Viewer, now: datetime) -> MyLearning:
        async with self.ask() as db:
            next_lesson, role, opens_at = await _next_lesson(db, viewer, now)
            teaching = course_cards().where(courses.c.instructor == viewer.id, courses.c.state != CourseState.ARCHIVED)
            found = await db.all(teaching.order_by(courses.c.applies_from.desc(), courses.c.id))
            mine = or_(recordings.c.instructor == viewer.id, recordings.c.published & _enrolled(viewer, recordings.c.course))
            playable = recordings.c.state.in_((RecordingState.READY, RecordingState.COMPOSED))
            films = await db.all(
                recording_cards()
                .where(mine, playable, recordings.c.deleted_at.is_(None))
                .order_by(recordings.c.started_at.desc())
                .limit(8)
            )
            return MyLearning(
                next_lesson,
                role,
                opens_at,
                await _my_courses(db, viewer, now),
                tuple(map(course_card(now), found)),
                tuple(map(recording_card, films)),
                tuple(await _certificates(db, viewer)),
                await deadlines(db, viewer, _enrolled(viewer, courses.c.id), now),
            )

    async def history(self, viewer: Viewer, now: datetime) -> list[HistoryYear]:
        async with self.ask() as db:
            cards = course_cards().where(_enrolled(viewer, courses.c.id))
            cards = cards.add_columns(enrolments.c.applied_at.label("my_applied_at"))
            cards = cards.join(enrolments, (enrolments.c.course == courses.c.id) & (enrolments.c.person == viewer.id))
            taken = [(course_card(now)(row), row.my_applied_at) for row in await db.all(cards)]
            studies = await CourseItems(db.connection, writes=False).studies([card.id for card, _ in taken], viewer.id)
            verdicts = await _verdicts(db, viewer)
            attended = _attended(verdicts)
            seconds = {
                row.course: row.seconds
                for row in await db.all(
                    select(attendance.c.course, func.sum(attendance.c.seconds).label("seconds"))
                    .where(attendance.c.person == viewer.id)
                    .group_by(attendance.c.course)
                )
            }
            held = await _held(db, viewer, now)
            papers = {each.course: each for each in await _certificates(db, viewer) if each.revoked_at is None}
            sheets = await _sheets(db, viewer, verdicts)
            entries: list[HistoryEntry] = []
            for card, applied_at in taken:
                study, paper = studies.get(card.id, NOTHING_TO_WATCH), papers.get(card.id)
                period = _period(card, study, applied_at, paper)
                # A class may be held minutes before its timetable: what somebody has of it counts at once.
                if period is None or (period[0] > now and not attended.get(card.id) and paper is None):
                    continue
                entries.append(
                    HistoryEntry(
                        card.id,
                        card.municipality,
                        card.municipality_name,
                        card.title,
                        *period,
                        card.lessons,
                        held.get(card.id, 0),
                        attended.get(card.id, 0),
                        float(seconds.get(card.id) or 0.0),
                        paper.id if paper else None,
                        paper.paper.number if paper else None,
                        tuple(sheets[card.id]),
                        study.seconds,
                        len(study.steps),
                        study.done,
                    )
                )
            return by_year(entries)

    async def certificates(self, viewer: Viewer) -> list[Certificate]:
        async with self.ask() as db:
            return await _certificates(db, viewer)

    async def certificate(self, certificate: str, viewer: Viewer) -> Certificate | None:
        may = or_(certificates.c.person == viewer.id, within(viewer.scope, certificates.c.municipality))
        async with self.ask() as db:
            row = await db.first(select(certificates).where(certificates.c.id == certificate, may))
            return rows.certificate(row) if row else None


def _enrolled(viewer: Viewer, course: ColumnElement[str]) -> ColumnElement[bool]:
    mine = (enrolments.c.person == viewer.id) & (enrolments.c.state == EnrolmentState.ENROLLED)
    return course.in_(select(enrolments.c.course).where(mine))


def _period(card: CourseCard, study: Study, applied_at: datetime, paper: Certificate | None) -> tuple[datetime, datetime] | None:
    """From the first lesson to the last; of a course that is only watched, from the application to what was watched last.

    None: there is nothing to tell yet.
    """
    if card.first_starts_at is not None and card.last_ends_at is not None:
        return card.first_starts_at, card.last_ends_at
    seen = [step.watched.changed_at for step in study.steps if step.watched is not None and step.watched.changed_at is not None]
    last = max([*seen, *([paper.issued_at] if paper else [])], default=None)
    return (applied_at, max(applied_at, last)) if last is not None else None


async def _next_lesson(
    db: Repository, viewer: Viewer, now: datetime
) -> tuple[LessonCard | None, TicketRole | None, datetime | None]:
    """Lessons that should be over but were never begun may still be in the rows: hence more than one is read."""
    # A union of short ways by index: with OR the databases read every lesson to come.
    ahead = select(lessons.c.id).where(maybe_live(now))
    taught = select(courses.c.id).where(courses.c.instructor == viewer.id)
    mine = lessons.c.id.in_(
        union_all(
            ahead.where(_enrolled(viewer, lessons.c.course)),
            ahead.where(lessons.c.course.in_(taught)),
            ahead.where(lessons.c.substitute == viewer.id),
            ahead.where(lessons.c.captioner == viewer.id),
        )
    )
    statement = lesson_cards().add_columns(courses.c.instructor.label("leader"), courses.c.attendance.label("rule"))
    statement = statement.where(mine, courses.c.state == CourseState.PUBLISHED, maybe_live(now))
    # Sorted here: asked to sort and cut, SQLite walks all lessons there ever were.
    for row in sorted(await db.all(statement), key=lambda row: (row.starts_at, row.id)):
        card = lesson_card(now)(row)
        if card.state != "ended":
            if viewer.id in (row.leader, row.substitute):
                return card, "instructor", card.starts_at - INSTRUCTOR_OPENS_BEFORE
            if viewer.id == row.captioner:
                return card, "captioner", card.starts_at - INSTRUCTOR_OPENS_BEFORE
            return card, "learner", card.starts_at - AttendanceRule(**row.rule).opens_before
    return None, None, None


async def _my_courses(db: Repository, viewer: Viewer, now: datetime) -> tuple[MyCourse, ...]:
    others = enrolments.alias("others")
    before = (others.c.course == enrolments.c.course) & (others.c.state == EnrolmentState.WAITING)
    counted = select(func.count()).where(before, others.c.rank < enrolments.c.rank).correlate(enrolments).scalar_subquery()
    ahead = case((enrolments.c.state == EnrolmentState.WAITING, counted), else_=None)
    statement = (
        course_cards()
        .add_columns(enrolments.c.state.label("my_state"), enrolments.c.applied_at.label("my_applied_at"))
        .add_columns(enrolments.c.offer_until.label("my_offer_until"), ahead.label("my_ahead"))
        .join(enrolments, enrolments.c.course == courses.c.id)
        .where(enrolments.c.person == viewer.id, enrolments.c.state.in_((*ACTIVE, EnrolmentState.NOT_DRAWN)))
        .order_by(enrolments.c.applied_at.desc(), courses.c.id)
    )
    found = await db.all(statement)
    held, attended = await _held(db, viewer, now), _attended(await _verdicts(db, viewer))
    mine = [row.id for row in found if row.my_state == EnrolmentState.ENROLLED]
    studies = await CourseItems(db.connection, writes=False).studies(mine, viewer.id)
    return tuple(
        MyCourse(
            course_card(now)(row),
            EnrolmentState(row.my_state),
            row.my_applied_at,
            held.get(row.id, 0),
            attended.get(row.id, 0),
            row.my_offer_until,
            None if row.my_ahead is None else row.my_ahead + 1,
            studies.get(row.id),
        )
        for row in found
    )


async def _held(db: Repository, viewer: Viewer, now: datetime) -> dict[str, int]:
    """Lessons that are over, per course of mine."""
    over = lessons.c.ended_at.is_not(None) | (lessons.c.ends_at <= now)
    statement = select(lessons.c.course, func.count().label("held")).where(over, _enrolled(viewer, lessons.c.course))
    return {row.course: row.held for row in await db.all(statement.group_by(lessons.c.course))}


def _attended(verdicts: dict[tuple[str, str], Verdict]) -> dict[str, int]:
    """Lessons I was in, per course."""
    counts: dict[str, int] = defaultdict(int)
    for (course, _), verdict in verdicts.items():
        counts[course] += verdict in ATTENDED
    return counts


async def _verdicts(db: Repository, viewer: Viewer) -> dict[tuple[str, str], Verdict]:
    """(course, lesson) → my verdict, corrections applied."""
    verdicts: dict[tuple[str, str], Verdict] = {}
    derived = select(attendance.c.course, attendance.c.lesson, attendance.c.verdict)
    for row in await db.all(derived.where(attendance.c.person == viewer.id)):
        verdicts[row.course, row.lesson] = Verdict(row.verdict)
    corrected = select(attendance_corrections).where(attendance_corrections.c.person == viewer.id)
    for row in await db.all(corrected.order_by(attendance_corrections.c.number)):
        verdicts[row.course, row.lesson] = Verdict(row.verdict)
    return verdicts


async def _sheets(db: Repository, viewer: Viewer, verdicts: dict[tuple[str, str], Verdict]) -> dict[str, list[HistoryLesson]]:
    """Per course, every lesson with a verdict for me, by number."""
    mine = attendance.c.person == viewer.id
    statement = (
        select(
            *(lessons.c[name] for name in ("id", "course", "number", "title_ko", "title_en", "starts_at")), attendance.c.seconds
        )
        .outerjoin(attendance, (attendance.c.lesson == lessons.c.id) & mine)
        .where(_enrolled(viewer, lessons.c.course))
        .order_by(lessons.c.number)
    )
    sheets: dict[str, list[HistoryLesson]] = defaultdict(list)
    for row in await db.all(statement):
        verdict = verdicts.get((row.course, row.id))
        if verdict is not None:
            title = Text(row.title_ko, row.title_en)
            sheets[row.course].append(HistoryLesson(row.id, row.number, title, row.starts_at, row.seconds or 0.0, verdict))
    return sheets


async def _certificates(db: Repository, viewer: Viewer) -> list[Certificate]:
    statement = select(certificates).where(certificates.c.person == viewer.id)
    found = await db.all(statement.order_by(certificates.c.issued_at.desc(), certificates.c.id))
    return [rows.certificate(row) for row in found]
