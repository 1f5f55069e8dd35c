"""Excuses: why somebody could not come, with a document; staff or the instructor decide, and the sheet says what they decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId
from classroom.uploads import UploadId

ExcuseId = NewType("ExcuseId", str)
MAX_REASON = 500


class ExcuseState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    """Another one may be handed in."""


@dataclass(frozen=True, slots=True)
class Excuse:
    id: ExcuseId
    lesson: LessonId
    course: CourseId
    municipality: MunicipalityCode
    person: PersonId
    reason: str
    upload: UploadId | None
    state: ExcuseState
    at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    answer: str = ""
