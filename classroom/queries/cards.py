"""Courses, lessons and recordings as they stand in lists."""

from dataclasses import dataclass
from datetime import datetime

from classroom.catalogue import Recording
from classroom.courses import ApplicationState, CourseState, LessonState
from classroom.people import CourseId, LessonId, MunicipalityCode, RecordingId
from classroom.texts import Text
from classroom.watching import Watched


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
