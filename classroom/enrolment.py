"""Applications and seats, and who may enter a lesson as what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from classroom.admission import Seats
from classroom.courses import Course, Lesson
from classroom.errors import Refused
from classroom.people import CourseId, MunicipalityCode, PersonId, Viewer

TicketRole = Literal["instructor", "learner", "captioner", "viewer"]
INSTRUCTOR_OPENS_BEFORE = timedelta(minutes=60)
"""Instructors prepare: camera, slides, a word with the first to come."""


class EnrolmentState(StrEnum):
    APPLIED = "applied"
    """Waits for a decision; holds no seat."""
    ENROLLED = "enrolled"
    WAITING = "waiting"
    """On the waitlist."""
    OFFERED = "offered"
    """Moved up from the waitlist: a seat is held until they accept or `offer_until` passes."""
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    """Did not accept in time."""
    NOT_DRAWN = "not-drawn"
    DECLINED = "declined"
    """Staff said no."""


SEATED = (EnrolmentState.ENROLLED, EnrolmentState.OFFERED)
"""Hold a seat."""
ACTIVE = (EnrolmentState.APPLIED, EnrolmentState.ENROLLED, EnrolmentState.WAITING, EnrolmentState.OFFERED)


@dataclass(frozen=True, slots=True)
class Enrolment:
    course: CourseId
    person: PersonId
    state: EnrolmentState
    applied_at: datetime
    changed_at: datetime
    number: int = 0
    """In the order applications of this course arrived, from 1; 0 where nobody counted."""
    rank: int = 0
    """Place in the waitlist's order, lowest first: the number, or the place in the draw."""
    home: MunicipalityCode | None = None
    """Where the person lived when they applied: what kept seats and quotas count by."""
    offer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """What the seats of a course look like at one moment."""

    taken: Mapping[str | None, int]
    """Seats held or on offer, by where people live."""
    waiting: int
    last_number: int
    last_rank: int
    lapses_at: datetime | None
    """When the first offer lapses."""

    @property
    def total(self) -> int:
        return sum(self.taken.values())

    def with_one_more(self, granted: Enrolment) -> "Book":
        """After somebody new was granted something."""
        taken = dict(self.taken)
        if granted.state in SEATED:
            taken[granted.home] = taken.get(granted.home, 0) + 1
        waiting = self.waiting + (granted.state is EnrolmentState.WAITING)
        return replace(self, taken=taken, waiting=waiting, last_number=granted.number, last_rank=granted.rank)


def seats_of(course: Course, book: Book) -> Seats:
    return Seats(course.capacity, course.municipality, course.admission, dict(book.taken))


def may_apply(
    course: Course,
    mine: Enrolment | None,
    taken: int,
    now: datetime,
    *,
    waiting: int = 0,
    first_starts_at: datetime | None = None,
) -> None:
    """Raises Refused with the reason why this person cannot apply now."""
    if mine is not None and mine.state in ACTIVE:
        raise Refused("already-applied")
    if mine is not None and mine.state is EnrolmentState.DECLINED:
        raise Refused("application-declined")
    match course.application_state(taken, now, waiting=waiting, first_starts_at=first_starts_at):
        case "not-open":
            raise Refused("applications-not-open", opens_at=course.applies_from)
        case "closed":
            raise Refused("applications-closed", closed_at=course.applies_until)
        case "full":
            raise Refused("course-full", capacity=course.capacity)
        case "open" | "waitlist":
            pass


def granted(
    course: Course,
    book: Book,
    person: PersonId,
    mine: Enrolment | None,
    home: MunicipalityCode | None,
    now: datetime,
    *,
    first_starts_at: datetime | None = None,
) -> Enrolment:
    """What somebody who applies now gets: a seat, a place on the waitlist, or one in the draw or on the pile. Raises Refused."""
    may_apply(course, mine, book.total, now, waiting=book.waiting, first_starts_at=first_starts_at)
    seats = seats_of(course, book)
    offer = seats.offer(home, book.waiting)
    if now >= course.applies_until and offer == "application":  # the draw and the decisions are over
        offer = "seat" if seats.has_seat(home) else "full"
    if offer == "elsewhere":
        raise Refused("not-for-your-municipality")
    if offer == "full":
        raise Refused("course-full", capacity=course.capacity)
    states = {
        "seat": EnrolmentState.ENROLLED,
        "waitlist": EnrolmentState.WAITING,
        "application": EnrolmentState.APPLIED,
    }
    return Enrolment(course.id, person, states[offer], now, now, book.last_number + 1, book.last_rank + 1, home)


def may_join(viewer: Viewer, course: Course, lesson: Lesson, mine: Enrolment | None, removed: bool, now: datetime) -> TicketRole:
    """As what `viewer` may enter `lesson` now.

    The course's instructor leads (and a lesson's substitute), who was named for it writes captions, an enrolled learner learns,
    staff of the municipality or the province look on.

    Raises Refused: "not-enrolled", "removed", "lesson-cancelled", "lesson-over" or "not-yet-open" (field `opens_at`).
    """
    role: TicketRole
    if viewer.id in (course.instructor, lesson.substitute):
        role, opens_before = "instructor", INSTRUCTOR_OPENS_BEFORE
    elif viewer.id == lesson.captioner:
        role, opens_before = "captioner", INSTRUCTOR_OPENS_BEFORE
    elif mine is not None and mine.state is EnrolmentState.ENROLLED:
        role, opens_before = "learner", course.attendance.opens_before
    elif viewer.administers(course.municipality):
        role, opens_before = "viewer", INSTRUCTOR_OPENS_BEFORE
    else:
        raise Refused("not-enrolled")
    if removed and role != "instructor":
        raise Refused("removed")
    if lesson.state(now) == "cancelled":
        raise Refused("lesson-cancelled")
    if lesson.state(now) == "ended":
        raise Refused("lesson-over")
    opens_at = lesson.starts_at - opens_before
    if now < opens_at:
        raise Refused("not-yet-open", opens_at=opens_at)
    return role
