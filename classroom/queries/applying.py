"""Applications: what applying would bring, the draw, calendars, messages, what is due by the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.admission import Offer
from classroom.courses import Course, Lesson
from classroom.enrolment import Enrolment, EnrolmentState
from classroom.fees import Charge
from classroom.messages import Message
from classroom.municipalities import Municipality
from classroom.people import CourseId, LessonId, Person, Scope, Viewer
from classroom.queries.cards import LessonCard
from classroom.queries.paging import Page
from classroom.texts import Text


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


class ApplyingQueries(Protocol):
    async def application(self, course: Course, viewer: Viewer | None, now: datetime) -> ApplicationPanel: ...

    async def draw_page(self, municipality: str, slug: str) -> DrawPage | None:
        """None until the lottery was drawn."""

    async def calendar(self, token_hash: str, now: datetime) -> tuple[Viewer, list[CalendarLesson]] | None:
        """Whose calendar has this address, and the lessons of what they take or teach, cancelled ones too."""

    async def messages(self, viewer: Viewer, *, page: int = 1) -> Page[Message]:
        """Latest first."""

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
