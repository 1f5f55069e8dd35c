"""Assignments: something is handed in, the instructor looks at it, accepts it or gives it back with a word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from classroom.errors import Invalid, Refused
from classroom.people import CourseId, MunicipalityCode, PersonId
from classroom.texts import Text
from classroom.uploads import UploadId

AssignmentId = NewType("AssignmentId", str)
MAX_TEXT = 20_000


class SubmissionState(StrEnum):
    SUBMITTED = "submitted"
    PASSED = "passed"
    RETURNED = "returned"
    """To be done again; may be handed in anew also after the time is up."""


@dataclass(frozen=True, slots=True)
class Assignment:
    id: AssignmentId
    course: CourseId
    municipality: MunicipalityCode
    title: Text
    instructions: str
    due_at: datetime | None = None
    needed: bool = True
    """An accepted one is a condition of completing the course."""


@dataclass(frozen=True, slots=True)
class Submission:
    assignment: AssignmentId
    person: PersonId
    text: str
    upload: UploadId | None
    state: SubmissionState
    submitted_at: datetime
    score: int | None = None
    feedback: str = ""
    graded_by: PersonId | None = None
    graded_at: datetime | None = None


def may_hand_in(assignment: Assignment, known: Submission | None, text: str, has_file: bool, now: datetime) -> None:
    """Raises Refused: "assignment-passed", "assignment-closed"; Invalid("assignment-empty")."""
    if known is not None and known.state is SubmissionState.PASSED:
        raise Refused("assignment-passed")
    again = known is not None and known.state is SubmissionState.RETURNED
    if assignment.due_at is not None and now > assignment.due_at and not again:
        raise Refused("assignment-closed", closed_at=assignment.due_at)
    if not text.strip() and not has_file:
        raise Invalid("assignment-empty", field="text")
