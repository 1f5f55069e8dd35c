"""The `jobs` process: what the recording jobs ask and tell, translated to the catalogue of the academic store.

Nothing else imports this: the pages need neither the durable queue nor the media libraries in their memory.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from classroom.actions.recording_changes import EDITION, edit_recording, note_film
from classroom.actions.recordings import mark_composed, mark_failed, mark_recording_ready
from classroom.catalogue import RecordingState
from classroom.people import RecordingId
from classroom.queries.catalogue import Unfinished
from classroom.recording_changes import FilmProgress
from classroom.store.migrate import head, revision
from classroom.store.unit_of_work import Store
from recording.captions import write_captions
from recording.edits import Edits, fingerprint
from recording.manifest import Captions, Film, Manifest
from recording.ports import Ended, Owners, Running
from recording.publish import Storage, open_storage
from recording.runner import JobSettings
from recording.runner import run as run_recording_jobs
from web.clock import utc_now
from web.live_captions import FACT, live_captions
from web.retention_job import RetentionJob
from web.settings import DataFolder, Settings, database_url
from web.upload_folder import UploadFolder
from web.video_jobs import VideoJobs

MIGRATION_POLL_S = 0.2


class RecordingCatalogue:
    """All calls are idempotent: a job that runs twice says the same twice."""

    def __init__(self, store: Store, storage: Storage, now: Callable[[], datetime]) -> None:
        self._store = store
        self._storage = storage
        self._now = now

    async def running(self) -> list[Running]:
        return [
            Running(str(row.recording.id), await self._owners(row))
            for row in await self._store.queries.unfinished_recordings(self._now())
            if row.lesson_state != "ended" and row.recording.state is RecordingState.CAPTURING
        ]

    async def ended(self) -> list[Ended]:
        now = self._now()
        return [
            Ended(
                recording=str(row.recording.id),
                state="ready" if row.recording.state is RecordingState.READY else "capturing",
                ended_at=(row.lesson.ended_at or row.lesson.ends_at) if row.lesson else row.recording.started_at,
                without=await self._owners(row),
                edition=int(row.recording.keys.get(EDITION, 1)),
                edit=row.edit,
            )
            for row in await self._store.queries.unfinished_recordings(now)
            if row.lesson_state == "ended"
        ]

    async def _owners(self, row: Unfinished) -> Owners:
        """The peers of those who took back their consent: a person has a new one with every browser."""
        if not row.withdrawn or row.lesson is None:
            return frozenset()
        facts = await self._store.queries.facts(row.lesson.id, ("peer-joined",))
        return frozenset(str(fact.data["peer"]) for fact in facts if fact.data["person"] in row.withdrawn)

    async def edits(self, recording: str) -> Edits:
        async with self._store.reading() as uow:
            stored = await uow.recording_changes.edits(RecordingId(recording))
        return Edits.model_validate(stored.document)

    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        unfinished = await self._store.queries.unfinished_recordings(self._now())
        row = next((row for row in unfinished if row.recording.id == recording), None)
        if row is None or await self._owners(row) != frozenset(manifest.without):
            return
        written = await self._write_captions(row, manifest)
        async with self._store.writing() as uow:
            withdrawals = await uow.recording_changes.withdrawals(RecordingId(recording))
            if {each.person for each in withdrawals} != row.withdrawn:
                return  # somebody took back consent this very moment
            await uow.recording_changes.finish_withdrawals(RecordingId(recording), set(row.withdrawn), self._now())
            await mark_recording_ready(
                uow,
                RecordingId(recording),
                duration_s=manifest.duration_s,
                gaps=[gap.model_dump(mode="json") for gap in manifest.gaps],
                manifest=f"{recording}/manifest.json",
                thumbnail=f"{recording}/{manifest.poster}" if manifest.poster else None,
                now=self._now(),
            )
            if written:
                edits = Edits(captions=written).model_dump()
                await edit_recording(uow, RecordingId(recording), edits, number=0, by=None, now=self._now())

    async def _write_captions(self, row: Unfinished, manifest: Manifest) -> list[Captions]:
        """Files of what was written as captions in class; none once somebody has edited the recording: theirs are better."""
        if row.lesson is None:
            return []
        async with self._store.reading() as uow:
            if (await uow.recording_changes.edits(row.recording.id)).number > 0:
                return []
        found = live_captions(await self._store.queries.facts(row.lesson.id, (FACT,)), manifest)
        for captions, cues in found:
            await self._storage.put(f"{row.recording.id}/{captions.file}", write_captions(cues))
        return [captions for captions, _ in found]

    async def note_film(self, recording: str, state: Literal["waiting", "making", "failed"], share: float, attempt: int) -> None:
        async with self._store.writing() as uow:
            await note_film(uow, RecordingId(recording), FilmProgress(state, share, attempt), self._now())

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        async with self._store.writing() as uow:
            found = await uow.recordings.get(RecordingId(recording))
            stored = await uow.recording_changes.edits(RecordingId(recording))
            outdated = film.made_of != fingerprint(Edits.model_validate(stored.document))
            if found is None or not found.is_playable or outdated:
                return
            await mark_composed(
                uow,
                RecordingId(recording),
                path=f"{recording}/{film.file}",
                duration_s=manifest.duration_s,
                gaps=[gap.model_dump(mode="json") for gap in manifest.gaps],
                thumbnail=f"{recording}/{manifest.poster}" if manifest.poster else None,
                now=self._now(),
            )
            await note_film(uow, RecordingId(recording), FilmProgress("made", 1.0), self._now())

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
    if stop.is_set():  # it may be a newer version's: nothing is written there
        return
    store = Store(url)
    storage = open_storage(folder.root, settings.storage_url or None)
    beside = [
        asyncio.create_task(VideoJobs(store, storage, UploadFolder(folder.uploads), utc_now).run(stop)),
        asyncio.create_task(RetentionJob(store, storage, utc_now).run_forever()),
    ]
    try:
        await run_recording_jobs(
            JobSettings(
                data_dir=folder.root,
                storage_url=settings.storage_url or None,
                database_url=settings.database_url or None,
                executor_id="jobs",
            ),
            RecordingCatalogue(store, storage, utc_now),
            stop,
        )
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await store.close()
