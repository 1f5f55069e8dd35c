"""Courses and their lessons, and what the timetable says about now."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from classroom.admission import AdmissionRule, Mode
from classroom.errors import Invalid
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId
from classroom.rules import AttendanceRule, CompletionRule
from classroom.texts import EMPTY, Text

LessonState = Literal["scheduled", "live", "ended", "cancelled"]
ApplicationState = Literal["not-open", "open", "waitlist", "full", "closed"]
OVERTIME = timedelta(hours=3)
"""A started lesson that nobody ended is over this long after its scheduled end: then not even signalling will end it any more."""
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


class CourseKind(StrEnum):
    LIVE = "live"
    ONLINE = "online"
    OFFLINE = "offline"
    BLENDED = "blended"


class CourseState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Course:
    id: CourseId
    municipality: MunicipalityCode
    slug: str
    """Its address below the municipality's: lower-case letters, digits, hyphens."""
    title: Text
    summary: Text
    description: Text
    category: str
    """A key of CATEGORIES."""
    kind: CourseKind
    instructor: PersonId | None
    place: Text
    """Where, for courses with lessons on the spot."""
    capacity: int
    applies_from: datetime
    applies_until: datetime
    attendance: AttendanceRule = field(default_factory=AttendanceRule)
    completion: CompletionRule = field(default_factory=CompletionRule)
    auto_record: bool = False
    """Recording starts with the lesson."""
    state: CourseState = CourseState.PUBLISHED
    admission: AdmissionRule = field(default_factory=AdmissionRule)
    level: str = "all"
    """A key of LEVELS."""
    audience: str = "everybody"
    """A key of AUDIENCES: whom it is made for; anybody may apply."""
    version: int = 1
    """Goes up with every change, so that two who edit at once notice."""
    drawn_at: datetime | None = None
    """When the lottery was drawn."""

    def application_state(
        self, taken: int, now: datetime, *, waiting: int = 0, first_starts_at: datetime | None = None
    ) -> ApplicationState:
        """What an application meets now. "full" and "closed" are never said while a seat can be had.

        `taken` counts seats held and seats on offer; `first_starts_at` ends late applications.
        """
        rule = self.admission
        if self.state is CourseState.ARCHIVED:
            return "closed"
        if now < self.applies_from:
            return "not-open"
        if now >= self.applies_until:
            is_late = rule.late and (first_starts_at is None or now < first_starts_at)
            undrawn = rule.mode == Mode.LOTTERY and self.drawn_at is None
            return "open" if is_late and not undrawn and taken < self.capacity else "closed"
        if rule.mode != Mode.FIRST_COME or taken < self.capacity:
            return "open"
        return "waitlist" if waiting < rule.waitlist else "full"


@dataclass(frozen=True, slots=True)
class Lesson:
    id: LessonId
    course: CourseId
    municipality: MunicipalityCode
    number: int
    title: Text
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None = None
    """When the instructor was in for the first time."""
    ended_at: datetime | None = None
    """When the class was ended for everybody."""
    substitute: PersonId | None = None
    """Leads this lesson instead of the course's instructor."""
    captioner: PersonId | None = None
    """Writes down what is said in it, and has no other part in it."""
    cancelled_at: datetime | None = None
    """It does not take place; it counts for nothing."""
    cancel_reason: str = ""
    sequence: int = 0
    """Goes up with every change of time or place: calendars take over the higher one (RFC 5545 §3.8.7.4)."""

    def state(self, now: datetime) -> LessonState:
        """Live from the start in the timetable (or the instructor's earlier entry) until it is ended.

        A lesson nobody led is over at its scheduled end; a led one goes on until it is ended, at most OVERTIME longer.
        """
        if self.cancelled_at is not None:
            return "cancelled"
        if self.ended_at is not None:
            return "ended"
        if now >= (self.ends_at + OVERTIME if self.started_at is not None else self.ends_at):
            return "ended"
        return "live" if now >= self.starts_at or self.started_at is not None else "scheduled"


CATEGORIES: dict[str, Text] = {
    "digital": Text("디지털", "Digital life"),
    "language": Text("외국어", "Languages"),
    "humanities": Text("인문·교양", "Humanities"),
    "arts": Text("문화·예술", "Arts and culture"),
    "health": Text("건강·생활", "Health and daily life"),
    "work": Text("직업·자격", "Work and qualifications"),
    "green": Text("환경·텃밭", "Garden and environment"),
    "civic": Text("시민·안전", "Citizenship and safety"),
}
"""The fields courses and online items are sorted into."""
LEVELS = ("all", "beginner", "intermediate", "advanced")
AUDIENCES = ("everybody", "seniors", "adults", "parents", "youth", "newcomers")
"""Whom a course is made for: older people, working age, families, young people, people new to the country."""


def checked_slug(slug: str) -> str:
    """Raises Invalid("slug-invalid")."""
    if not _SLUG.fullmatch(slug):
        raise Invalid("slug-invalid", field="slug")
    return slug


def checked_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raises Invalid("times-wrong") unless the end is after the start."""
    if ends_at <= starts_at:
        raise Invalid("times-wrong", field="ends_at")


@dataclass(frozen=True, slots=True)
class OnlineItem:
    """Something to learn from at any time, shared by its municipality with everybody."""

    id: str
    municipality: MunicipalityCode
    title: Text
    summary: Text
    body: Text
    """Paragraphs separated by an empty line."""
    category: str
    minutes: int
    """To read or watch."""
    published_at: datetime
    recording: str | None = None
    """The recording it plays, when it is one."""


NO_PLACE = EMPTY
