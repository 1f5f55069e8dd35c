"""Runs ffmpeg: the manifest's tracks → one film, one poster.

Whatever happens to the process (kill -9, SIGSTOP, no memory) the result is either the whole file under its name or none: ffmpeg
writes to a temporary name. It runs at low priority, dies with us, and is killed when it stands still.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from recording import ffmpeg, layout
from recording.edits import Edits, fingerprint
from recording.errors import ComposeFailed
from recording.manifest import Film, Manifest
from recording.publish import Storage

FILM: Final = "film.mp4"
POSTER: Final = "poster.jpg"
NICE: Final = 10
LOOK_S: Final = 1.0
STALL_S: Final = 60.0
"""Two minutes of film take a second or two to encode; a minute without progress is a process that hangs."""

# Runs the real program at low priority and lets the kernel kill it when this process dies (PR_SET_PDEATHSIG = 1), so that a
# killed job never leaves an encoder behind that nobody waits for.
LAUNCH: Final = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.nice(int(sys.argv[2])); "
    "os.getppid() == int(sys.argv[1]) or sys.exit(9); os.execv(sys.argv[3], sys.argv[3:])"
)

logger = structlog.get_logger("recording.compose")


async def run_ffmpeg(
    arguments: list[str],
    duration_s: float,
    report: Callable[[float], None] | None = None,
    stall_s: float = STALL_S,
    pause: Callable[[], bool] | None = None,
) -> None:
    """Run ffmpeg to its end; raises ComposeFailed with its last words when it fails, stalls or is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-ISc", LAUNCH, str(os.getpid()), str(NICE), ffmpeg.program(), *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None, "a pipe was asked for"
    assert process.stderr is not None, "a pipe was asked for"
    words = asyncio.create_task(_last_words(process.stderr))
    progress = ffmpeg.Progress(duration_s)
    throttle = _Throttle(process, pause)
    try:
        await _follow(process.stdout, progress, report, stall_s, throttle)
        status = await asyncio.wait_for(process.wait(), stall_s)
    except TimeoutError:
        raise ComposeFailed(
            f"ffmpeg made no progress for {stall_s:.0f} s at {progress.done_s:.1f} s of {duration_s:.1f} s"
        ) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        said = await words
    if status != 0:
        raise ComposeFailed(f"ffmpeg ended with status {status}: {said or 'no message'}")


async def _follow(
    stdout: asyncio.StreamReader,
    progress: ffmpeg.Progress,
    report: Callable[[float], None] | None,
    stall_s: float,
    throttle: "_Throttle",
) -> None:
    loop = asyncio.get_running_loop()
    moved_s = loop.time()
    reading = asyncio.ensure_future(stdout.readline())
    try:
        while True:
            done, _ = await asyncio.wait({reading}, timeout=min(LOOK_S, stall_s))
            if throttle.look():
                moved_s = loop.time()
            if done:
                line = reading.result()
                if not line:
                    return
                if progress.receive(line.decode(errors="replace")):
                    moved_s = loop.time()
                    if report is not None:
                        report(progress.share)
                reading = asyncio.ensure_future(stdout.readline())
            if loop.time() - moved_s > stall_s:
                raise TimeoutError
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


class _Throttle:
    """Stops the encoder while it is asked to pause, and lets it go on afterwards."""

    def __init__(self, process: asyncio.subprocess.Process, pause: Callable[[], bool] | None) -> None:
        self._process, self._pause = process, pause
        self._stopped = False

    def look(self) -> bool:
        """Whether the encoder stands still because we want it to (or did until now)."""
        if self._pause is None:
            return False
        wanted, was = self._pause(), self._stopped
        if wanted != was:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGSTOP if wanted else signal.SIGCONT)
            self._stopped = wanted
            logger.info("= encoder stands still" if wanted else "= encoder goes on")
        return wanted or was


async def _last_words(stderr: asyncio.StreamReader) -> str:
    said = b""
    while chunk := await stderr.read(4096):
        said = (said + chunk)[-600:]
    return " ".join(said.decode(errors="replace").split())


async def compose_film(
    manifest: Manifest,
    storage: Storage,
    work: Path,
    report: Callable[[float], None] | None = None,
    *,
    edits: Edits = Edits(),
    pause: Callable[[], bool] | None = None,
) -> Manifest:
    """Make the film and the manifest that names it; both are in the storage when this returns. Repeating it does no harm.

    pause: asked about once a second; while it says yes the encoder stands still.
    The manifest returned names no film when the tracks were made anew meanwhile: what was made of the old ones is thrown away.
    """
    made_of = fingerprint(edits)
    if manifest.film is not None and manifest.film.made_of == made_of:
        return manifest
    work.mkdir(parents=True, exist_ok=True)
    recording, name = manifest.recording, film_name(manifest.edition, made_of)
    paths = {track.id: await storage.fetch(f"{recording}/{track.file}", work) for track in manifest.tracks}
    partial = work / f"film-{os.getpid()}.partial"
    try:
        await run_ffmpeg(ffmpeg.build_film(manifest, paths, partial), manifest.duration_s, report, pause=pause)
        film = Film(
            file=name,
            mime='video/mp4; codecs="avc1.64001f, mp4a.40.2"',
            duration_s=manifest.duration_s,
            width=layout.WIDTH,
            height=layout.HEIGHT,
            size_bytes=partial.stat().st_size,
            made_of=made_of,
        )
        current = await storage.read_manifest(recording)
        if current.edition != manifest.edition:
            return current.model_copy(update={"film": None})
        await storage.publish(f"{recording}/{name}", partial)
    finally:
        partial.unlink(missing_ok=True)
    composed = current.model_copy(update={"film": film})
    await storage.write_manifest(composed)
    if current.film is not None and current.film.file != name:
        await storage.delete(f"{recording}/{current.film.file}")
    logger.info("= film composed", recording=recording, duration_s=film.duration_s)
    return composed


def film_name(edition: int, made_of: str) -> str:
    """Another name for another film: nobody takes a part of the old one for a part of the new one."""
    return FILM if edition == 1 and not made_of else f"film-{edition}-{made_of or 'whole'}.mp4"


async def make_poster(manifest: Manifest, folder: Path) -> Path | None:
    """A JPEG of what the recording shows; None when there is no picture to take (never an error: it is only a poster)."""
    track, at_s = ffmpeg.largest_track(manifest)
    if track.source == "none":
        return None
    target = folder / (POSTER if manifest.edition == 1 else f"poster-edition-{manifest.edition}.jpg")
    try:
        await run_ffmpeg(ffmpeg.build_poster(folder / track.file, at_s, target), 1.0, stall_s=10.0)
    except ComposeFailed as error:
        logger.warning("! poster failed", recording=manifest.recording, error=str(error))
        return None
    return target if target.exists() and target.stat().st_size else None
