"""Recordings: what they are, and who may watch them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from classroom.enrolment import Enrolment, EnrolmentState
from classroom.errors import NotFound, Refused
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId, RecordingId, Viewer
from classroom.texts import Text


class RecordingState(StrEnum):
    CAPTURING = "capturing"
    READY = "ready"
    """Its tracks can be played."""
    COMPOSED = "composed"
    """One film exists too."""
    FAILED = "failed"


NEXT: dict[RecordingState, frozenset[RecordingState]] = {
    RecordingState.CAPTURING: frozenset({RecordingState.READY, RecordingState.COMPOSED, RecordingState.FAILED}),
    RecordingState.READY: frozenset(RecordingState),
    RecordingState.COMPOSED: frozenset({RecordingState.COMPOSED, RecordingState.READY, RecordingState.CAPTURING}),
    RecordingState.FAILED: frozenset({RecordingState.READY, RecordingState.COMPOSED, RecordingState.FAILED}),
}
"""What may follow what. The same again is allowed, for a job that runs twice; a failed one may be repaired. An edit outdates the
film; consent taken back outdates the tracks as well: they are made again from what was captured."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One lesson's recording. Paths and keys are relative to the directory (or bucket) of recordings."""

    id: RecordingId
    lesson: LessonId
    course: CourseId
    municipality: MunicipalityCode
    instructor: PersonId | None
    title: Text
    state: RecordingState
    started_at: datetime
    duration_s: float | None = None
    gaps: tuple[Any, ...] = ()
    """What is missing, as `recording` describes it (JSON)."""
    manifest: str | None = None
    """What the replay page plays once it is ready."""
    path: str | None = None
    """The composed film."""
    thumbnail: str | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    """Anything else `recording` wants to find again (JSON)."""
    published: bool = True
    """Learners of the course may watch it."""
    shared: bool = False
    """Everybody who is signed in may watch it."""
    failure: str | None = None

    @property
    def is_playable(self) -> bool:
        return self.state in (RecordingState.READY, RecordingState.COMPOSED)


def may_watch(viewer: Viewer, recording: Recording, mine: Enrolment | None) -> None:
    """Its instructor and staff always; learners of the course when published; everybody when shared as well.

    Raises NotFound for anybody else, just as for a recording that does not exist.
    """
    if recording.instructor == viewer.id or viewer.administers(recording.municipality):
        return
    if recording.published and (recording.shared or (mine is not None and mine.state is EnrolmentState.ENROLLED)):
        return
    raise NotFound


def checked_change(recording: Recording, wanted: RecordingState) -> RecordingState:
    """Raises Refused("recording-state") for a step that cannot be."""
    if wanted not in NEXT[recording.state]:
        raise Refused("recording-state", state=str(recording.state), wanted=str(wanted))
    return wanted
