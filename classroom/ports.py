"""What the actions need from outside, as Protocols. `classroom/store` satisfies them with SQL; tests may with dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from classroom.accounts import Guardian, Link, LinkKind, Profile
from classroom.assessment_ports import Assignments, Completions, Excuses, Quizzes, Surveys, Uploads
from classroom.attendance import Attendance, Presence, Verdict
from classroom.catalogue import Recording, RetentionPolicy
from classroom.certificates import Certificate, Paper
from classroom.courses import Course, Lesson, OnlineItem
from classroom.enrolment import Book, Enrolment, EnrolmentState
from classroom.events import Fact
from classroom.fees import Charge
from classroom.figures import FigureRow
from classroom.municipalities import Municipality
from classroom.people import (
    CertificateId,
    CourseId,
    Grant,
    LessonId,
    MunicipalityCode,
    Person,
    PersonId,
    RecordingId,
    Session,
    Viewer,
)
from classroom.recording_changes import FilmProgress, StoredEdits, Withdrawal
from classroom.sites import Logo, Notice, NoticeId, SiteProfile
from classroom.statements import Statement, StatementId
from classroom.study import Study, StudyItem
from classroom.texts import Locale
from classroom.video_uploads import Upload as VideoUpload
from classroom.watching import WatchClock, Watched


class PasswordHasher(Protocol):
    """Slow on purpose, so never called inside a transaction."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """As much work for None (no such account) as for a wrong password."""


class Municipalities(Protocol):
    async def get(self, code: MunicipalityCode) -> Municipality | None: ...

    async def update(self, municipality: Municipality) -> None: ...


class People(Protocol):
    async def get(self, person: PersonId) -> Person | None: ...

    async def by_email(self, email: str) -> tuple[Person, str] | None:
        """The person and the password hash."""

    async def add(self, person: Person, password_hash: str) -> bool:
        """False when the e-mail is taken."""

    async def set_password(self, person: PersonId, password_hash: str) -> None: ...

    async def move_home(self, person: PersonId, municipality: MunicipalityCode, since: datetime) -> None: ...

    async def set_locale(self, person: PersonId, locale: str) -> None: ...

    async def grant(self, person: PersonId, grant: Grant, now: datetime) -> bool:
        """False when it was there already."""

    async def revoke(self, person: PersonId, grant: Grant) -> bool: ...

    async def viewer(self, person: PersonId) -> Viewer | None: ...

    async def province_staff(self) -> list[PersonId]:
        """Who administers the platform itself."""


class Accounts(Protocol):
    async def add_link(self, token_hash: str, link: Link) -> None: ...

    async def link(self, token_hash: str) -> Link | None: ...

    async def use_link(self, token_hash: str, now: datetime) -> None:
        """It works once; what it carried is forgotten."""

    async def drop_links(self, kind: LinkKind, person: PersonId) -> None: ...

    async def forget_links(self, before: datetime) -> int: ...

    async def profile(self, person: PersonId) -> Profile | None: ...

    async def set(self, person: PersonId, **values: Any) -> None: ...

    async def set_guardian(self, person: PersonId, guardian: Guardian, now: datetime) -> None: ...

    async def identity(self, issuer: str, subject: str) -> PersonId | None: ...

    async def add_identity(self, issuer: str, subject: str, person: PersonId, now: datetime) -> bool:
        """False when it belongs to somebody already."""

    async def due_for_erasure(self, closed_before: datetime) -> list[PersonId]: ...

    async def merged_into(self, person: PersonId) -> list[PersonId]:
        """Accounts that went over into this one, through any number of steps."""

    async def erase(self, person: PersonId) -> None: ...

    async def merge(self, kept: PersonId, dropped: PersonId) -> dict[str, int]:
        """How many rows of which table were handed on."""

    async def note_merge(self, values: Mapping[str, Any]) -> None: ...


class Sessions(Protocol):
    async def add(self, token_hash: str, session: Session) -> None: ...

    async def revoke(self, token_hash: str, now: datetime) -> None: ...

    async def revoke_all(self, person: PersonId, now: datetime, keep: str | None = None) -> int: ...


class Courses(Protocol):
    async def get(self, course: CourseId) -> Course | None: ...

    async def lock(self, course: CourseId) -> Course | None:
        """Nobody else changes its seats until this transaction ends."""

    async def by_slug(self, municipality: MunicipalityCode, slug: str) -> Course | None: ...

    async def add(self, course: Course, draw_seed: str | None = None) -> None: ...

    async def update(self, course: Course) -> None: ...

    async def draw_seed(self, course: CourseId) -> str | None:
        """Secret until the lottery was drawn."""

    async def set_draw_seed(self, course: CourseId, seed: str) -> None: ...

    async def lesson(self, lesson: LessonId) -> Lesson | None: ...

    async def lessons(self, course: CourseId, *, cancelled: bool = False) -> list[Lesson]:
        """By number; those that were cancelled only when asked for."""

    async def first_starts_at(self, course: CourseId) -> datetime | None: ...

    async def add_lesson(self, lesson: Lesson) -> None: ...

    async def add_lessons(self, new: Collection[Lesson]) -> None:
        """A series of one course."""

    async def update_lesson(self, lesson: Lesson) -> None: ...

    async def forget_reminder(self, lesson: LessonId) -> None: ...

    async def mark_reminded(self, lesson: LessonId, now: datetime) -> bool:
        """False when that was done before."""

    async def unsettle(self, lessons: Collection[LessonId]) -> None:
        """Their sheets are out of date: they are due again."""


class Enrolments(Protocol):
    async def get(self, course: CourseId, person: PersonId) -> Enrolment | None: ...

    async def put(self, enrolment: Enrolment, municipality: MunicipalityCode) -> None: ...

    async def put_all(self, changed: Collection[Enrolment], municipality: MunicipalityCode) -> None: ...

    async def taken(self, course: CourseId) -> int:
        """Seats held or on offer."""

    async def book(self, course: CourseId) -> Book:
        """What the seats look like. Exact while the course is locked."""

    async def in_state(self, course: CourseId, *states: EnrolmentState) -> list[Enrolment]:
        """By rank."""

    async def standing(
        self, course: CourseId, asked: Collection[PersonId]
    ) -> dict[PersonId, tuple[Enrolment | None, MunicipalityCode | None]]:
        """Each one's enrolment in the course, if any, and home."""

    async def home_of(self, person: PersonId) -> MunicipalityCode | None: ...

    async def enrolled(self, course: CourseId) -> dict[PersonId, str]:
        """Everybody enrolled → their name."""


class Charges(Protocol):
    async def get(self, course: CourseId, person: PersonId) -> Charge | None: ...

    async def put(self, each: Charge, municipality: MunicipalityCode) -> None: ...


class PaymentGateway(Protocol):
    """Whoever takes the money (`CLASSROOM_PAYMENTS`). Without one, staff say how to pay and write down what was paid."""

    async def address(self, charge: Charge) -> str:
        """Where the person pays what is due. Asked with every look at the page: it must not cost a call."""

    async def is_paid(self, charge: Charge) -> bool:
        """Whether the money for a due charge is there. Asked every 15 s until it is."""

    async def give_back(self, charge: Charge) -> bool:
        """Give back `refund_won`; True when that is done. Asked again until it is: doing it twice must be one refund."""


class Calendars(Protocol):
    async def generation(self, person: PersonId) -> int | None:
        """Of the secret address that works now."""

    async def put(self, person: PersonId, token_hash: str, generation: int) -> None: ...


class Messages(Protocol):
    async def send(self, to: Collection[PersonId], kind: str, data: Mapping[str, Any], now: datetime) -> None:
        """To the inbox of each, and by mail."""

    async def send_each(self, letters: Mapping[PersonId, Mapping[str, Any]], kind: str, now: datetime) -> None:
        """The same kind of message with different words for each."""

    async def read_all(self, person: PersonId, now: datetime) -> int:
        """How many were new."""

    async def unread(self, person: PersonId) -> int: ...


class Mails(Protocol):
    async def queue(self, address: str, kind: str, data: Mapping[str, Any], locale: Locale, now: datetime) -> None:
        """For somebody who has no account (yet)."""

    async def claim(self, now: datetime, most: int = 20) -> list[Any]: ...

    async def sent(self, number: int, now: datetime) -> None: ...

    async def failed(self, number: int, tries: int, now: datetime) -> None: ...


class Facts(Protocol):
    async def append(self, facts: Sequence[Fact], now: datetime) -> list[Fact]:
        """Those that were new, in order."""

    async def presence(self, lesson: LessonId) -> Presence:
        """Who was there when, folded from all facts of the lesson."""

    async def latest(self, lesson: LessonId) -> int:
        """The arrival number of the newest fact `presence` is folded from; 0 when there is none."""

    async def of_lesson(self, lesson: LessonId, types: Sequence[str] | None = None) -> list[Fact]:
        """In the order they arrived."""

    async def naming(self, people: Collection[PersonId]) -> dict[PersonId, list[int]]:
        """Numbers of the facts that say their names."""

    async def forget_names(self, numbers: Sequence[int]) -> None:
        """The one change the log takes: names and words of people who are erased. Anybody else's is refused by the database."""

    async def was_in(self, lesson: LessonId, person: PersonId) -> bool:
        """Ever entered its room."""

    async def is_removed(self, lesson: LessonId, person: PersonId) -> bool: ...


class AttendanceSheets(Protocol):
    async def replace(self, lesson: Lesson, rows: Sequence[Attendance], now: datetime) -> None:
        """The derived sheet; corrections are kept elsewhere and stay."""

    async def of_course(
        self, course: CourseId, people: Sequence[PersonId] | None = None
    ) -> dict[LessonId, dict[PersonId, Verdict]]:
        """Final verdicts with corrections applied, of everybody or of `people`; every lesson that was held is a key."""

    async def verdict(self, lesson: LessonId, person: PersonId) -> Verdict | None: ...

    async def correct(
        self, lesson: Lesson, person: PersonId, original: Verdict, verdict: Verdict, reason: str, by: PersonId, now: datetime
    ) -> None: ...


class Recordings(Protocol):
    async def get(self, recording: RecordingId) -> Recording | None: ...

    async def of_lesson(self, lesson: LessonId) -> Recording | None: ...

    async def add(self, recording: Recording, now: datetime) -> bool:
        """False when the lesson has one."""

    async def update(self, recording: Recording, now: datetime) -> None: ...


class RecordingChanges(Protocol):
    async def edits(self, recording: RecordingId) -> StoredEdits: ...

    async def add_edit(self, recording: Recording, document: dict[str, Any], by: PersonId | None, now: datetime) -> None: ...

    async def undo_edit(self, recording: RecordingId, now: datetime) -> bool:
        """False when nothing is left to take back."""

    async def withdraw(self, recording: Recording, person: PersonId, by: PersonId | None, now: datetime) -> bool:
        """False when that was done before."""

    async def withdrawals(self, recording: RecordingId) -> list[Withdrawal]: ...

    async def finish_withdrawals(self, recording: RecordingId, persons: set[PersonId], now: datetime) -> None:
        """The recording was made anew without these."""

    async def film(self, recording: RecordingId) -> FilmProgress | None: ...

    async def put_film(self, recording: RecordingId, film: FilmProgress, now: datetime) -> None: ...


class Certificates(Protocol):
    async def get(self, certificate: CertificateId) -> Certificate | None: ...

    async def of(self, course: CourseId, person: PersonId) -> Certificate | None: ...

    async def holders(self, course: CourseId) -> set[PersonId]: ...

    async def next_number(self, municipality: MunicipalityCode, year: int, count: int = 1) -> int:
        """The first of `count` numbers, without gaps or doubles: taken back when the transaction fails, no one else's before."""

    async def add(self, certificates: Sequence[tuple[int, Certificate]], year: int) -> None:
        """With their numbers."""

    async def revoke(self, certificate: CertificateId, reason: str, now: datetime) -> None: ...

    async def replace_paper(self, certificate: Certificate, paper: Paper, reason: str, by: PersonId, now: datetime) -> None:
        """Valid with another paper; the former one is kept."""

    async def revoked_numbers(self, municipality: MunicipalityCode, year: int) -> list[int]: ...

    async def of_course(self, course: CourseId) -> list[Certificate]:
        """By number."""

    async def seal(self, municipality: MunicipalityCode, mark: str | None = None) -> Logo | None:
        """The one in use, or the one of that mark."""

    async def put_seal(self, municipality: MunicipalityCode, seal: Logo, by: PersonId, now: datetime) -> None: ...

    async def add_statement(self, statement: Statement) -> None: ...

    async def statement(self, statement: StatementId) -> Statement | None: ...

    async def statement_by_code(self, code: str) -> Statement | None:
        """As somebody typed it."""

    async def statements(self, person: PersonId) -> list[Statement]:
        """Latest first."""


class Watching(Protocol):
    """Unique seconds watched, per person and recording."""

    async def clock(self, person: PersonId, now: datetime) -> WatchClock:
        """Held by this transaction until it ends."""

    async def put_clock(self, person: PersonId, clock: WatchClock, now: datetime) -> None: ...

    async def get(self, recording: RecordingId, person: PersonId) -> Watched | None: ...

    async def put(self, each: Watched, municipality: MunicipalityCode, now: datetime) -> None: ...

    async def of_course(
        self, course: CourseId, people: Collection[PersonId] | None = None
    ) -> dict[PersonId, dict[LessonId, Watched]]:
        """What was watched of the recordings of a course's lessons, for completion and make-up."""

    async def of_person(self, person: PersonId, recordings: Collection[RecordingId]) -> dict[RecordingId, Watched]: ...


class Shelf(Protocol):
    """Uploads, sharing, keeping and deleting of recordings."""

    async def upload(self, upload: str) -> VideoUpload | None: ...

    async def put_upload(self, upload: VideoUpload, now: datetime) -> None: ...

    async def remove_upload(self, upload: str) -> None: ...

    async def next_upload(self) -> VideoUpload | None:
        """The oldest that is whole but not ready."""

    async def share_with(self, recording: RecordingId, municipalities: Collection[MunicipalityCode]) -> None: ...

    async def shared_with(self, recordings: Collection[RecordingId]) -> dict[RecordingId, list[MunicipalityCode]]: ...

    async def policies(self) -> dict[MunicipalityCode, RetentionPolicy]: ...

    async def set_policy(
        self, municipality: MunicipalityCode, policy: RetentionPolicy, by: PersonId | None, now: datetime
    ) -> None: ...

    async def note_deleted(self, recording: RecordingId, reason: str | None) -> None: ...

    async def due(self, municipality: MunicipalityCode, before: datetime) -> list[RecordingId]:
        """What a policy deletes of classes before that."""

    async def unpurged(self, deleted_before: datetime) -> list[RecordingId]: ...

    async def note_purged(self, recording: RecordingId, now: datetime) -> None: ...

    async def unmeasured(self) -> list[RecordingId]: ...

    async def note_size(self, recording: RecordingId, size_bytes: int, now: datetime) -> None: ...


class OnlineItems(Protocol):
    async def put(self, item: OnlineItem) -> None:
        """Add it, or replace the one with its id."""


class CourseItems(Protocol):
    """What courses give to watch at any time."""

    async def of_course(self, course: CourseId) -> list[StudyItem]:
        """In order; also what learners cannot watch now."""

    async def replace(self, course: Course, items: Sequence[StudyItem]) -> None:
        """The list anew, in this order."""

    async def studies(self, courses: Collection[CourseId], person: PersonId | None) -> dict[CourseId, Study]:
        """Of those of the courses that have items; for None as for somebody who has watched nothing."""

    async def watched(
        self, recordings: Collection[RecordingId], people: Sequence[PersonId] | None
    ) -> dict[PersonId, dict[RecordingId, Watched]]:
        """Of all who watched them, or of `people`."""

    async def courses_of(self, recording: RecordingId, person: PersonId) -> list[CourseId]:
        """Courses this person is enrolled in that give it to watch: as an item, or as the replay of a lesson."""

    async def choices(self, course: Course, by: Viewer, search: str = "", limit: int = 20) -> list[StudyItem]:
        """What `by` may put on the list and is not on it, latest first."""

    async def choice(self, course: Course, by: Viewer, recording: RecordingId) -> StudyItem | None:
        """One of them."""


class AccessLog(Protocol):
    async def append(self, entry: Mapping[str, Any], at: datetime) -> None:
        """Chained to the entry before by its hash."""

    async def append_all(self, entries: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """In order, in one statement."""

    async def last_chain(self) -> str:
        """The hash of the newest row; "" of an empty log."""

    async def sign(self, values: Mapping[str, Any]) -> None:
        """Keep a review."""


class Figures(Protocol):
    async def replace(self, rows: list[FigureRow], now: datetime) -> None:
        """All of them anew."""


class Sites(Protocol):
    async def profile(self, code: MunicipalityCode) -> SiteProfile:
        """An empty one when nothing was ever said."""

    async def save(self, profile: SiteProfile) -> None: ...

    async def host_owner(self, host: str) -> MunicipalityCode | None: ...

    async def put_logo(self, code: MunicipalityCode, logo: Logo | None) -> None: ...

    async def notice(self, notice: NoticeId) -> Notice | None: ...

    async def put_notice(self, notice: Notice, author: PersonId | None) -> None:
        """Add it, or replace the one with its id."""

    async def remove_notice(self, notice: NoticeId) -> None: ...


class UnitOfWork(Protocol):
    """One transaction that writes: all of it happens, or nothing."""

    @property
    def municipalities(self) -> Municipalities: ...
    @property
    def people(self) -> People: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def courses(self) -> Courses: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def calendars(self) -> Calendars: ...
    @property
    def charges(self) -> Charges: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def attendance(self) -> AttendanceSheets: ...
    @property
    def recordings(self) -> Recordings: ...
    @property
    def recording_changes(self) -> RecordingChanges: ...
    @property
    def watching(self) -> Watching: ...
    @property
    def shelf(self) -> Shelf: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def items(self) -> OnlineItems: ...
    @property
    def course_items(self) -> CourseItems: ...
    @property
    def sites(self) -> Sites: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def access_log(self) -> AccessLog: ...
    @property
    def quizzes(self) -> Quizzes: ...
    @property
    def assignments(self) -> Assignments: ...
    @property
    def surveys(self) -> Surveys: ...
    @property
    def excuses(self) -> Excuses: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def completions(self) -> Completions: ...


class Transactions(Protocol):
    """Opens units of work. `async with store.writing() as uow:` commits at the end, rolls back on any exception."""

    def writing(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """The same without the right to write, and without waiting for those who do."""


class CertificateRenderer(Protocol):
    def render(self, certificate: Certificate, *, verify_url: str, locale: str, seal: Logo | None = None) -> bytes:
        """PDF. Raises ClassroomError("no-hangul-font")."""

    def render_statement(self, statement: Statement, *, verify_url: str, locale: str) -> bytes:
        """PDF. Raises as `render`."""
