"""Runs ffmpeg: the manifest's tracks → one film, one poster.

Whatever happens to the process (kill -9, SIGSTOP, no memory) the result is either the whole file under its name or none: ffmpeg
writes to a temporary name. It runs at low priority, dies with us, and is killed when it stands still.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from recording import ffmpeg, layout
from recording.errors import ComposeFailed
from recording.manifest import Film, Manifest
from recording.publish import Storage

FILM: Final = "film.mp4"
POSTER: Final = "poster.jpg"
NICE: Final = 10
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
    arguments: list[str], duration_s: float, report: Callable[[float], None] | None = None, stall_s: float = STALL_S
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
    try:
        await _follow(process.stdout, progress, report, stall_s)
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
    stdout: asyncio.StreamReader, progress: ffmpeg.Progress, report: Callable[[float], None] | None, stall_s: float
) -> None:
    loop = asyncio.get_running_loop()
    moved_s = loop.time()
    while True:
        line = await asyncio.wait_for(stdout.readline(), max(0.01, moved_s + stall_s - loop.time()))
        if not line:
            return
        if progress.receive(line.decode(errors="replace")):
            moved_s = loop.time()
            if report is not None:
                report(progress.share)
        elif loop.time() - moved_s > stall_s:
            raise TimeoutError


async def _last_words(stderr: asyncio.StreamReader) -> str:
    said = b""
    while chunk := await stderr.read(4096):
        said = (said + chunk)[-600:]
    return " ".join(said.decode(errors="replace").split())


async def compose_film(
    manifest: Manifest, storage: Storage, work: Path, report: Callable[[float], None] | None = None
) -> Manifest:
    """Make the film and the manifest that names it; both are in the storage when this returns. Repeating it does no harm."""
    work.mkdir(parents=True, exist_ok=True)
    recording = manifest.recording
    paths = {track.id: await storage.fetch(f"{recording}/{track.file}", work) for track in manifest.tracks}
    partial = work / f"film-{os.getpid()}.partial"
    try:
        await run_ffmpeg(ffmpeg.build_film(manifest, paths, partial), manifest.duration_s, report)
        film = Film(
            file=FILM,
            mime='video/mp4; codecs="avc1.64001f, mp4a.40.2"',
            duration_s=manifest.duration_s,
            width=layout.WIDTH,
            height=layout.HEIGHT,
            size_bytes=partial.stat().st_size,
        )
        await storage.publish(f"{recording}/{FILM}", partial)
    finally:
        partial.unlink(missing_ok=True)
    composed = manifest.model_copy(update={"film": film})
    await storage.write_manifest(composed)
    logger.info("= film composed", recording=recording, duration_s=manifest.duration_s)
    return composed


async def make_poster(manifest: Manifest, folder: Path) -> Path | None:
    """A JPEG of what the recording shows; None when there is no picture to take (never an error: it is only a poster)."""
    track, at_s = ffmpeg.largest_track(manifest)
    if track.source == "none":
        return None
    target = folder / POSTER
    try:
        await run_ffmpeg(ffmpeg.build_poster(folder / track.file, at_s, target), 1.0, stall_s=10.0)
    except ComposeFailed as error:
        logger.warning("! poster failed", recording=manifest.recording, error=str(error))
        return None
    return target if target.exists() and target.stat().st_size else None
