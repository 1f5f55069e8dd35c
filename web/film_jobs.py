"""The `jobs` process: what the recording jobs ask and tell, translated to the catalogue of the academic store.

Nothing else imports this: the pages need neither the durable queue nor the media libraries in their memory.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from classroom.actions.recordings import mark_composed, mark_failed, mark_recording_ready
from classroom.catalogue import RecordingState
from classroom.people import RecordingId
from classroom.store.migrate import head, revision
from classroom.store.unit_of_work import Store
from recording.manifest import Film, Manifest
from recording.ports import Ended
from recording.runner import JobSettings
from recording.runner import run as run_recording_jobs
from web.clock import utc_now
from web.settings import DataFolder, Settings, database_url

MIGRATION_POLL_S = 0.2


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


def is_current(url: str) -> bool:
    """The database is there and of this version."""
    try:
        return revision(url) == head()
    except (OSError, SQLAlchemyError):
        return False


async def run_jobs(settings: Settings, folder: DataFolder, stop: asyncio.Event) -> None:
    """The film jobs until `stop`; waits for the database the pages bring up to date."""
    url = database_url(settings)
    while not stop.is_set() and not await asyncio.to_thread(is_current, url):
        await asyncio.sleep(MIGRATION_POLL_S)
    store = Store(url)
    try:
        await run_recording_jobs(
            JobSettings(
                data_dir=folder.root,
                storage_url=settings.storage_url or None,
                database_url=settings.database_url or None,
                executor_id="jobs",
            ),
            RecordingCatalogue(store, utc_now),
            stop,
        )
    finally:
        await store.close()
