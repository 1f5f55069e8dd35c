"""Applications and seats, and who may enter a lesson as what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from classroom.courses import Course, Lesson
from classroom.errors import Refused
from classroom.people import CourseId, PersonId, Viewer

TicketRole = Literal["instructor", "learner", "viewer"]
INSTRUCTOR_OPENS_BEFORE = timedelta(minutes=60)
"""Instructors prepare: camera, slides, a word with the first to come."""


class EnrolmentState(StrEnum):
    APPLIED = "applied"
    """Waits for a decision; holds no seat."""
    ENROLLED = "enrolled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Enrolment:
    course: CourseId
    person: PersonId
    state: EnrolmentState
    applied_at: datetime
    changed_at: datetime


def may_apply(course: Course, mine: Enrolment | None, taken: int, now: datetime) -> None:
    """Raises Refused with the reason why this person cannot have a seat now."""
    if mine is not None and mine.state is not EnrolmentState.CANCELLED:
        raise Refused("already-applied")
    match course.application_state(taken, now):
        case "not-open":
            raise Refused("applications-not-open", opens_at=course.applies_from)
        case "closed":
            raise Refused("applications-closed", closed_at=course.applies_until)
        case "full":
            raise Refused("course-full", capacity=course.capacity)
        case "open":
            pass


def may_join(viewer: Viewer, course: Course, lesson: Lesson, mine: Enrolment | None, removed: bool, now: datetime) -> TicketRole:
    """As what `viewer` may enter `lesson` now.

    The course's instructor leads, an enrolled learner learns, staff of the municipality or the province look on.
    Raises Refused: "not-enrolled", "removed", "lesson-over" or "not-yet-open" (field `opens_at`).
    """
    role: TicketRole
    if course.instructor == viewer.id:
        role, opens_before = "instructor", INSTRUCTOR_OPENS_BEFORE
    elif mine is not None and mine.state is EnrolmentState.ENROLLED:
        role, opens_before = "learner", course.attendance.opens_before
    elif viewer.administers(course.municipality):
        role, opens_before = "viewer", INSTRUCTOR_OPENS_BEFORE
    else:
        raise Refused("not-enrolled")
    if removed and role != "instructor":
        raise Refused("removed")
    if lesson.state(now) == "ended":
        raise Refused("lesson-over")
    opens_at = lesson.starts_at - opens_before
    if now < opens_at:
        raise Refused("not-yet-open", opens_at=opens_at)
    return role
