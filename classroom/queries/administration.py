"""What administrators see of people, courses, lessons and papers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.attendance import Verdict
from classroom.catalogue import RecordingState
from classroom.certificates import Certificate
from classroom.enrolment import EnrolmentState
from classroom.people import Grant, Person, Scope
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.queries.paging import Page
from classroom.texts import Text


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


class AdministrationQueries(Protocol):
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

    async def admin_certificates(self, scope: Scope, *, search: str = "", page: int = 1) -> Page[CertificateRow]: ...

    async def admin_enrolments(self, scope: Scope, course: str) -> list[tuple[Person, EnrolmentState, datetime]] | None:
        """In order of application; None when the course is not in the scope."""
