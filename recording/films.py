"""Composed films: asked for once per state of a recording, made one after the other by the durable queue.

A film belongs to an edition of the tracks and to the edits at its beginning. When either changed meanwhile it is thrown away: the
recording is still marked as wanting one, and is asked for again.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import structlog

from recording.disk import is_short
from recording.load import LoadGate
from recording.ports import Catalogue, Ended
from recording.publish import Storage
from recording.queue import FilmQueue

NOTE_EVERY_S: Final = 2.0
AGAIN_S: Final = 900.0
"""A film that was given up is tried again after so long: what was in its way (memory, another program) may be gone."""
FILMS_LEAVE: Final = 4.0
"""So many of the disk's reserves must be free: a film can wait, a class cannot."""
ROOM_POLL_S: Final = 5.0
logger = structlog.get_logger("recording.films")


@dataclass
class Films:
    """What the durable queue does, and what is put into it."""

    catalogue: Catalogue
    storage: Storage
    folder: Callable[[str], Path]
    """Where a recording's files are while they are being made."""
    gate: LoadGate
    _queued: set[tuple[str, int]] = field(default_factory=set)
    _refused: dict[tuple[str, int], float] = field(default_factory=dict)
    """What was given up, and when it is tried again."""
    _wanted: dict[str, tuple[str, int]] = field(default_factory=dict)
    _attempts: dict[str, int] = field(default_factory=dict)
    """Films this process tried to make."""

    async def want(self, entry: Ended, queue: FilmQueue) -> None:
        """A film of the recording as it is now. Called as often as you like."""
        token = self._wanted[entry.recording] = (entry.recording, entry.edit)
        again_s = self._refused.get(token)
        if again_s is not None:
            if time.monotonic() < again_s:
                return
            del self._refused[token]
            self._queued.discard(token)
        if token not in self._queued and await queue.put(entry.recording):
            self._queued.add(token)
            await self._note(entry.recording, "waiting", 0.0)

    def forget(self, recording: str) -> None:
        """Its tracks are made anew: what was asked for does not count."""
        self._queued = {token for token in self._queued if token[0] != recording}
        self._refused = {token: again_s for token, again_s in self._refused.items() if token[0] != recording}

    async def make(self, recording: str) -> None:
        """One attempt; repeatable."""
        from recording.compose import compose_film, make_preview

        while await asyncio.to_thread(is_short, self.folder(recording).parent, FILMS_LEAVE):
            await self._note(recording, "waiting", 0.0)
            await asyncio.sleep(ROOM_POLL_S)
        self._attempts[recording] = self._attempts.get(recording, 0) + 1
        manifest, edits = await self.storage.read_manifest(recording), await self.catalogue.edits(recording)
        work = self.folder(recording) / "film"
        reporter = _Reporter(self, recording)
        try:
            await self._note(recording, "making", 0.0)
            manifest = await make_preview(manifest, self.storage, work) or manifest
            manifest = await compose_film(manifest, self.storage, work, reporter, edits=edits, pause=self.gate.closed)
        finally:
            await reporter.close()
            shutil.rmtree(work, ignore_errors=True)
        if manifest.film is None:  # the tracks were made anew meanwhile
            return
        await self.catalogue.mark_composed(recording, manifest.film, manifest)

    async def refuse(self, recording: str, reason: str) -> None:
        """After the last attempt; the next edit, the next start of this process, or a quarter of an hour tries again.

        The replay stays.
        """
        attempts = self._attempts.pop(recording, 0)
        if not attempts:  # the attempts were those of a process that ended before it could say so
            return
        logger.error("! film given up", recording=recording, reason=reason)
        if recording in self._wanted:
            self._refused[self._wanted[recording]] = time.monotonic() + AGAIN_S
        await self._note(recording, "failed", 0.0)

    async def _note(self, recording: str, state: Literal["waiting", "making", "failed"], share: float) -> None:
        try:
            await self.catalogue.note_film(recording, state, share, self._attempts.get(recording, 0))
        except Exception:  # it is only what people are told; the film matters more
            logger.exception("! film progress not noted", recording=recording)


class _Reporter:
    """Passes progress on to the catalogue, not oftener than people look."""

    def __init__(self, films: Films, recording: str) -> None:
        self._films, self._recording = films, recording
        self._noted_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self._noted_s < NOTE_EVERY_S or (self._task is not None and not self._task.done()):
            return
        self._noted_s = now
        self._task = asyncio.create_task(self._films._note(self._recording, "making", share))

    async def close(self) -> None:
        if self._task is not None:
            await self._task
