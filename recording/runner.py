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
from recording.errors import CaptureDamaged, NothingRecorded, ObjectMissing
from recording.manifest import Manifest
from recording.ports import Catalogue, Ended
from recording.publish import Storage, open_storage
from recording.queue import FilmQueue

if TYPE_CHECKING:
    # Loaded when the first recording needs them: codecs and numpy are 45 MB that a server without a class does not pay for.
    from recording.prepare import Preparation

POLL_S: Final = 0.3
SLICE_S: Final = 0.25
"""How long one recording may hold the thread before the others have their turn."""
QUIET_S: Final = 3.0
"""An ended class whose capture was never closed (its worker died) is finished when the log has not grown for this long."""
GRACE_S: Final = 20.0
"""A capture that goes on although its lesson ended is cut off after this."""

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
    jobs = Jobs(settings, catalogue, open_storage(settings.data_dir, settings.storage_url))
    queue = FilmQueue(jobs.make_film, jobs.refuse_film)
    await asyncio.to_thread(settings.data_dir.mkdir, parents=True, exist_ok=True)
    await queue.open(settings.data_dir, settings.database_url, settings.executor_id)
    try:
        while not stop.is_set():
            try:
                await jobs.turn(queue)
            except Exception:  # the database may be away: try again, lose nothing
                logger.exception("! turn of the recording jobs failed")
                await asyncio.sleep(1.0)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_S)
    finally:
        await queue.close()


@dataclass
class _Work:
    """One recording in the making."""

    preparation: "Preparation"
    grown_s: float
    """When the log last grew, on our monotonic clock."""
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
    _works: dict[str, _Work] = field(default_factory=dict)
    _retries: dict[str, _Retry] = field(default_factory=dict)
    _queued: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)
    _attempted: set[str] = field(default_factory=set)
    """Films this process tried to make."""

    async def turn(self, queue: FilmQueue) -> None:
        """Look what there is to do and do a slice of each."""
        running, ended = await self.catalogue.running(), await self.catalogue.ended()
        known = {*running, *(entry.recording for entry in ended)}
        for recording in [recording for recording in self._works if recording not in known]:
            del self._works[recording]
        for entry in ended:  # first those that somebody waits for
            if entry.state == "ready":
                if entry.recording not in self._queued | self._refused and await queue.put(entry.recording):
                    self._queued.add(entry.recording)
            else:
                await self._guard(entry.recording, self._finish(entry))
        for recording in running:
            await self._guard(recording, self._follow(recording))

    # -- tracks -------------------------------------------------------------------------------------------------------

    async def _follow(self, recording: str) -> None:
        if not (self._folder(recording) / "capture").is_dir():
            return
        work = self._works.get(recording) or await self._start(recording)
        if await asyncio.to_thread(_slice, work.preparation):
            work.grown_s = time.monotonic()

    async def _finish(self, entry: Ended) -> None:
        recording = entry.recording
        if recording in self._refused:
            return
        with suppress(ObjectMissing), _elsewhere():  # killed between publishing and telling the catalogue
            await self.catalogue.mark_ready(recording, await self.storage.read_manifest(recording))
            return
        work = self._works.get(recording) or await self._start(recording)
        now = time.monotonic()
        work.ended_s = work.ended_s or now
        if await asyncio.to_thread(_slice, work.preparation):
            work.grown_s = time.monotonic()
        complete = work.preparation.closed or now - work.grown_s > QUIET_S or now - work.ended_s > GRACE_S
        if not complete:
            return
        del self._works[recording]
        manifest = await asyncio.to_thread(work.preparation.finish)
        await self._publish(manifest, work.preparation.work)
        logger.info("= recording ready", recording=recording, took_s=round(time.monotonic() - work.ended_s, 2))
        self._retries.pop(recording, None)

    async def _publish(self, manifest: Manifest, folder: Path) -> None:
        """Poster and tracks first, the manifest last: what it names is there."""
        from recording.compose import make_poster

        poster = await make_poster(manifest, folder)
        manifest = manifest.model_copy(update={"poster": poster.name if poster else None})
        names = [track.file for track in manifest.tracks] + ([poster.name] if poster else [])
        with _elsewhere():
            for name in names:
                await self.storage.publish(f"{manifest.recording}/{name}", folder / name)
            await self.storage.write_manifest(manifest)
            await self.catalogue.mark_ready(manifest.recording, manifest)
        shutil.rmtree(folder, ignore_errors=True)

    async def _start(self, recording: str) -> _Work:
        from recording.prepare import Preparation

        folder = self._folder(recording)
        preparation = await asyncio.to_thread(Preparation, recording, folder / "capture", folder / "work")
        work = self._works[recording] = _Work(preparation, grown_s=time.monotonic())
        return work

    async def _guard(self, recording: str, doing: Coroutine[None, None, None]) -> None:
        """One recording's trouble never stops the others; it is tried again with growing pauses, then given up with a reason.

        Given up is for good, so only what may be the recording's own fault counts: a full disk costs time, never a class.
        """
        retry = self._retries.get(recording)
        if retry is not None and time.monotonic() < retry.not_before_s:
            doing.close()
            return
        try:
            await doing
        except (NothingRecorded, CaptureDamaged) as error:
            await self._refuse(recording, job.State.CAPTURING, error.code, str(error))
        except Exception as error:
            logger.exception("! recording could not be prepared", recording=recording)
            self._works.pop(recording, None)
            retry = self._retries.setdefault(recording, _Retry())
            retry.attempts += 1
            retry.not_before_s = time.monotonic() + min(job.wait_s(min(retry.attempts, job.ATTEMPTS)), LONGEST_WAIT_S)
            retry.faults += not _may_pass(error)
            if retry.faults >= job.ATTEMPTS:
                await self._refuse(recording, job.State.CAPTURING, "prepare-failed", f"{type(error).__name__}: {error}")

    async def _refuse(self, recording: str, state: job.State, code: str, reason: str) -> None:
        """The step out of `state` is given up."""
        following = job.step(state, job.Event.REFUSED)
        logger.error("! recording step given up", recording=recording, code=code, reason=reason, state=following.value)
        if following is job.State.FAILED:
            await self.catalogue.mark_failed(recording, code, reason)
        self._refused.add(recording)
        self._works.pop(recording, None)
        self._retries.pop(recording, None)
        shutil.rmtree(self._folder(recording) / "work", ignore_errors=True)

    def _folder(self, recording: str) -> Path:
        return self.settings.data_dir / "recordings" / recording

    # -- film ---------------------------------------------------------------------------------------------------------

    async def make_film(self, recording: str) -> None:
        """One attempt at the film; repeatable."""
        self._attempted.add(recording)
        from recording.compose import compose_film

        manifest = await self.storage.read_manifest(recording)
        work = self._folder(recording) / "film"
        try:
            if manifest.film is None:
                manifest = await compose_film(manifest, self.storage, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        assert manifest.film is not None, "composing names the film"
        await self.catalogue.mark_composed(recording, manifest.film, manifest)

    async def refuse_film(self, recording: str, reason: str) -> None:
        """After the last attempt; the next start of this process tries again."""
        if recording not in self._attempted:  # the attempts were those of a process that ended before it could say so
            return
        await self._refuse(recording, job.State.READY, "compose-failed", reason)


def _slice(preparation: "Preparation") -> bool:
    """Read on for a moment; tells whether there was anything."""
    until_s = time.monotonic() + SLICE_S
    grown = False
    while preparation.advance():
        grown = True
        if time.monotonic() > until_s:
            break
    return grown
