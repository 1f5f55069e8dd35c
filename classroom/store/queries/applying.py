"""Applications: what somebody's own looks like, what staff decide about, what is due by the clock."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from classroom.accounts import PersonState
from classroom.admission import Mode, commitment
from classroom.courses import Course, CourseKind, CourseState
from classroom.enrolment import Enrolment, EnrolmentState, seats_of
from classroom.fees import Charge, ChargeState
from classroom.messages import Message
from classroom.people import CourseId, LessonId, Scope, Viewer
from classroom.queries.applying import ApplicationPanel, ApplicationRow, CalendarLesson, Clash, DrawPage, DrawRow
from classroom.queries.paging import Page
from classroom.store import rows
from classroom.store.applying import calendar_feeds, charges, messages
from classroom.store.enrolments import Enrolments, charge
from classroom.store.messages import message
from classroom.store.people import viewer_of, viewer_select
from classroom.store.queries.cards import Asks, lesson_card, lesson_cards, page_of
from classroom.store.repository import Repository
from classroom.store.scoping import within
from classroom.store.tables import courses, enrolments, lessons, municipalities, people
from classroom.texts import Text
from classroom.timetable import overlaps

_SIZE = 50
_NAMED = ("slug", "title_ko", "title_en", "place_ko", "place_en", "kind")
KEPT_IN_CALENDAR = timedelta(days=180)
REMINDED_BEFORE = timedelta(hours=24)
_MOST_CLASHES = 3


class ApplyingQueries(Asks):
    async def application(self, course: Course, viewer: Viewer | None, now: datetime) -> ApplicationPanel:
        async with self.ask() as db:
            asked = Enrolments(db.connection, writes=False)
            book = await asked.book(course.id)
            seats = seats_of(course, book)
            seed = None
            if course.admission.mode == Mode.LOTTERY:
                seed = await db.scalar(select(courses.c.draw_seed).where(courses.c.id == course.id))
            home = viewer.person.home if viewer else course.municipality
            left = seats.left_for(home)
            hashed = commitment(seed) if seed else None
            offer = seats.offer(home, book.waiting)
            if viewer is None:
                return ApplicationPanel(None, None, book.waiting, offer, left, (), None, hashed)
            mine = await asked.get(course.id, viewer.id)
            place = await _place(db, mine) if mine and mine.state is EnrolmentState.WAITING else None
            held = mine is not None and mine.state is EnrolmentState.ENROLLED
            clashes = () if held else await _clashes(db, course, viewer, now)
            owed = await db.first(select(charges).where(charges.c.course == course.id, charges.c.person == viewer.id))
            return ApplicationPanel(
                mine, place, book.waiting, offer, left, clashes, charge(owed) if owed is not None else None, hashed
            )

    async def draw_page(self, municipality: str, slug: str) -> DrawPage | None:
        this = (courses.c.municipality == municipality) & (courses.c.slug == slug) & courses.c.drawn_at.is_not(None)
        async with self.ask() as db:
            row = await db.first(select(courses).where(this, courses.c.state != CourseState.DRAFT))
            if row is None:
                return None
            course = rows.course(row)
            places = {each.code: rows.municipality(each) for each in await db.all(select(municipalities))}
            by_home = bool(course.admission.home_seats or course.admission.quotas)
            drawn = select(enrolments).where(enrolments.c.course == course.id, enrolments.c.applied_at < course.applies_until)
            found = [rows.enrolment(each) for each in await db.all(drawn.order_by(enrolments.c.rank, enrolments.c.number))]
            listed = tuple(
                DrawRow(each.number, places[each.home].name if by_home and each.home in places else None, each.state)
                for each in found
            )
            return DrawPage(course, places[course.municipality], row.draw_seed, listed)

    async def course_addresses(self, scope: Scope) -> set[tuple[str, str]]:
        statement = select(courses.c.municipality, courses.c.slug).where(within(scope, courses.c.municipality))
        async with self.ask() as db:
            return {(row.municipality, row.slug) for row in await db.all(statement)}

    async def courses_within(self, scope: Scope) -> list[Course]:
        statement = select(courses).where(within(scope, courses.c.municipality))
        async with self.ask() as db:
            return [rows.course(row) for row in await db.all(statement.order_by(courses.c.municipality, courses.c.slug))]

    async def admin_applications(
        self, scope: Scope, course: str, *, state: EnrolmentState | None = None, page: int = 1
    ) -> Page[ApplicationRow] | None:
        mine = (courses.c.id == course) & within(scope, courses.c.municipality)
        owed = (charges.c.course == enrolments.c.course) & (charges.c.person == enrolments.c.person)
        money = [charges.c[name].label(f"charge_{name}") for name in ("won", "state", "refund_won", "note", "changed_at")]
        statement = (
            select(people, *[each.label(f"seat_{each.name}") for each in enrolments.c], *money)
            .join(enrolments, enrolments.c.person == people.c.id)
            .join(charges, owed, isouter=True)
            .where(enrolments.c.course == course)
            .order_by(enrolments.c.applied_at, enrolments.c.number, people.c.id)
        )
        if state is not None:
            statement = statement.where(enrolments.c.state == state)
        async with self.ask() as db:
            if await db.first(select(courses.c.id).where(mine)) is None:
                return None
            return await page_of(db, statement, _application_row, page, _SIZE)

    async def application_counts(self, course: str) -> dict[EnrolmentState, int]:
        statement = select(enrolments.c.state, func.count().label("number")).where(enrolments.c.course == course)
        async with self.ask() as db:
            found = {row.state: row.number for row in await db.all(statement.group_by(enrolments.c.state))}
            return {state: found[state] for state in EnrolmentState if state in found}

    async def due_seats(self, now: datetime) -> tuple[list[CourseId], list[CourseId]]:
        lapsed = select(enrolments.c.course).distinct().where(enrolments.c.offer_until <= now)
        mode = courses.c.admission["mode"].as_string()
        over = (courses.c.applies_until <= now) & courses.c.drawn_at.is_(None) & (courses.c.state == CourseState.PUBLISHED)
        async with self.ask() as db:
            offers = [row.course for row in await db.all(lapsed)]
            return offers, [row.id for row in await db.all(select(courses.c.id).where(mode == Mode.LOTTERY, over))]

    async def open_charges(self) -> list[Charge]:
        is_open = charges.c.state.in_((ChargeState.DUE, ChargeState.REFUND_DUE))
        statement = select(charges).where(is_open).order_by(charges.c.changed_at, charges.c.course, charges.c.person)
        async with self.ask() as db:
            return [charge(row) for row in await db.all(statement.limit(500))]

    async def due_reminders(self, now: datetime) -> list[LessonId]:
        soon = (lessons.c.starts_at > now) & (lessons.c.starts_at <= now + REMINDED_BEFORE)
        waiting = lessons.c.reminded_at.is_(None) & lessons.c.cancelled_at.is_(None)
        statement = select(lessons.c.id).join(courses, courses.c.id == lessons.c.course)
        statement = statement.where(soon, waiting, courses.c.state == CourseState.PUBLISHED)
        async with self.ask() as db:
            return [row.id for row in await db.all(statement.order_by(lessons.c.starts_at).limit(200))]

    async def calendar(self, token_hash: str, now: datetime) -> tuple[Viewer, list[CalendarLesson]] | None:
        whose = select(calendar_feeds.c.person).where(calendar_feeds.c.token_hash == token_hash).scalar_subquery()
        async with self.ask() as db:
            # Whoever is locked out, gone or merged is so here too: this address needs no sign-in.
            active = people.c.state == PersonState.ACTIVE
            viewer = viewer_of(await db.all(viewer_select().where(people.c.id == whose, active)))
            if viewer is None:
                return None
            held = select(enrolments.c.course).where(
                enrolments.c.person == viewer.id, enrolments.c.state == EnrolmentState.ENROLLED
            )
            named = or_(lessons.c.substitute == viewer.id, lessons.c.captioner == viewer.id)
            mine = or_(lessons.c.course.in_(held), courses.c.instructor == viewer.id, named)
            statement = (
                select(lessons, *(courses.c[name].label(f"course_{name}") for name in _NAMED))
                .join(courses, courses.c.id == lessons.c.course)
                .where(mine, courses.c.state == CourseState.PUBLISHED, lessons.c.ends_at > now - KEPT_IN_CALENDAR)
                .order_by(lessons.c.starts_at, lessons.c.id)
                .limit(1_000)
            )
            return viewer, [
                CalendarLesson(
                    rows.lesson(row),
                    row.course_slug,
                    Text(row.course_title_ko, row.course_title_en),
                    Text(row.course_place_ko, row.course_place_en),
                    row.course_kind == CourseKind.OFFLINE,
                )
                for row in await db.all(statement)
            ]

    async def messages(self, viewer: Viewer, *, page: int = 1) -> Page[Message]:
        statement = select(messages).where(messages.c.person == viewer.id)
        async with self.ask() as db:
            return await page_of(db, statement.order_by(messages.c.at.desc(), messages.c.id), message, page)


async def _place(db: Repository, mine: Enrolment) -> int:
    before = (enrolments.c.course == mine.course) & (enrolments.c.state == EnrolmentState.WAITING)
    ahead = select(func.count()).select_from(enrolments).where(before, enrolments.c.rank < mine.rank)
    return int(await db.scalar(ahead)) + 1


async def _clashes(db: Repository, course: Course, viewer: Viewer, now: datetime) -> tuple[Clash, ...]:
    """Lessons to come of this course against those of the courses the viewer has a seat in (or teaches)."""
    planned = lessons.c.cancelled_at.is_(None) & (lessons.c.ends_at > now)
    held = select(enrolments.c.course).where(
        enrolments.c.person == viewer.id, enrolments.c.state.in_((EnrolmentState.ENROLLED, EnrolmentState.OFFERED))
    )
    busy = (lessons.c.course != course.id) & or_(lessons.c.course.in_(held), courses.c.instructor == viewer.id)
    theirs = await db.all(lesson_cards().where(planned, lessons.c.course == course.id).order_by(lessons.c.starts_at).limit(200))
    mine = await db.all(lesson_cards().where(planned, busy).order_by(lessons.c.starts_at).limit(500))
    pairs = overlaps(map(lesson_card(now), theirs), list(map(lesson_card(now), mine)))
    return tuple(Clash(one, two) for one, two in pairs[:_MOST_CLASHES])


def _application_row(row: Any) -> ApplicationRow:
    values = row._mapping
    enrolment = Enrolment(
        row.seat_course,
        row.id,
        EnrolmentState(row.seat_state),
        row.seat_applied_at,
        row.seat_changed_at,
        row.seat_number,
        row.seat_rank,
        row.seat_home,
        row.seat_offer_until,
    )
    owed = None
    if values["charge_state"] is not None:
        owed = charge(_Charge(row.seat_course, row.id, values))
    return ApplicationRow(rows.person(row), enrolment, owed)


class _Charge:
    """Columns of a charge inside a wider row."""

    def __init__(self, course: str, person: str, values: Any) -> None:
        self.course, self.person = course, person
        for name in ("won", "state", "refund_won", "note", "changed_at"):
            setattr(self, name, values[f"charge_{name}"])
