"""What administrators ask; every statement is narrowed by their scope (`store/scoping.py`)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from classroom.attendance import Verdict
from classroom.catalogue import RecordingState
from classroom.courses import CourseState
from classroom.enrolment import EnrolmentState
from classroom.history import SEOUL
from classroom.people import Person, Scope
from classroom.queries.administration import CertificateRow, Dashboard, PersonRow
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.queries.paging import Page
from classroom.store import rows
from classroom.store.applying import course_index
from classroom.store.index import finds
from classroom.store.queries.cards import (
    Asks,
    course_card,
    course_cards,
    found_by,
    lesson_card,
    lesson_cards,
    matches,
    maybe_begun,
    maybe_live,
    page_of,
    page_read_once,
    recording_card,
    recording_cards,
)
from classroom.store.repository import Repository
from classroom.store.scoping import people_within, within
from classroom.store.tables import (
    attendance,
    certificates,
    courses,
    enrolments,
    lessons,
    municipalities,
    people,
    recordings,
    role_grants,
)

_SIZE = 50


class AdministrationQueries(Asks):
    async def dashboard(self, scope: Scope, now: datetime) -> Dashboard:
        async with self.ask() as db:
            numbers = await _numbers(db, scope, now)
            live = await db.all(
                select(lessons).where(
                    within(scope, lessons.c.municipality),
                    maybe_live(now),
                    maybe_begun(now),
                )
            )
            return Dashboard(
                live_lessons=sum(rows.lesson(row).state(now) == "live" for row in live),
                **numbers,
                enrolments_by_day=await _by_day(db, scope, now),
                verdicts=await _verdicts(db, scope, now),
                courses_by_municipality=await _by_municipality(db, scope),
            )

    async def admin_people(self, scope: Scope, *, search: str = "", page: int = 1) -> Page[PersonRow]:
        mine = (enrolments.c.person == people.c.id) & (enrolments.c.state == EnrolmentState.ENROLLED)
        count = select(func.count()).where(mine, within(scope, enrolments.c.municipality)).correlate(people).scalar_subquery()
        async with self.ask() as db:
            wanted = (people_within(scope), *matches(search, db.is_postgresql, people.c.name, people.c.email))
            order = (people.c.name, people.c.id)
            # Who first, their courses then: PostgreSQL counts for everybody it skips, too.
            read = page_of if scope.everywhere and not search else page_read_once
            found = await read(db, select(people.c.id).where(*wanted).order_by(*order), lambda row: row.id, page, _SIZE)
            shown = list(found.rows)
            lines = await db.all(select(people, count.label("courses")).where(people.c.id.in_(shown)).order_by(*order))
            theirs = select(role_grants).where(role_grants.c.person.in_(shown), within(scope, role_grants.c.municipality))
            grants: dict[str, set[Any]] = {}
            for row in await db.all(theirs):
                grants.setdefault(row.person, set()).add(rows.grant(row.role, row.municipality))
            listed = tuple(
                PersonRow(rows.person(row), frozenset(grants.get(row.id, ())), row.courses, row.state) for row in lines
            )
            return Page(listed, found.total, found.number, found.size)

    async def admin_courses(self, scope: Scope, now: datetime, *, search: str = "", page: int = 1) -> Page[CourseCard]:
        order = (course_index.c.starts_at.desc(), course_index.c.course)
        async with self.ask() as db:
            mine = (within(scope, course_index.c.municipality), *finds(search, db.is_postgresql))
            counting = select(func.count()).select_from(course_index).where(*mine)
            wanted = select(course_index.c.course).where(*mine).order_by(*order)
            found = await page_of(db, wanted, lambda row: row.course, page, _SIZE, counting)
            cards = {row.id: course_card(now)(row) for row in await db.all(course_cards().where(courses.c.id.in_(found.rows)))}
            return Page(tuple(cards[each] for each in found.rows), found.total, found.number, found.size)

    async def admin_lessons(self, scope: Scope, now: datetime, *, past: bool = False, page: int = 1) -> Page[LessonCard]:
        mine = within(scope, lessons.c.municipality) & (lessons.c.ends_at <= now if past else lessons.c.ends_at > now)
        counting = select(func.count()).select_from(lessons).where(mine)
        order = (lessons.c.ends_at.desc() if past else lessons.c.ends_at, lessons.c.id)
        async with self.ask() as db:
            wanted = select(lessons.c.id).where(mine).order_by(*order)
            found = await page_of(db, wanted, lambda row: row.id, page, _SIZE, counting)
            cards = {row.id: lesson_card(now)(row) for row in await db.all(lesson_cards().where(lessons.c.id.in_(found.rows)))}
            return Page(tuple(cards[each] for each in found.rows), found.total, found.number, found.size)

    async def admin_recordings(
        self,
        scope: Scope,
        *,
        state: RecordingState | None = None,
        search: str = "",
        audience: str | None = None,
        deleted: bool = False,
        page: int = 1,
    ) -> Page[RecordingCard]:
        statement = recording_cards().where(within(scope, recordings.c.municipality), *found_by(search))
        statement = statement.where(recordings.c.deleted_at.is_not(None) if deleted else recordings.c.deleted_at.is_(None))
        if state is not None:
            statement = statement.where(recordings.c.state == state)
        if audience is not None:
            shared, published = recordings.c.shared, recordings.c.published
            wanted = {"nobody": published.is_(False), "everybody": shared.is_(True), "course": published & shared.is_(False)}
            statement = statement.where(wanted[audience])
        order = (recordings.c.started_at.desc(), recordings.c.id)
        async with self.ask() as db:
            return await page_of(db, statement.order_by(*order), recording_card, page, _SIZE)

    async def admin_certificates(self, scope: Scope, *, search: str = "", page: int = 1) -> Page[CertificateRow]:
        statement = (
            select(certificates, people.c.name.label("person_name"))
            .join(people, people.c.id == certificates.c.person)
            .where(within(scope, certificates.c.municipality))
        )
        order = (certificates.c.issued_at.desc(), certificates.c.id)
        counting = None
        if not search:
            counting = select(func.count()).select_from(certificates).where(within(scope, certificates.c.municipality))
        async with self.ask() as db:
            statement = statement.where(*matches(search, db.is_postgresql, people.c.name, certificates.c.code))
            return await page_of(
                db,
                statement.order_by(*order),
                lambda row: CertificateRow(rows.certificate(row), row.person_name),
                page,
                _SIZE,
                counting,
            )

    async def admin_enrolments(self, scope: Scope, course: str) -> list[tuple[Person, EnrolmentState, datetime]] | None:
        mine = (courses.c.id == course) & within(scope, courses.c.municipality)
        statement = (
            select(people, enrolments.c.state.label("seat"), enrolments.c.applied_at)
            .join(enrolments, enrolments.c.person == people.c.id)
            .where(enrolments.c.course == course)
            .order_by(enrolments.c.applied_at, people.c.id)
        )
        async with self.ask() as db:
            if await db.first(select(courses.c.id).where(mine)) is None:
                return None
            return [(rows.person(row), EnrolmentState(row.seat), row.applied_at) for row in await db.all(statement)]


async def _numbers(db: Repository, scope: Scope, now: datetime) -> dict[str, int]:
    """Counts, in one statement."""
    local = now.astimezone(SEOUL)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    new_year = midnight.replace(month=1, day=1)
    published = (within(scope, course_index.c.municipality), course_index.c.state == CourseState.PUBLISHED)
    today = (lessons.c.starts_at >= midnight) & (lessons.c.starts_at < midnight + timedelta(days=1))

    def count(table: Any, *where: ColumnElement[bool]) -> Any:
        return select(func.count()).select_from(table).where(*where).scalar_subquery()

    statement = select(
        count(lessons, within(scope, lessons.c.municipality), today).label("lessons_today"),
        count(course_index, *published).label("courses"),
        select(func.coalesce(func.sum(course_index.c.taken), 0)).where(*published).scalar_subquery().label("enrolled"),
        count(recordings, within(scope, recordings.c.municipality), recordings.c.deleted_at.is_(None)).label("recordings"),
        # By the index of days: certificates are long rows.
        count(certificates, within(scope, certificates.c.municipality), certificates.c.issued_at >= new_year).label(
            "certificates_this_year"
        ),
        count(people, within(scope, people.c.home)).label("people"),
    )
    return dict((await db.first(statement))._mapping)


async def _by_day(db: Repository, scope: Scope, now: datetime) -> tuple[tuple[str, int], ...]:
    today = now.astimezone(SEOUL).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(13, -1, -1)]
    at = enrolments.c.applied_at
    if db.is_postgresql:
        day: Any = func.to_char(func.timezone("Asia/Seoul", at), "YYYY-MM-DD")
    else:
        day = func.strftime("%Y-%m-%d", at, "+9 hours")  # Korea has no summer time
    recent = select(day.label("day")).where(within(scope, enrolments.c.municipality), at > now - timedelta(days=15)).subquery()
    statement = select(recent.c.day, func.count().label("number")).group_by(recent.c.day)
    found = {row.day: row.number for row in await db.all(statement)}
    return tuple((each, found.get(each, 0)) for each in days)


async def _verdicts(db: Repository, scope: Scope, now: datetime) -> tuple[tuple[Verdict, int], ...]:
    recent = within(scope, attendance.c.municipality) & (attendance.c.derived_at > now - timedelta(days=30))
    statement = select(attendance.c.verdict, func.count().label("number")).where(recent).group_by(attendance.c.verdict)
    found = {row.verdict: row.number for row in await db.all(statement)}
    return tuple((verdict, found.get(verdict, 0)) for verdict in Verdict if verdict is not Verdict.EXPECTED)


async def _by_municipality(db: Repository, scope: Scope) -> tuple[tuple[Any, int], ...]:
    index = course_index.c
    published = (index.municipality == municipalities.c.code) & (index.state == CourseState.PUBLISHED)
    statement = (
        select(municipalities.c.name_ko, municipalities.c.name_en, func.count().label("number"))
        .join(course_index, published)
        .where(within(scope, municipalities.c.code))
        .group_by(municipalities.c.code, municipalities.c.name_ko, municipalities.c.name_en)
        .order_by(func.count().desc(), municipalities.c.code)
    )
    return tuple((rows.text(row, "name"), row.number) for row in await db.all(statement))
