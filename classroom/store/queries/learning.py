"""What somebody asks about themselves: who am I, what comes next, what have I learned."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, union_all

from classroom.accounts import PersonState
from classroom.catalogue import RecordingState
from classroom.certificates import Certificate
from classroom.courses import CourseState
from classroom.enrolment import ACTIVE, INSTRUCTOR_OPENS_BEFORE, EnrolmentState, TicketRole
from classroom.people import HomeMove, PersonId, Viewer, token_hash
from classroom.queries.cards import LessonCard
from classroom.queries.learning import MyCourse, MyLearning
from classroom.rules import AttendanceRule
from classroom.store import rows
from classroom.store.applying import course_index, messages
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
from classroom.store.queries.history import ABSENT, corrected_verdicts, lessons_held, presences
from classroom.store.repository import Repository
from classroom.store.scoping import within
from classroom.store.study import CourseItems
from classroom.store.tables import (
    certificates,
    courses,
    enrolments,
    home_moves,
    lessons,
    people,
    recordings,
    sessions,
)
from classroom.study import is_over

OVER_SHOWN, CERTIFICATES_SHOWN = 6, 3
"""On the page of one's learning; the rest is in the history and the list of certificates."""
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
                tuple(await _certificates(db, viewer, CERTIFICATES_SHOWN)),
                await deadlines(db, viewer, _enrolled(viewer, courses.c.id), now),
            )

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
    """All that is not over, and the latest of what is. Cards are read of those alone: a lifetime is hundreds of courses."""
    mine = enrolments.c.person == viewer.id
    seats = (
        select(enrolments.c.course, enrolments.c.state, course_index.c.ends_at)
        .join_from(enrolments, course_index, course_index.c.course == enrolments.c.course)
        .where(mine, enrolments.c.state.in_((*ACTIVE, EnrolmentState.NOT_DRAWN)))
        .order_by(enrolments.c.applied_at.desc(), enrolments.c.course)
    )
    taken = await db.all(seats)
    enrolled = [row.course for row in taken if row.state == EnrolmentState.ENROLLED]
    studies = await CourseItems(db.connection, writes=False).studies(enrolled, viewer.id)
    over = {row.course for row in taken if is_over(row.ends_at, studies.get(row.course), now)}
    shown = [row.course for row in taken if row.course not in over]
    shown += [course for course in enrolled if course in over][:OVER_SHOWN]
    others = enrolments.alias("others")
    before = (others.c.course == enrolments.c.course) & (others.c.state == EnrolmentState.WAITING)
    counted = select(func.count()).where(before, others.c.rank < enrolments.c.rank).correlate(enrolments).scalar_subquery()
    ahead = case((enrolments.c.state == EnrolmentState.WAITING, counted), else_=None)
    statement = (
        course_cards()
        .add_columns(enrolments.c.state.label("my_state"), enrolments.c.applied_at.label("my_applied_at"))
        .add_columns(enrolments.c.offer_until.label("my_offer_until"), ahead.label("my_ahead"))
        .join(enrolments, enrolments.c.course == courses.c.id)
        .where(mine, courses.c.id.in_(shown))
        .order_by(enrolments.c.applied_at.desc(), courses.c.id)
    )
    found = await db.all(statement)
    held = await lessons_held(db, lessons.c.course.in_(shown), now)
    present = await presences(db, viewer.id, await corrected_verdicts(db, viewer.id))
    return tuple(
        MyCourse(
            course_card(now)(row),
            EnrolmentState(row.my_state),
            row.my_applied_at,
            held.get(row.id, 0),
            present.get(row.id, ABSENT)[0],
            row.my_offer_until,
            None if row.my_ahead is None else row.my_ahead + 1,
            studies.get(row.id),
        )
        for row in found
    )


async def _certificates(db: Repository, viewer: Viewer, most: int | None = None) -> list[Certificate]:
    statement = select(certificates).where(certificates.c.person == viewer.id)
    found = await db.all(statement.order_by(certificates.c.issued_at.desc(), certificates.c.id).limit(most))
    return [rows.certificate(row) for row in found]
