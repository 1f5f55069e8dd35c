"""Who is asking, and what they learn now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.certificates import Certificate
from classroom.completion import Need
from classroom.enrolment import EnrolmentState, TicketRole
from classroom.people import CourseId, HomeMove, PersonId, Viewer
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.study import Study, is_over
from classroom.texts import Text


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
        return is_over(self.card.last_ends_at, self.study, now)


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
    """All that are not over, and the latest few that are."""
    teaching: tuple[CourseCard, ...]
    recordings: tuple[RecordingCard, ...]
    """The latest of the viewer's courses."""
    certificates: tuple[Certificate, ...]
    """The latest few."""
    deadlines: tuple[Deadline, ...] = ()
    """Soonest first."""


class LearningQueries(Protocol):
    async def viewer(self, token: str, now: datetime) -> Viewer | None:
        """Whose session this token is; None when unknown, expired or revoked. One statement."""

    async def viewers(self, token_hashes: Collection[str], now: datetime) -> dict[str, Viewer]:
        """The same for many at once, by the hashes of their tokens, in one statement."""

    async def person(self, person: PersonId) -> Viewer | None: ...

    async def moves(self, person: PersonId) -> list[HomeMove]: ...

    async def my_learning(self, viewer: Viewer, now: datetime) -> MyLearning: ...

    async def certificates(self, viewer: Viewer) -> list[Certificate]: ...

    async def certificate(self, certificate: str, viewer: Viewer) -> Certificate | None:
        """One's own, or of a municipality one administers."""
