"""Recordings: what they are, and who may watch them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    RecordingState.READY: frozenset({RecordingState.READY, RecordingState.COMPOSED, RecordingState.FAILED}),
    RecordingState.COMPOSED: frozenset({RecordingState.COMPOSED}),
    RecordingState.FAILED: frozenset({RecordingState.READY, RecordingState.COMPOSED, RecordingState.FAILED}),
}
"""What may follow what by itself. The same again is allowed, for a job that runs twice; a failed one may be repaired. Only people
send a recording back (`actions/recording_changes.py`): an edit outdates the film, consent taken back the tracks as well."""


PURGE_AFTER = timedelta(days=7)
"""Until then what was deleted can be brought back."""


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long a municipality keeps its recordings after class. What is shared with everybody or marked as kept stays."""

    keep_days: int | None = None
    """None: for good."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One lesson's recording, or a ready-made video that belongs to no lesson (lesson and course None then).

    Paths and keys are relative to the directory (or bucket) of recordings.
    """

    id: RecordingId
    lesson: LessonId | None
    course: CourseId | None
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
    kept: bool = False
    """No policy deletes it."""
    deleted_at: datetime | None = None
    """Seen by nobody since; its files go after PURGE_AFTER."""

    @property
    def is_playable(self) -> bool:
        return self.deleted_at is None and self.state in (RecordingState.READY, RecordingState.COMPOSED)


def may_watch(
    viewer: Viewer,
    recording: Recording,
    mine: Enrolment | None,
    shared_with: Collection[MunicipalityCode] = (),
    listed_in: Collection[MunicipalityCode] = (),
) -> None:
    """Its instructor and staff always; learners of the course when published; everybody when shared as well.

    shared_with: municipalities whose residents may watch too. listed_in: those of other courses the viewer is enrolled in (or
    teaches) that give it to watch; a course may do so as long as its municipality may use the recording.
    Raises NotFound for anybody else, just as for a recording that does not exist, or was deleted.
    """
    if recording.deleted_at is not None:
        raise NotFound
    if recording.instructor == viewer.id or viewer.administers(recording.municipality):
        return
    near = viewer.person.home in shared_with
    given = any(code == recording.municipality or code in shared_with for code in listed_in)
    learns = mine is not None and mine.state is EnrolmentState.ENROLLED
    if recording.published and (recording.shared or near or learns or given):
        return
    raise NotFound


def checked_change(recording: Recording, wanted: RecordingState) -> RecordingState:
    """Raises Refused("recording-state") for a step that cannot be."""
    if wanted not in NEXT[recording.state]:
        raise Refused("recording-state", state=str(recording.state), wanted=str(wanted))
    return wanted
