"""What everybody may see: the portal, municipal sites, courses, online items, certificates by their code."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, select

from classroom.catalogue import RecordingState
from classroom.certificates import Certificate, plain_code
from classroom.courses import CourseState, OnlineItem
from classroom.enrolment import EnrolmentState
from classroom.municipalities import Municipality
from classroom.people import RecordingId, Viewer
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.queries.paging import Page
from classroom.queries.public import CoursePage, PortalPage, SitePage
from classroom.store import rows
from classroom.store.applying import course_index, course_shares
from classroom.store.index import finds
from classroom.store.queries.cards import (
    Asks,
    course_card,
    course_cards,
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
from classroom.store.queries.sites import newest_notices
from classroom.store.repository import Repository
from classroom.store.scoping import watchable
from classroom.store.sites import Sites
from classroom.store.study import CourseItems
from classroom.store.tables import certificates, courses, enrolments, lessons, municipalities, online_items, recordings
from classroom.study import NOTHING_TO_WATCH

_PLAYABLE = (RecordingState.READY, RecordingState.COMPOSED)
_ON_A_PAGE = 12


class PublicQueries(Asks):
    async def municipality(self, code: str) -> Municipality | None:
        async with self.ask() as db:
            return await _municipality(db, code)

    async def municipalities(self) -> list[Municipality]:
        async with self.ask() as db:
            return await _municipalities(db)

    async def portal(self, now: datetime) -> PortalPage:
        async with self.ask() as db:
            return PortalPage(
                await _live(db, now),
                await _upcoming(db, now),
                await _open_courses(db, now),
                await _items(db),
                tuple(await _municipalities(db)),
                await newest_notices(db, None, now),
            )

    async def site(self, code: str, now: datetime) -> SitePage | None:
        async with self.ask() as db:
            found = await _municipality(db, code)
            if found is None:
                return None
            if not found.is_open:
                return SitePage(found, (), (), (), (), ())
            return SitePage(
                found,
                await _live(db, now, lessons.c.municipality == code),
                await _upcoming(db, now, lessons.c.municipality == code),
                await _open_courses(db, now, course_index.c.municipality == code),
                await _items(db, online_items.c.municipality == code),
                await _shared_recordings(db, recordings.c.municipality == code),
                await newest_notices(db, code, now),
                await Sites(db.connection, writes=False).profile(found.code),
            )

    async def courses(
        self,
        now: datetime,
        *,
        municipality: str | None = None,
        search: str = "",
        category: str | None = None,
        kind: str | None = None,
        level: str | None = None,
        audience: str | None = None,
        open_only: bool = False,
        page: int = 1,
    ) -> Page[CourseCard]:
        index = course_index.c
        where = [index.state == CourseState.PUBLISHED, index.municipality.in_(_open_sites())]
        for column, wanted in ((index.category, category), (index.kind, kind), (index.level, level), (index.audience, audience)):
            if wanted:
                where.append(column == wanted)
        if municipality:
            shared = select(course_shares.c.course).where(course_shares.c.municipality == municipality)
            where.append((index.municipality == municipality) | index.course.in_(shared))
        if open_only:
            where.append(_is_open(now))
        order = (case((_is_open(now), 0), else_=1), index.starts_at.desc(), index.course)
        async with self.ask() as db:
            where += finds(search, db.is_postgresql)
            # The narrow table is sorted and cut; only the rows of one page are joined to what is shown.
            listing = select(index.course).where(*where).order_by(*order)
            ask = page_read_once if search and page <= 1 else page_of
            found = await ask(db, listing, lambda row: row.course, page)
            cards = await db.all(course_cards().where(courses.c.id.in_(found.rows)))
            by_id = {row.id: course_card(now)(row) for row in cards}
            return Page(tuple(by_id[course] for course in found.rows), found.total, found.number, found.size)

    async def course(self, municipality: str, slug: str, viewer: Viewer | None, now: datetime) -> CoursePage | None:
        async with self.ask() as db:
            row = await db.first(course_cards().where(courses.c.municipality == municipality, courses.c.slug == slug))
            home = await _municipality(db, municipality)
            if row is None or home is None:
                return None
            course = rows.course(row)
            may_manage = viewer is not None and (course.instructor == viewer.id or viewer.administers(course.municipality))
            if not may_manage and (course.state is CourseState.DRAFT or not home.is_open):
                return None
            cards = lesson_cards().where(lessons.c.course == course.id).order_by(lessons.c.number)
            found = await db.all(cards)
            mine: EnrolmentState | None = None
            films: dict[str, RecordingId] = {}
            if viewer is not None:
                my_seat = (enrolments.c.course == course.id) & (enrolments.c.person == viewer.id)
                state = await db.scalar(select(enrolments.c.state).where(my_seat))
                mine = EnrolmentState(state) if state else None
                of_course = (recordings.c.course == course.id) & recordings.c.state.in_(_PLAYABLE)
                mayhap = await db.all(select(recordings.c.lesson, recordings.c.id).where(of_course, watchable(viewer)))
                films = {film.lesson: film.id for film in mayhap}
            studies = await CourseItems(db.connection, writes=False).studies([course.id], viewer.id if viewer else None)
            return CoursePage(
                course,
                home,
                row.instructor_name,
                row.taken,
                course.application_state(row.taken, now, waiting=row.waiting, first_starts_at=row.first_starts_at),
                tuple(map(lesson_card(now, films), found)),
                mine,
                may_manage,
                studies.get(course.id, NOTHING_TO_WATCH),
            )

    async def items(
        self, *, municipality: str | None = None, search: str = "", category: str | None = None, page: int = 1
    ) -> Page[OnlineItem]:
        columns = online_items.c
        searched = (columns.title_ko, columns.title_en, columns.summary_ko, columns.summary_en)
        statement = select(online_items)
        for column, wanted in ((columns.municipality, municipality), (columns.category, category)):
            if wanted:
                statement = statement.where(column == wanted)
        async with self.ask() as db:
            statement = statement.where(*matches(search, db.is_postgresql, *searched))
            return await page_of(db, statement.order_by(columns.published_at.desc(), columns.id), rows.item, page)

    async def item(self, item: str) -> OnlineItem | None:
        async with self.ask() as db:
            row = await db.first(select(online_items).where(online_items.c.id == item))
            return rows.item(row) if row else None

    async def verify(self, code: str) -> Certificate | None:
        async with self.ask() as db:
            row = await db.first(select(certificates).where(certificates.c.code == plain_code(code)))
            return rows.certificate(row) if row else None


def _is_open(now: datetime) -> ColumnElement[bool]:
    """A seat, or a place in a draw or on a pile, can be had."""
    index = course_index.c
    return (index.applies_from <= now) & (index.applies_until > now) & (index.collects | (index.taken < index.capacity))


def _open_sites() -> Any:
    return select(municipalities.c.code).where(municipalities.c.opened_at.is_not(None))


async def _municipality(db: Repository, code: str) -> Municipality | None:
    row = await db.first(select(municipalities).where(municipalities.c.code == code))
    return rows.municipality(row) if row else None


async def _municipalities(db: Repository) -> list[Municipality]:
    """Sorted here: the databases sort Hangul by different rules."""
    return sorted(map(rows.municipality, await db.all(select(municipalities))), key=lambda each: each.name.ko)


async def _live(db: Repository, now: datetime, *where: ColumnElement[bool]) -> tuple[LessonCard, ...]:
    # Neither sorted nor cut here: SQLite would walk all lessons there ever were in the order asked for.
    cards = await _lesson_cards(db, select(lessons.c.id).where(maybe_live(now), maybe_begun(now), _is_public, *where), now)
    return tuple(card for card in cards if card.state == "live")[:60]


async def _upcoming(db: Repository, now: datetime, *where: ColumnElement[bool]) -> tuple[LessonCard, ...]:
    untouched = lessons.c.started_at.is_(None) & lessons.c.ended_at.is_(None) & lessons.c.cancelled_at.is_(None)
    ahead = select(lessons.c.id).where(lessons.c.starts_at > now, untouched, _is_public, *where)
    return await _lesson_cards(db, ahead.order_by(lessons.c.starts_at, lessons.c.id).limit(_ON_A_PAGE), now)


async def _lesson_cards(db: Repository, wanted: Select[Any], now: datetime) -> tuple[LessonCard, ...]:
    """First which, along an index; then all that is shown of those few."""
    ids = [row.id for row in await db.all(wanted)]
    found = await db.all(lesson_cards().where(lessons.c.id.in_(ids)).order_by(lessons.c.starts_at, lessons.c.id))
    return tuple(map(lesson_card(now), found))


_is_public = exists().where(
    course_index.c.course == lessons.c.course,
    course_index.c.state == CourseState.PUBLISHED,
    municipalities.c.code == course_index.c.municipality,
    municipalities.c.opened_at.is_not(None),
)
"""Lessons of published courses of open sites."""


async def _open_courses(db: Repository, now: datetime, *where: ColumnElement[bool]) -> tuple[CourseCard, ...]:
    index = course_index.c
    wanted = select(index.course).where(
        index.state == CourseState.PUBLISHED, index.municipality.in_(_open_sites()), _is_open(now), *where
    )
    ids = [row.course for row in await db.all(wanted.order_by(index.applies_until, index.course).limit(_ON_A_PAGE))]
    found = await db.all(course_cards().where(courses.c.id.in_(ids)).order_by(courses.c.applies_until, courses.c.id))
    return tuple(map(course_card(now), found))


async def _items(db: Repository, *where: ColumnElement[bool]) -> tuple[OnlineItem, ...]:
    statement = select(online_items).where(*where).order_by(online_items.c.published_at.desc(), online_items.c.id)
    return tuple(map(rows.item, await db.all(statement.limit(_ON_A_PAGE))))


async def _shared_recordings(db: Repository, *where: ColumnElement[bool]) -> tuple[RecordingCard, ...]:
    shared = recordings.c.published & recordings.c.shared & recordings.c.state.in_(_PLAYABLE) & recordings.c.deleted_at.is_(None)
    statement = recording_cards().where(shared, *where).order_by(recordings.c.started_at.desc(), recordings.c.id)
    return tuple(map(recording_card, await db.all(statement.limit(_ON_A_PAGE))))
