"""What pages and commands ask, and the shape of the answers. `Store.queries` answers them; each is a fixed number of statements.

Everything here is frozen data. Texts are `Text(ko, en)`; times are UTC. A query that takes a `viewer` answers only what that
person may see and gives None (or leaves out) what they may not: the page cannot tell "absent" from "not yours".
A query that takes a `scope` is for administrators; the scope is what narrows it, in one place (`store/scoping.py`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from classroom.access_review import Review, StaffLooks
from classroom.accounts import Profile
from classroom.admission import Offer
from classroom.attendance import Attendance, Verdict
from classroom.catalogue import Recording, RecordingState
from classroom.certificates import Certificate
from classroom.completion import Need
from classroom.courses import ApplicationState, Course, CourseState, Lesson, LessonState, OnlineItem
from classroom.enrolment import Enrolment, EnrolmentState, TicketRole
from classroom.events import Fact
from classroom.fees import Charge
from classroom.figures import FigureRow
from classroom.history import HistoryYear
from classroom.messages import Message
from classroom.municipalities import Municipality
from classroom.people import CourseId, Grant, HomeMove, LessonId, MunicipalityCode, Person, PersonId, RecordingId, Scope, Viewer
from classroom.sites import Logo, Notice, SiteProfile
from classroom.study import NOTHING_TO_WATCH, Study
from classroom.texts import Text
from classroom.video_uploads import Upload as VideoUpload
from classroom.watching import Watched

T = TypeVar("T")
PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `number` starts at 1."""

    rows: tuple[T, ...]
    total: int
    number: int = 1
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course in a list."""

    id: CourseId
    municipality: MunicipalityCode
    municipality_name: Text
    slug: str
    title: Text
    summary: Text
    category: str
    kind: str
    instructor_name: str | None
    place: Text
    capacity: int
    taken: int
    applies_from: datetime
    applies_until: datetime
    application: ApplicationState
    state: CourseState
    lessons: int
    first_starts_at: datetime | None
    last_ends_at: datetime | None
    level: str = "all"
    audience: str = "everybody"

    @property
    def seats_left(self) -> int:
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True, slots=True)
class LessonCard:
    """A lesson in a list, with what names it."""

    id: LessonId
    number: int
    title: Text
    starts_at: datetime
    ends_at: datetime
    state: LessonState
    course: CourseId
    course_slug: str
    course_title: Text
    municipality: MunicipalityCode
    municipality_name: Text
    instructor_name: str | None
    recording: RecordingId | None = None
    """Only where the query's viewer may watch it and it can be played."""
    is_onsite: bool = False
    """It takes place somewhere, not in a room on the screen."""


@dataclass(frozen=True, slots=True)
class RecordingCard:
    """`course_slug`, `lesson_number` and `lesson_title` are None for a ready-made video without a lesson."""

    recording: Recording
    course_title: Text
    """Its own title when there is no course."""
    course_slug: str | None
    lesson_number: int | None
    lesson_title: Text | None
    lesson_starts_at: datetime
    """When it was added, without a lesson."""
    municipality_name: Text
    instructor_name: str | None


@dataclass(frozen=True, slots=True)
class WatchedCard:
    """A recording somebody has begun to watch."""

    card: RecordingCard
    watched: Watched


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """What one municipality keeps."""

    municipality: Municipality
    recordings: int
    duration_s: float
    size_bytes: int
    keep_days: int | None


@dataclass(frozen=True, slots=True)
class GoingCard:
    """A recording that was deleted, or will be."""

    card: RecordingCard
    at: datetime
    """When its policy deletes it; when its files go, once it is deleted."""
    reason: str | None = None
    size_bytes: int | None = None
    purged: bool = False


@dataclass(frozen=True, slots=True)
class ShelfPage:
    rows: tuple[ShelfRow, ...]
    due: tuple[GoingCard, ...]
    """What the policies delete within 30 days."""
    deleted: tuple[GoingCard, ...]
    """Latest first."""


@dataclass(frozen=True, slots=True)
class PortalPage:
    live: tuple[LessonCard, ...]
    upcoming: tuple[LessonCard, ...]
    open_courses: tuple[CourseCard, ...]
    items: tuple[OnlineItem, ...]
    municipalities: tuple[Municipality, ...]
    """All 31, by Korean name; open or not."""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class SitePage:
    municipality: Municipality
    live: tuple[LessonCard, ...]
    upcoming: tuple[LessonCard, ...]
    open_courses: tuple[CourseCard, ...]
    items: tuple[OnlineItem, ...]
    recordings: tuple[RecordingCard, ...]
    """Shared with everybody."""
    notices: tuple[Notice, ...] = ()
    profile: SiteProfile | None = None


@dataclass(frozen=True, slots=True)
class CoursePage:
    course: Course
    municipality: Municipality
    instructor_name: str | None
    taken: int
    application: ApplicationState
    lessons: tuple[LessonCard, ...]
    mine: EnrolmentState | None
    """The viewer's own enrolment."""
    may_manage: bool
    study: Study = NOTHING_TO_WATCH
    """What it gives to watch at any time, and how far the viewer is."""

    @property
    def seats_left(self) -> int:
        return max(0, self.course.capacity - self.taken)


@dataclass(frozen=True, slots=True)
class Clash:
    """A lesson of the course, and one of mine at the same time."""

    lesson: LessonCard
    mine: LessonCard


@dataclass(frozen=True, slots=True)
class ApplicationPanel:
    """What the viewer's application for a course looks like, and what applying would bring."""

    mine: Enrolment | None
    place: int | None
    """On the waitlist, from 1."""
    waiting: int
    offer: Offer
    """What an application now would bring, were the window open."""
    seats_left: int
    """For somebody who lives where the viewer lives."""
    clashes: tuple[Clash, ...]
    """With lessons to come that the viewer is enrolled in; at most a few."""
    charge: Charge | None
    seed_hash: str | None
    """Of a lottery: shown before the draw so that it can be checked after it."""


@dataclass(frozen=True, slots=True)
class CalendarLesson:
    lesson: Lesson
    course_slug: str
    course_title: Text
    place: Text
    is_onsite: bool


@dataclass(frozen=True, slots=True)
class DrawRow:
    number: int
    home: Text | None
    """Only where kept seats or quotas decide by it."""
    state: EnrolmentState


@dataclass(frozen=True, slots=True)
class DrawPage:
    """The result of a lottery, with all it takes to repeat it. No names."""

    course: Course
    municipality: Municipality
    seed: str
    rows: tuple[DrawRow, ...]
    """In drawn order."""


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    person: Person
    enrolment: Enrolment
    charge: Charge | None


@dataclass(frozen=True, slots=True)
class MyCourse:
    card: CourseCard
    state: EnrolmentState
    applied_at: datetime
    lessons_held: int
    lessons_attended: int
    offer_until: datetime | None = None
    place: int | None = None
    """On the waitlist, from 1."""
    study: Study | None = None
    """How far one is in what it gives to watch at any time; None: it gives nothing."""

    def is_over(self, now: datetime) -> bool:
        """Its last lesson is, and nothing is left to watch that is needed."""
        if self.card.last_ends_at is not None and self.card.last_ends_at > now:
            return False
        if self.study is not None:
            return all(step.is_done for step in self.study.steps if step.item.needed)
        return self.card.last_ends_at is not None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something left to do in a course one is enrolled in."""

    need: Need
    course: CourseId
    course_title: Text
    id: str
    """Of the quiz or assignment; "" for the survey."""
    title: Text | None
    at: datetime | None
    """None: it has no day, but the certificate waits for it."""


@dataclass(frozen=True, slots=True)
class MyLearning:
    next_lesson: LessonCard | None
    """Live now, else the next one to start; as learner or as instructor."""
    next_role: TicketRole | None
    next_opens_at: datetime | None
    """When the viewer may enter it."""
    courses: tuple[MyCourse, ...]
    teaching: tuple[CourseCard, ...]
    recordings: tuple[RecordingCard, ...]
    """The latest of the viewer's courses."""
    certificates: tuple[Certificate, ...]
    deadlines: tuple[Deadline, ...] = ()
    """Soonest first."""


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A lesson with everything about it, for the door of the room."""

    lesson: Lesson
    course: Course
    municipality: Municipality
    instructor_name: str | None
    state: LessonState
    role: TicketRole | None
    """As what the viewer may enter now; None: `refusal` says why not."""
    refusal: str | None
    """Code: "sign-in-needed", "not-enrolled", "removed", "lesson-over" or "not-yet-open"."""
    opens_at: datetime | None
    """With "not-yet-open"."""
    recording: RecordingId | None
    """When the viewer may watch it and it can be played."""


@dataclass(frozen=True, slots=True)
class Correction:
    person: PersonId
    original: Verdict
    verdict: Verdict
    reason: str
    by: str
    """Name of who did it."""
    at: datetime


@dataclass(frozen=True, slots=True)
class SheetRow:
    attendance: Attendance
    verdict: Verdict
    """What counts: the last correction, else the derived one."""
    correction: Correction | None


@dataclass(frozen=True, slots=True)
class SheetPage:
    lesson: Lesson
    course: Course
    municipality: Municipality
    is_final: bool
    begin: datetime
    """What the time line spans."""
    end: datetime
    rows: tuple[SheetRow, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(row.verdict is verdict for row in self.rows)


@dataclass(frozen=True, slots=True)
class Dashboard:
    live_lessons: int
    lessons_today: int
    courses: int
    enrolled: int
    """Seats taken in published courses."""
    recordings: int
    certificates_this_year: int
    people: int
    """Whose home it is (everybody, for the province)."""
    enrolments_by_day: tuple[tuple[str, int], ...]
    """The last 14 days in Seoul, "2026-11-23" → applications."""
    verdicts: tuple[tuple[Verdict, int], ...]
    """Of the last 30 days."""
    courses_by_municipality: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    person: Person
    grants: frozenset[Grant]
    courses: int
    state: str = "active"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    certificate: Certificate
    person_name: str


@dataclass(frozen=True, slots=True)
class AccessRow:
    number: int
    at: datetime
    actor: PersonId | None
    actor_name: str | None
    address: str
    person: PersonId | None
    person_name: str | None
    what: str
    reason: str
    municipality: MunicipalityCode | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A recording with work left, and whether its class is over."""

    recording: Recording
    lesson: Lesson | None
    lesson_state: LessonState
    """ "ended" without a lesson."""
    edit: int = 0
    """Counts the edits (`StoredEdits.number`)."""
    withdrawn: frozenset[PersonId] = frozenset()
    """Who took back the consent to be in it."""


class AccountQueries(Protocol):
    """What only the person and those who administer accounts ask."""

    async def profile(self, person: PersonId) -> Profile | None: ...

    async def identities(self, person: PersonId) -> list[str]:
        """Issuers somebody can sign in by."""

    async def known_emails(self, emails: Sequence[str]) -> frozenset[str]:
        """Those that have an account."""

    async def likely_doubles(self) -> list[tuple[Any, Any]]:
        """Pairs of accounts that may be one person's: mappings of id, email, name, created_at."""

    async def own_data(self, person: PersonId) -> dict[str, list[dict[str, Any]]]:
        """Everything kept about somebody, by table, for themselves."""


class SiteQueries(Protocol):
    """What a municipality's site says of itself."""

    async def site_profile(self, code: str) -> SiteProfile:
        """An empty one when nothing was ever said."""

    async def site_logo(self, code: str) -> Logo | None: ...

    async def site_of_host(self, host: str) -> MunicipalityCode | None: ...

    async def notices(self, municipality: str | None, now: datetime, *, page: int = 1) -> Page[Notice]:
        """Shown now: the municipality's and the province's; without a municipality only the province's."""

    async def notice(self, notice: str, now: datetime) -> Notice | None: ...

    async def admin_notices(self, scope: Scope, *, page: int = 1) -> Page[Notice]: ...

    async def admin_notice(self, scope: Scope, notice: str) -> Notice | None: ...


@dataclass(frozen=True, slots=True)
class SystemCounts:
    """What the database knows of how the system is."""

    database: str
    """"SQLite" or "PostgreSQL"."""
    films_waiting: int
    """Recordings that can be replayed and have no film yet."""
    recordings_failed: int
    mails_waiting: int
    mails_late: int
    """Of them, tried at least once in vain."""
    mails_given_up: int
    """In the last 30 days."""


class AdministrationQueries(Protocol):
    """What the province counts, and who looked at whose data."""

    async def figures(self, scope: Scope, year: int) -> list[FigureRow]:
        """As they were last added up."""

    async def system_counts(self, now: datetime) -> SystemCounts: ...

    async def figures_counted_at(self) -> datetime | None: ...

    async def figure_years(self, scope: Scope) -> list[int]:
        """Years there are figures of, the latest first."""

    async def count_figures(self) -> list[FigureRow]:
        """Add everything up: seconds on millions of rows, for the hourly count only."""

    async def access_log(self, scope: Scope, month: str, *, page: int = 1) -> Page[AccessRow]: ...

    async def access_rows(self, scope: Scope, month: str) -> list[AccessRow]:
        """All of a month, for a file."""

    async def staff_looks(self, scope: Scope, month: str) -> list[StaffLooks]: ...

    async def access_reviews(self, scope: Scope, month: str) -> list[Review]: ...

    async def broken_access_row(self, month: str | None = None) -> int | None:
        """The first row that was altered after it was written; None when the (month's) log is whole."""


class Queries(AccountQueries, AdministrationQueries, SiteQueries, Protocol):
    """Who is asking."""

    async def viewer(self, token: str, now: datetime) -> Viewer | None:
        """Whose session this token is; None when unknown, expired or revoked. One statement."""

    async def viewers(self, token_hashes: Collection[str], now: datetime) -> dict[str, Viewer]:
        """The same for many at once, by the hashes of their tokens, in one statement."""

    async def person(self, person: PersonId) -> Viewer | None: ...

    async def moves(self, person: PersonId) -> list[HomeMove]: ...

    # -- public pages ------------------------------------------------------------------------------------------------

    async def municipality(self, code: str) -> Municipality | None: ...

    async def municipalities(self) -> list[Municipality]: ...

    async def portal(self, now: datetime) -> PortalPage: ...

    async def site(self, code: str, now: datetime) -> SitePage | None:
        """None when there is no such municipality. One that is not open has an empty page with `is_open` False."""

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
        """Published courses of open sites; of one municipality: with those shared with it.

        Those one can apply for first, then by first lesson.
        """

    async def course(self, municipality: str, slug: str, viewer: Viewer | None, now: datetime) -> CoursePage | None: ...

    async def application(self, course: Course, viewer: Viewer | None, now: datetime) -> ApplicationPanel: ...

    async def draw_page(self, municipality: str, slug: str) -> DrawPage | None:
        """None until the lottery was drawn."""

    async def items(
        self, *, municipality: str | None = None, search: str = "", category: str | None = None, page: int = 1
    ) -> Page[OnlineItem]: ...

    async def item(self, item: str) -> OnlineItem | None: ...

    async def verify(self, code: str) -> Certificate | None:
        """By the code as somebody typed it. A revoked one is found too: the page says so."""

    # -- my learning -------------------------------------------------------------------------------------------------

    async def my_learning(self, viewer: Viewer, now: datetime) -> MyLearning: ...

    async def history(self, viewer: Viewer, now: datetime) -> list[HistoryYear]: ...

    async def certificates(self, viewer: Viewer) -> list[Certificate]: ...

    async def certificate(self, certificate: str, viewer: Viewer) -> Certificate | None:
        """One's own, or of a municipality one administers."""

    async def calendar(self, token_hash: str, now: datetime) -> tuple[Viewer, list[CalendarLesson]] | None:
        """Whose calendar has this address, and the lessons of what they take or teach, cancelled ones too."""

    async def messages(self, viewer: Viewer, *, page: int = 1) -> Page[Message]:
        """Latest first."""

    # -- lessons -----------------------------------------------------------------------------------------------------

    async def lesson(self, lesson: str, viewer: Viewer | None, now: datetime) -> LessonPage | None:
        """None only when there is no such lesson (or its course is not published and the viewer does not manage it)."""

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        """Those of them whose account is suspended, closed, erased or merged; an id without an account is not among them."""

    async def find_lesson(self, lesson: str) -> tuple[Lesson, Course] | None:
        """For tickets, WHIP and the room: no question of who asks."""

    async def sheet(self, lesson: str, viewer: Viewer, now: datetime) -> SheetPage | None:
        """Derived from the facts while class runs, stored once it is over. For its instructor and staff; else None."""

    async def due_lessons(self, now: datetime) -> list[LessonId]:
        """Over, but their attendance is not final yet."""

    async def facts(self, lesson: str, types: Sequence[str] | None = None) -> list[Fact]:
        """In the order they arrived: what a restarted room, a replay's chat and a film's layout are made of."""

    # -- recordings --------------------------------------------------------------------------------------------------

    async def recordings(
        self,
        viewer: Viewer,
        now: datetime,
        *,
        search: str = "",
        municipality: str | None = None,
        category: str | None = None,
        kind: str | None = None,
        page: int = 1,
    ) -> Page[RecordingCard]:
        """All this viewer may watch, latest first. kind: "class" or "video" (ready-made)."""

    async def recording(self, recording: str, viewer: Viewer) -> RecordingCard | None:
        """None unless the viewer may watch it; one still being made is found (see `is_playable`)."""

    async def watched(self, recording: RecordingId, person: PersonId) -> Watched | None: ...

    async def watched_by(self, viewer: Viewer, *, limit: int = 100) -> list[WatchedCard]:
        """What this viewer has watched and may still watch, latest first."""

    async def find_recording(self, recording: str) -> Recording | None:
        """For jobs: no question of who asks."""

    async def recording_of(self, lesson: str) -> Recording | None: ...

    async def unfinished_recordings(self, now: datetime) -> list[Unfinished]:
        """Capturing or ready, oldest first: what `classroom jobs` has to look at."""

    # -- administration ----------------------------------------------------------------------------------------------

    async def dashboard(self, scope: Scope, now: datetime) -> Dashboard: ...

    async def admin_people(self, scope: Scope, *, search: str = "", page: int = 1) -> Page[PersonRow]:
        """Those at home in the scope, and those who applied for its courses or hold a right in it."""

    async def admin_courses(self, scope: Scope, now: datetime, *, search: str = "", page: int = 1) -> Page[CourseCard]:
        """In every state."""

    async def admin_lessons(self, scope: Scope, now: datetime, *, past: bool = False, page: int = 1) -> Page[LessonCard]:
        """Those not over, the next first; or those that are, the latest first."""

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
        """audience: "nobody", "course" or "everybody"."""

    async def video_uploads(self, scope: Scope) -> list[VideoUpload]:
        """The latest 50."""

    async def lessons_without_recording(self, scope: Scope) -> list[LessonCard]:
        """The latest 100 that began: a ready-made video may be added to them."""

    async def shelf(self, scope: Scope, now: datetime) -> ShelfPage:
        """How much is kept, for how long, and what goes next."""

    async def admin_certificates(self, scope: Scope, *, search: str = "", page: int = 1) -> Page[CertificateRow]: ...

    async def admin_enrolments(self, scope: Scope, course: str) -> list[tuple[Person, EnrolmentState, datetime]] | None:
        """In order of application; None when the course is not in the scope."""

    async def course_addresses(self, scope: Scope) -> set[tuple[str, str]]:
        """(municipality, slug) of every course in the scope."""

    async def courses_within(self, scope: Scope) -> list[Course]:
        """All of them, for a table to take away."""

    async def admin_applications(
        self, scope: Scope, course: str, *, state: EnrolmentState | None = None, page: int = 1
    ) -> Page[ApplicationRow] | None:
        """In order of application; None when the course is not in the scope."""

    async def application_counts(self, course: str) -> dict[EnrolmentState, int]: ...

    async def due_seats(self, now: datetime) -> tuple[list[CourseId], list[CourseId]]:
        """Courses with lapsed offers, and lotteries to be drawn."""

    async def open_charges(self) -> list[Charge]:
        """What is due or to be given back, longest first; at most 500."""

    async def due_reminders(self, now: datetime) -> list[LessonId]:
        """Lessons that begin within a day and whose class was not reminded."""

    # -- the command line --------------------------------------------------------------------------------------------

    async def cli_lessons(self, now: datetime) -> list[dict[str, Any]]:
        """contract.md §1: id, course, municipality, title, starts_at, ends_at, state."""

    async def cli_recordings(self) -> list[dict[str, Any]]:
        """id, lesson, state, duration_s, path, gaps."""

    async def cli_attendance(self, lesson: str, now: datetime) -> list[dict[str, Any]] | None:
        """person, name, intervals, minutes, verdict; None when there is no such lesson."""
