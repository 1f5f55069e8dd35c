"""What the recording jobs ask and tell, translated to the catalogue of the academic store (`recording.ports.Catalogue`)."""

from collections.abc import Callable
from datetime import datetime

from classroom.actions.recordings import mark_composed, mark_failed, mark_recording_ready
from classroom.catalogue import RecordingState
from classroom.people import RecordingId
from classroom.store.unit_of_work import Store
from recording.manifest import Film, Manifest
from recording.ports import Ended


class RecordingCatalogue:
    """All calls are idempotent: a job that runs twice says the same twice."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def running(self) -> list[str]:
        return [
            str(row.recording.id)
            for row in await self._store.queries.unfinished_recordings(self._now())
            if row.lesson_state != "ended" and row.recording.state is RecordingState.CAPTURING
        ]

    async def ended(self) -> list[Ended]:
        now = self._now()
        return [
            Ended(
                recording=str(row.recording.id),
                state="ready" if row.recording.state is RecordingState.READY else "capturing",
                ended_at=row.lesson.ended_at or row.lesson.ends_at,
            )
            for row in await self._store.queries.unfinished_recordings(now)
            if row.lesson_state == "ended"
        ]

    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        async with self._store.writing() as uow:
            await mark_recording_ready(
                uow,
                RecordingId(recording),
                duration_s=manifest.duration_s,
                gaps=[gap.model_dump(mode="json") for gap in manifest.gaps],
                manifest=f"{recording}/manifest.json",
                thumbnail=f"{recording}/{manifest.poster}" if manifest.poster else None,
                now=self._now(),
            )

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        async with self._store.writing() as uow:
            await mark_composed(
                uow,
                RecordingId(recording),
                path=f"{recording}/{film.file}",
                duration_s=manifest.duration_s,
                gaps=[gap.model_dump(mode="json") for gap in manifest.gaps],
                thumbnail=f"{recording}/{manifest.poster}" if manifest.poster else None,
                now=self._now(),
            )

    async def mark_failed(self, recording: str, code: str, message: str) -> None:
        async with self._store.writing() as uow:
            await mark_failed(uow, RecordingId(recording), failure=f"{code}: {message}", now=self._now())
