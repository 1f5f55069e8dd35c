"""Makes uploaded videos playable, one after the other, in the `jobs` process.

The table of uploads is the queue: what is `received` or `making` is not finished, whoever dies meanwhile. Every attempt begins
anew and is counted before it begins, so a video that kills its worker is given up after a few. What the machine is to blame for
(an encoder was killed, no memory, no room) is tried again after growing pauses; a storage that is away is waited for.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from classroom.actions.recording_changes import edit_recording
from classroom.actions.shelf import add_video
from classroom.errors import Refused
from classroom.people import RecordingId
from classroom.store.unit_of_work import Store
from classroom.video_uploads import MOST_ATTEMPTS, Upload, UploadState
from recording.edits import Edits
from recording.errors import ComposeInterrupted
from recording.job import wait_s
from recording.manifest import NAME, Captions
from recording.publish import Storage, sha256_of
from recording.video import VideoRefused, make_video
from web.live_captions import LABELS
from web.upload_folder import UploadFolder

log = structlog.get_logger()
POLL_S = 1.0
REPORT_STEP = 5
"""Percent between two notes of the progress."""


class VideoJobs:
    def __init__(self, store: Store, storage: Storage, uploads: UploadFolder, now: Callable[[], datetime]) -> None:
        self._store, self._storage, self._uploads, self._now = store, storage.patient(), uploads, now
        self._not_before_s: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                busy = await self.turn()
            except Exception:
                log.exception("! video jobs failed; trying again")
                busy = False
            if not busy:
                await asyncio.sleep(POLL_S)

    async def turn(self) -> bool:
        """Make the oldest one; False when there is nothing to do now."""
        async with self._store.reading() as uow:
            found = await uow.shelf.next_upload()
        if found is None or time.monotonic() < self._not_before_s.get(found.id, 0.0):
            return False
        if found.attempts >= MOST_ATTEMPTS:
            await self._refuse(found, "video-failed")
            return True
        upload = replace(found, state=UploadState.MAKING, attempts=found.attempts + 1, share=0)
        await self._note(upload)
        work = self._uploads.folder / f"{upload.id}.work"
        try:
            await self._make(upload, work)
        except VideoRefused as refused:
            await self._refuse(upload, refused.code)
        except Refused as refused:
            await self._refuse(upload, refused.code)
        except (OSError, MemoryError, ComposeInterrupted) as error:
            self._not_before_s[upload.id] = time.monotonic() + wait_s(upload.attempts)
            log.warning("! video not made; trying again", upload=upload.id, error=type(error).__name__, attempt=upload.attempts)
        else:
            self._not_before_s.pop(upload.id, None)
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return True

    async def _make(self, upload: Upload, work: Path) -> None:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        await asyncio.to_thread(work.mkdir, mode=0o700, parents=True)
        path = self._uploads.path(upload.id)
        told = {"share": 0}
        notes: set[asyncio.Task[None]] = set()

        def report(share: float) -> None:
            percent = min(99, int(share * 100))
            if percent - told["share"] >= REPORT_STEP:
                told["share"] = percent
                task = asyncio.create_task(self._note(replace(upload, share=percent)))
                notes.add(task)
                task.add_done_callback(notes.discard)

        manifest = await make_video(path, work, upload.id, self._now(), report)
        if notes:
            await asyncio.wait(notes)
        names = sorted(manifest.files() - {NAME})
        sums = {name: await asyncio.to_thread(sha256_of, work / name) for name in names}
        manifest = manifest.model_copy(update={"sha256": sums})
        for name in names:
            await self._storage.publish(f"{upload.id}/{name}", work / name)
        await self._storage.write_manifest(manifest)
        captions = await self._put_captions(upload)
        async with self._store.writing() as uow:
            await add_video(
                uow,
                upload,
                duration_s=manifest.duration_s,
                file=manifest.tracks[0].file,
                poster=manifest.poster,
                now=self._now(),
            )
            # In one step with the video: whoever is killed here has made both, or makes both again.
            recording = RecordingId(upload.id)
            if captions and (await uow.recording_changes.edits(recording)).number == 0:
                edits = Edits(captions=captions).model_dump()
                await edit_recording(uow, recording, edits, number=0, by=None, now=self._now())
        await self._uploads.remove(upload.id)
        log.info("= video ready", upload=upload.id, duration_s=round(manifest.duration_s, 1))

    async def _put_captions(self, upload: Upload) -> list[Captions]:
        """What came with it, into the storage."""
        captions = []
        for language, label in LABELS.items():
            path = self._uploads.captions(upload.id, language)
            if path.exists():
                file = f"captions-{language}.vtt"
                await self._storage.put(f"{upload.id}/{file}", await asyncio.to_thread(path.read_bytes))
                captions.append(Captions.model_validate({"language": language, "label": label, "file": file}))
        return captions

    async def _refuse(self, upload: Upload, code: str) -> None:
        await self._note(replace(upload, state=UploadState.REFUSED, refusal=code))
        await self._uploads.remove(upload.id)
        log.warning("! video refused", upload=upload.id, code=code)

    async def _note(self, upload: Upload) -> None:
        async with self._store.writing() as uow:
            await uow.shelf.put_upload(upload, self._now())
