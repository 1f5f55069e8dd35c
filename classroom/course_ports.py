"""What the actions around municipalities, their sites and courses need from outside, as Protocols."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from classroom.courses import Course, Lesson, OnlineItem
from classroom.figures import FigureRow
from classroom.municipalities import Municipality
from classroom.people import (
    CourseId,
    LessonId,
    MunicipalityCode,
    PersonId,
    RecordingId,
    Viewer,
)
from classroom.sites import Logo, Notice, NoticeId, SiteProfile
from classroom.study import Study, StudyItem
from classroom.watching import Watched


class Municipalities(Protocol):
    async def get(self, code: MunicipalityCode) -> Municipality | None: ...

    async def update(self, municipality: Municipality) -> None: ...


class Sites(Protocol):
    async def profile(self, code: MunicipalityCode) -> SiteProfile:
        """An empty one when nothing was ever said."""

    async def save(self, profile: SiteProfile) -> None: ...

    async def host_owner(self, host: str) -> MunicipalityCode | None: ...

    async def put_logo(self, code: MunicipalityCode, logo: Logo | None) -> None: ...

    async def notice(self, notice: NoticeId) -> Notice | None: ...

    async def put_notice(self, notice: Notice, author: PersonId | None) -> None:
        """Add it, or replace the one with its id."""

    async def remove_notice(self, notice: NoticeId) -> None: ...


class Courses(Protocol):
    async def get(self, course: CourseId) -> Course | None: ...

    async def lock(self, course: CourseId) -> Course | None:
        """Nobody else changes its seats until this transaction ends."""

    async def by_slug(self, municipality: MunicipalityCode, slug: str) -> Course | None: ...

    async def add(self, course: Course, draw_seed: str | None = None) -> None: ...

    async def update(self, course: Course) -> None: ...

    async def draw_seed(self, course: CourseId) -> str | None:
        """Secret until the lottery was drawn."""

    async def set_draw_seed(self, course: CourseId, seed: str) -> None: ...

    async def lesson(self, lesson: LessonId) -> Lesson | None: ...

    async def lessons(self, course: CourseId, *, cancelled: bool = False) -> list[Lesson]:
        """By number; those that were cancelled only when asked for."""

    async def first_starts_at(self, course: CourseId) -> datetime | None: ...

    async def add_lesson(self, lesson: Lesson) -> None: ...

    async def add_lessons(self, new: Collection[Lesson]) -> None:
        """A series of one course."""

    async def update_lesson(self, lesson: Lesson) -> None: ...

    async def forget_reminder(self, lesson: LessonId) -> None: ...

    async def mark_reminded(self, lesson: LessonId, now: datetime) -> bool:
        """False when that was done before."""

    async def unsettle(self, lessons: Collection[LessonId]) -> None:
        """Their sheets are out of date: they are due again."""


class OnlineItems(Protocol):
    async def put(self, item: OnlineItem) -> None:
        """Add it, or replace the one with its id."""


class CourseItems(Protocol):
    """What courses give to watch at any time."""

    async def of_course(self, course: CourseId) -> list[StudyItem]:
        """In order; also what learners cannot watch now."""

    async def replace(self, course: Course, items: Sequence[StudyItem]) -> None:
        """The list anew, in this order."""

    async def studies(self, courses: Collection[CourseId], person: PersonId | None) -> dict[CourseId, Study]:
        """Of those of the courses that have items; for None as for somebody who has watched nothing."""

    async def watched(
        self, recordings: Collection[RecordingId], people: Sequence[PersonId] | None
    ) -> dict[PersonId, dict[RecordingId, Watched]]:
        """Of all who watched them, or of `people`."""

    async def courses_of(self, recording: RecordingId, person: PersonId) -> list[CourseId]:
        """Courses this person is enrolled in that give it to watch: as an item, or as the replay of a lesson."""

    async def choices(self, course: Course, by: Viewer, search: str = "", limit: int = 20) -> list[StudyItem]:
        """What `by` may put on the list and is not on it, latest first."""

    async def choice(self, course: Course, by: Viewer, recording: RecordingId) -> StudyItem | None:
        """One of them."""


class Figures(Protocol):
    async def replace(self, rows: list[FigureRow], now: datetime) -> None:
        """All of them anew."""
