"""What anybody may see: the portal, the sites, courses, items, the check of a certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.certificates import Certificate
from classroom.courses import ApplicationState, Course, OnlineItem
from classroom.enrolment import EnrolmentState
from classroom.municipalities import Municipality
from classroom.people import Viewer
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.queries.paging import Page
from classroom.sites import Notice, SiteProfile
from classroom.study import NOTHING_TO_WATCH, Study


@dataclass(frozen=True, slots=True)
class PortalPage:
    live: tuple[LessonCard, ...]
    upcoming: tuple[LessonCard, ...]
    open_courses: tuple[CourseCard, ...]
    items: tuple[OnlineItem, ...]
    municipalities: tuple[Municipality, ...]
    """All 31, by Korean name; open or not."""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class SitePage:
    municipality: Municipality
    live: tuple[LessonCard, ...]
    upcoming: tuple[LessonCard, ...]
    open_courses: tuple[CourseCard, ...]
    items: tuple[OnlineItem, ...]
    recordings: tuple[RecordingCard, ...]
    """Shared with everybody."""
    notices: tuple[Notice, ...] = ()
    profile: SiteProfile | None = None


@dataclass(frozen=True, slots=True)
class CoursePage:
    course: Course
    municipality: Municipality
    instructor_name: str | None
    taken: int
    application: ApplicationState
    lessons: tuple[LessonCard, ...]
    mine: EnrolmentState | None
    """The viewer's own enrolment."""
    may_manage: bool
    study: Study = NOTHING_TO_WATCH
    """What it gives to watch at any time, and how far the viewer is."""

    @property
    def seats_left(self) -> int:
        return max(0, self.course.capacity - self.taken)


class PublicQueries(Protocol):
    async def municipality(self, code: str) -> Municipality | None: ...

    async def municipalities(self) -> list[Municipality]: ...

    async def portal(self, now: datetime) -> PortalPage: ...

    async def site(self, code: str, now: datetime) -> SitePage | None:
        """None when there is no such municipality. One that is not open has an empty page with `is_open` False."""

    async def courses(
        self,
        now: datetime,
        *,
        municipality: str | None = None,
        search: str = "",
        category: str | None = None,
        kind: str | None = None,
        level: str | None = None,
        audience: str | None = None,
        open_only: bool = False,
        page: int = 1,
    ) -> Page[CourseCard]:
        """Published courses of open sites; of one municipality: with those shared with it.

        Those one can apply for first, then by first lesson.
        """

    async def course(self, municipality: str, slug: str, viewer: Viewer | None, now: datetime) -> CoursePage | None: ...

    async def items(
        self, *, municipality: str | None = None, search: str = "", category: str | None = None, page: int = 1
    ) -> Page[OnlineItem]: ...

    async def item(self, item: str) -> OnlineItem | None: ...

    async def verify(self, code: str) -> Certificate | None:
        """By the code as somebody typed it. A revoked one is found too: the page says so."""
