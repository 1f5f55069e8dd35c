"""Recordings: what somebody may watch and has watched, and what the film jobs have to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from classroom.catalogue import Recording
from classroom.courses import Lesson, LessonState
from classroom.people import PersonId, RecordingId, Viewer
from classroom.queries.cards import RecordingCard, WatchedCard
from classroom.queries.paging import Page
from classroom.watching import Watched


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A recording with work left, and whether its class is over."""

    recording: Recording
    lesson: Lesson | None
    lesson_state: LessonState
    """ "ended" without a lesson."""
    edit: int = 0
    """Counts the edits (`StoredEdits.number`)."""
    withdrawn: frozenset[PersonId] = frozenset()
    """Who took back the consent to be in it."""


class CatalogueQueries(Protocol):
    async def recordings(
        self,
        viewer: Viewer,
        now: datetime,
        *,
        search: str = "",
        municipality: str | None = None,
        category: str | None = None,
        kind: str | None = None,
        page: int = 1,
    ) -> Page[RecordingCard]:
        """All this viewer may watch, latest first. kind: "class" or "video" (ready-made)."""

    async def recording(self, recording: str, viewer: Viewer) -> RecordingCard | None:
        """None unless the viewer may watch it; one still being made is found (see `is_playable`)."""

    async def watched(self, recording: RecordingId, person: PersonId) -> Watched | None: ...

    async def watched_by(self, viewer: Viewer, *, limit: int = 100) -> list[WatchedCard]:
        """What this viewer has watched and may still watch, latest first."""

    async def find_recording(self, recording: str) -> Recording | None:
        """For jobs: no question of who asks."""

    async def recording_of(self, lesson: str) -> Recording | None: ...

    async def unfinished_recordings(self, now: datetime) -> list[Unfinished]:
        """Capturing or ready, oldest first: what `classroom jobs` has to look at."""

    async def cli_recordings(self) -> list[dict[str, Any]]:
        """id, lesson, state, duration_s, path, gaps."""
