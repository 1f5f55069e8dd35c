"""The process behind `classroom jobs`: follows captures while classes run, makes them playable when they end, then has films
made.

The catalogue says what is unfinished, the capture log and the storage say how far it is: nothing else is remembered, so the
process may be killed at any moment and its successor goes on.
"""

import asyncio
import errno
import shutil
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from recording import job
from recording.disk import is_short
from recording.erase import erase
from recording.errors import CaptureDamaged, NothingRecorded, ObjectMissing
from recording.films import Films
from recording.live import LiveFiles
from recording.load import LoadGate
from recording.manifest import Manifest
from recording.ports import Catalogue, Ended, Owners, Running
from recording.publish import Storage, open_storage, sha256_of
from recording.queue import FilmQueue

if TYPE_CHECKING:
    # Loaded when the first recording needs them: codecs and numpy are 45 MB that a server without a class does not pay for.
    from recording.prepare import Preparation

POLL_S: Final = 0.3
IDLE_POLL_S: Final = 1.0
"""While nothing is recorded and nothing waits."""
SLICE_S: Final = 0.25
"""How long one recording may hold the thread before the others have their turn."""
QUIET_S: Final = 3.0
"""An ended class whose capture was never closed (its worker died) is finished when the log has not grown for this long."""
GRACE_S: Final = 20.0
"""A capture that goes on although its lesson ended is cut off after this."""

JOBS_LEAVE: Final = 2.0
"""So many of the disk's reserves are left to captures: theirs cannot be had a second time."""
LONGEST_WAIT_S: Final = 20.0
"""Between two tries while the machine is in trouble."""
PASSING: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
    | {errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN}
)
"""The machine's trouble, not the recording's: a disk is emptied, a network folder comes back."""

logger = structlog.get_logger("recording.runner")


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What the job process must know."""

    data_dir: Path
    storage_url: str | None = None
    database_url: str | None = None
    executor_id: str = "jobs"


async def run(settings: JobSettings, catalogue: Catalogue, stop: asyncio.Event) -> None:
    """Work until `stop` is set."""
    storage = open_storage(settings.data_dir, settings.storage_url)
    jobs = Jobs(settings, catalogue, storage)
    films = Films(catalogue, storage.patient(), jobs.folder, LoadGate(lambda: jobs.live))
    queue = FilmQueue(films.make, films.refuse)
    await asyncio.to_thread(settings.data_dir.mkdir, parents=True, exist_ok=True)
    await queue.open(settings.data_dir, settings.database_url, settings.executor_id)
    try:
        while not stop.is_set():
            pause_s = POLL_S
            try:
                if not await jobs.turn(films, queue):
                    pause_s = IDLE_POLL_S
            except Exception:  # the database may be away: try again, lose nothing
                logger.exception("! turn of the recording jobs failed")
                await asyncio.sleep(1.0)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
    finally:
        await queue.close()


@dataclass
class _Work:
    """One recording in the making."""

    preparation: "Preparation"
    grown_s: float
    """When the log last grew, on our monotonic clock."""
    live: LiveFiles
    ended_s: float | None = None


@dataclass
class _Retry:
    attempts: int = 0
    faults: int = 0
    """Of these, failures that may lie in the recording itself."""
    not_before_s: float = 0.0


class _Elsewhere(Exception):
    """The storage or the catalogue did not do its part."""


@contextmanager
def _elsewhere() -> Iterator[None]:
    try:
        yield
    except ObjectMissing:
        raise
    except Exception as error:
        raise _Elsewhere from error


def _may_pass(error: Exception) -> bool:
    """Whether trying again for as long as it takes can help."""
    return isinstance(error, _Elsewhere | MemoryError) or (isinstance(error, OSError) and error.errno in PASSING)


@dataclass
class Jobs:
    """One turn after the other; see `run`."""

    settings: JobSettings
    catalogue: Catalogue
    storage: Storage
    live: bool = False
    """A class is being recorded."""
    _works: dict[str, _Work] = field(default_factory=dict)
    _retries: dict[str, _Retry] = field(default_factory=dict)
    _refused: set[tuple[str, Owners]] = field(default_factory=set)

    async def turn(self, films: Films, queue: FilmQueue) -> bool:
        """Look what there is to do and do a slice of each; False when there is nothing."""
        running, ended = await self.catalogue.running(), await self.catalogue.ended()
        self.live = bool(running)
        known = {each.recording for each in running} | {each.recording for each in ended}
        for recording in [recording for recording in self._works if recording not in known]:
            del self._works[recording]
        for over in ended:  # first those that somebody waits for
            if over.state == "ready":
                await films.want(over, queue)
            else:
                films.forget(over.recording)
                await self._guard(over, self._finish(over))
        if is_short(self.settings.data_dir, JOBS_LEAVE):
            return bool(known)  # what is left is for the captures; the tracks are caught up with when there is room
        for entry in running:
            await self._guard(entry, self._follow(entry))
        return bool(known)

    # -- tracks -------------------------------------------------------------------------------------------------------

    async def _follow(self, entry: Running) -> None:
        if not (self.folder(entry.recording) / "capture").is_dir():
            return
        work = self._works.get(entry.recording)
        if work is None or work.preparation.without != entry.without:
            work = await self._start(entry.recording, entry.without)
        if await asyncio.to_thread(_slice, work.preparation):
            work.grown_s = time.monotonic()
        await asyncio.to_thread(work.live.write, work.preparation)

    async def _finish(self, entry: Ended) -> None:
        recording = entry.recording
        if (recording, entry.without) in self._refused:
            return
        edition = entry.edition
        with _elsewhere():
            manifest = await self._made(recording)
            current = manifest is not None and manifest.edition >= entry.edition
            if manifest is not None and current and frozenset(manifest.without) == entry.without:
                await self.catalogue.mark_ready(recording, manifest)  # killed between publishing and telling the catalogue
                return
            if manifest is not None:
                edition = max(edition, manifest.edition + 1)
        work = self._works.get(recording)
        if work is None or work.preparation.without != entry.without or work.preparation.edition != edition:
            work = await self._start(recording, entry.without, edition)
        now = time.monotonic()
        work.ended_s = work.ended_s or now
        if is_short(self.settings.data_dir, JOBS_LEAVE):
            raise OSError(errno.ENOSPC, "No room to make it playable; waiting")
        if await asyncio.to_thread(_slice, work.preparation):
            work.grown_s = time.monotonic()
        complete = work.preparation.closed or now - work.grown_s > QUIET_S or now - work.ended_s > GRACE_S
        if not complete:
            return
        del self._works[recording]
        manifest = await asyncio.to_thread(work.preparation.finish)
        # Before it is shown again: what was taken back is nowhere any more.
        await asyncio.to_thread(erase, self.folder(recording) / "capture", entry.without)
        await self._publish(manifest, work.preparation.work)
        logger.info("= recording ready", recording=recording, took_s=round(time.monotonic() - work.ended_s, 2))
        self._retries.pop(recording, None)

    async def _made(self, recording: str) -> Manifest | None:
        """What is said of the files there are; None when there are none, or nothing sensible is said."""
        try:
            return await self.storage.read_manifest(recording)
        except (ObjectMissing, ValueError):
            return None

    async def _publish(self, manifest: Manifest, folder: Path) -> None:
        """Poster and tracks first, the manifest last: what it names is there. Files of an earlier edition go."""
        from recording.compose import make_poster

        before: frozenset[str] = frozenset()
        with _elsewhere():
            earlier = await self._made(manifest.recording)
            before = earlier.files() if earlier is not None else before
        poster = await make_poster(manifest, folder)
        manifest = manifest.model_copy(update={"poster": poster.name if poster else None})
        names = [track.file for track in manifest.tracks] + ([poster.name] if poster else [])
        sums = {name: await asyncio.to_thread(sha256_of, folder / name) for name in names}
        manifest = manifest.model_copy(update={"sha256": sums})
        with _elsewhere():
            for name in names:
                await self.storage.publish(f"{manifest.recording}/{name}", folder / name)
            await self.storage.write_manifest(manifest)
            for name in before - manifest.files():
                await self.storage.delete(f"{manifest.recording}/{name}")
            await self.catalogue.mark_ready(manifest.recording, manifest)
        shutil.rmtree(folder, ignore_errors=True)

    async def _start(self, recording: str, without: Owners, edition: int = 1) -> _Work:
        from recording.prepare import Preparation

        folder = self.folder(recording)
        preparation = await asyncio.to_thread(
            Preparation, recording, folder / "capture", folder / "work", without=without, edition=edition
        )
        work = self._works[recording] = _Work(preparation, time.monotonic(), LiveFiles(folder / "work"))
        return work

    async def _guard(self, entry: Running | Ended, doing: Coroutine[None, None, None]) -> None:
        """One recording's trouble never stops the others; it is tried again with growing pauses, then given up with a reason.

        Given up is for good, so only what may be the recording's own fault counts: a full disk costs time, never a class.
        """
        recording = entry.recording
        retry = self._retries.get(recording)
        if retry is not None and time.monotonic() < retry.not_before_s:
            doing.close()
            return
        try:
            await doing
        except (NothingRecorded, CaptureDamaged) as error:
            await self._refuse(entry, error.code, str(error))
        except Exception as error:
            logger.exception("! recording could not be prepared", recording=recording)
            self._works.pop(recording, None)
            retry = self._retries.setdefault(recording, _Retry())
            retry.attempts += 1
            retry.not_before_s = time.monotonic() + min(job.wait_s(min(retry.attempts, job.ATTEMPTS)), LONGEST_WAIT_S)
            retry.faults += not _may_pass(error)
            if retry.faults >= job.ATTEMPTS:
                await self._refuse(entry, "prepare-failed", f"{type(error).__name__}: {error}")

    async def _refuse(self, entry: Running | Ended, code: str, reason: str) -> None:
        """Nothing that plays comes of it."""
        recording = entry.recording
        state = job.step(job.State.CAPTURING, job.Event.REFUSED)
        logger.error("! recording given up", recording=recording, code=code, reason=reason, state=state.value)
        await self.catalogue.mark_failed(recording, code, reason)
        await self._forget_files(recording)
        self._refused.add((recording, entry.without))
        self._works.pop(recording, None)
        self._retries.pop(recording, None)
        shutil.rmtree(self.folder(recording) / "work", ignore_errors=True)

    async def _forget_files(self, recording: str) -> None:
        """Files of an earlier edition, made before somebody took back consent, must not outlive it."""
        with _elsewhere():
            made = await self._made(recording)
            for name in made.files() if made is not None else ():
                await self.storage.delete(f"{recording}/{name}")

    def folder(self, recording: str) -> Path:
        return self.settings.data_dir / "recordings" / recording


def _slice(preparation: "Preparation") -> bool:
    """Read on for a moment; tells whether there was anything."""
    until_s = time.monotonic() + SLICE_S
    grown = False
    while preparation.advance():
        grown = True
        if time.monotonic() > until_s:
            break
    return grown
