"""What the actions around recordings, watching and keeping them need from outside, as Protocols."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol

from classroom.catalogue import Recording, RetentionPolicy
from classroom.people import (
    CourseId,
    LessonId,
    MunicipalityCode,
    PersonId,
    RecordingId,
)
from classroom.recording_changes import FilmProgress, StoredEdits, Withdrawal
from classroom.video_uploads import Upload as VideoUpload
from classroom.watching import WatchClock, Watched


class Recordings(Protocol):
    async def get(self, recording: RecordingId) -> Recording | None: ...

    async def of_lesson(self, lesson: LessonId) -> Recording | None: ...

    async def add(self, recording: Recording, now: datetime) -> bool:
        """False when the lesson has one."""

    async def update(self, recording: Recording, now: datetime) -> None: ...


class RecordingChanges(Protocol):
    async def edits(self, recording: RecordingId) -> StoredEdits: ...

    async def add_edit(self, recording: Recording, document: dict[str, Any], by: PersonId | None, now: datetime) -> None: ...

    async def undo_edit(self, recording: RecordingId, now: datetime) -> bool:
        """False when nothing is left to take back."""

    async def withdraw(self, recording: Recording, person: PersonId, by: PersonId | None, now: datetime) -> bool:
        """False when that was done before."""

    async def withdrawals(self, recording: RecordingId) -> list[Withdrawal]: ...

    async def finish_withdrawals(self, recording: RecordingId, persons: set[PersonId], now: datetime) -> None:
        """The recording was made anew without these."""

    async def film(self, recording: RecordingId) -> FilmProgress | None: ...

    async def put_film(self, recording: RecordingId, film: FilmProgress, now: datetime) -> None: ...


class Watching(Protocol):
    """Unique seconds watched, per person and recording."""

    async def clock(self, person: PersonId, now: datetime) -> WatchClock:
        """Held by this transaction until it ends."""

    async def put_clock(self, person: PersonId, clock: WatchClock, now: datetime) -> None: ...

    async def get(self, recording: RecordingId, person: PersonId) -> Watched | None: ...

    async def put(self, each: Watched, municipality: MunicipalityCode, now: datetime) -> None: ...

    async def of_course(
        self, course: CourseId, people: Collection[PersonId] | None = None
    ) -> dict[PersonId, dict[LessonId, Watched]]:
        """What was watched of the recordings of a course's lessons, for completion and make-up."""

    async def of_person(self, person: PersonId, recordings: Collection[RecordingId]) -> dict[RecordingId, Watched]: ...


class Shelf(Protocol):
    """Uploads, sharing, keeping and deleting of recordings."""

    async def upload(self, upload: str) -> VideoUpload | None: ...

    async def put_upload(self, upload: VideoUpload, now: datetime) -> None: ...

    async def remove_upload(self, upload: str) -> None: ...

    async def next_upload(self) -> VideoUpload | None:
        """The oldest that is whole but not ready."""

    async def share_with(self, recording: RecordingId, municipalities: Collection[MunicipalityCode]) -> None: ...

    async def shared_with(self, recordings: Collection[RecordingId]) -> dict[RecordingId, list[MunicipalityCode]]: ...

    async def policy(self, municipality: MunicipalityCode) -> RetentionPolicy:
        """Keeping for good where nothing was ever said; in a writing transaction nobody else says it before its end."""

    async def policies(self) -> dict[MunicipalityCode, RetentionPolicy]: ...

    async def set_policy(
        self, municipality: MunicipalityCode, policy: RetentionPolicy, by: PersonId | None, now: datetime
    ) -> None: ...

    async def note_deleted(self, recording: RecordingId, reason: str | None) -> None: ...

    async def due(self, municipality: MunicipalityCode, before: datetime) -> list[RecordingId]:
        """What a policy deletes of classes before that."""

    async def unpurged(self, deleted_before: datetime) -> list[RecordingId]: ...

    async def note_purged(self, recording: RecordingId, now: datetime) -> None: ...

    async def unmeasured(self) -> list[RecordingId]: ...

    async def note_size(self, recording: RecordingId, size_bytes: int, now: datetime) -> None: ...
