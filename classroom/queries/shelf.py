"""What municipalities keep of recordings, and for how long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from classroom.municipalities import Municipality
from classroom.people import Scope
from classroom.queries.cards import LessonCard, RecordingCard
from classroom.video_uploads import Upload as VideoUpload


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """What one municipality keeps."""

    municipality: Municipality
    recordings: int
    duration_s: float
    size_bytes: int
    keep_days: int | None


@dataclass(frozen=True, slots=True)
class GoingCard:
    """A recording that was deleted, or will be."""

    card: RecordingCard
    at: datetime
    """When its policy deletes it; when its files go, once it is deleted."""
    reason: str | None = None
    size_bytes: int | None = None
    purged: bool = False


@dataclass(frozen=True, slots=True)
class ShelfPage:
    rows: tuple[ShelfRow, ...]
    due: tuple[GoingCard, ...]
    """What the policies delete within 30 days."""
    deleted: tuple[GoingCard, ...]
    """Latest first."""


class ShelfQueries(Protocol):
    async def video_uploads(self, scope: Scope) -> list[VideoUpload]:
        """The latest 50."""

    async def lessons_without_recording(self, scope: Scope) -> list[LessonCard]:
        """The latest 100 that began: a ready-made video may be added to them."""

    async def shelf(self, scope: Scope, now: datetime, most: int = 100) -> ShelfPage:
        """How much is kept, for how long, what goes next and what is gone: so many of either at most."""
