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

from recording import ffmpeg, graph, layout
from recording.captions import CaptionsWrong, cut_captions, read_captions, write_captions
from recording.chapters import write_chapters
from recording.edits import Edits, fingerprint, kept
from recording.errors import ComposeFailed, ComposeInterrupted, ObjectMissing
from recording.loudness import gain_for, read_loudness
from recording.manifest import Film, Manifest
from recording.manifest import Preview as PreviewFiles
from recording.preview import picture_every, write_strip
from recording.publish import Storage, sha256_of

FILM: Final = "film.mp4"
POSTER: Final = "poster.jpg"
NICE: Final = 10
MEMORY_BYTES: Final = 1 << 30
"""Most an encoder may have. A video that was made to swallow the machine's memory gets this much, and is refused in the end."""
ARENAS: Final = {"MALLOC_ARENA_MAX": "2"}
"""Each thread would set aside 64 MB of addresses for itself, which count without being used."""
LOOK_S: Final = 1.0
STALL_S: Final = 60.0
"""Two minutes of film take a second or two to encode; a minute without progress is a process that hangs."""

PASSING: Final = (
    "Cannot allocate memory",
    "Resource temporarily unavailable",  # no more threads
    "malloc of size",
    "Generic error in an external library",  # x264 without memory
    "Error while opening encoder",  # its settings are ours: they work when there is memory
    "error while loading shared libraries",
    "No space left on device",
    "Disk quota exceeded",
)
"""What is said when the machine, not the recording, is in trouble."""

# Runs the real program at low priority and with a limit on its memory, and lets the kernel kill it when this process dies
# (PR_SET_PDEATHSIG = 1), so that a killed job never leaves an encoder behind that nobody waits for.
LAUNCH: Final = (
    "import ctypes, os, resource, sys; ctypes.CDLL(None).prctl(1, 9); parent, nice, memory = map(int, sys.argv[1:4]); "
    "os.getppid() == parent or sys.exit(9); os.nice(nice); resource.setrlimit(resource.RLIMIT_AS, (memory, memory)); "
    "os.execv(sys.argv[4], sys.argv[4:])"
)

logger = structlog.get_logger("recording.compose")


async def run_ffmpeg(
    arguments: list[str],
    duration_s: float,
    report: Callable[[float], None] | None = None,
    stall_s: float = STALL_S,
    pause: Callable[[], bool] | None = None,
) -> str:
    """Run ffmpeg to its end and return its last words.

    Raises ComposeFailed with them, and ComposeInterrupted when trying again may help: it was killed, stalled, found no room.
    """
    try:
        # Looking for it starts it once to see whether it runs: that may stand still like any other run of it.
        program = await asyncio.wait_for(asyncio.to_thread(ffmpeg.program), stall_s)
    except TimeoutError:
        raise ComposeInterrupted(f"ffmpeg did not tell its version within {stall_s:.0f} s") from None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-ISc", LAUNCH, *map(str, (os.getpid(), NICE, MEMORY_BYTES)), program, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | ARENAS,
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
        raise ComposeInterrupted(
            f"ffmpeg made no progress for {stall_s:.0f} s at {progress.done_s:.1f} s of {duration_s:.1f} s"
        ) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        said = await words
    if status != 0:
        passes = status < 0 or any(words in said for words in PASSING)
        kind = ComposeInterrupted if passes else ComposeFailed
        raise kind(f"ffmpeg ended with status {status}: {said[-600:] or 'no message'}")
    return said


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
        said = (said + chunk)[-2000:]
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
    stretches = kept(manifest.duration_s, edits.cuts)
    duration_s = round(sum(end - start for start, end in stretches), 3)
    extras = await _write_extras(recording, storage, edits, stretches, work)
    gain_db = await measure_gain(manifest, paths[manifest.main], stretches, pause)
    partial = work / f"film-{os.getpid()}.partial"
    try:
        arguments = graph.build_film(manifest, paths, partial, stretches=stretches, gain_db=gain_db, extras=extras)
        await run_ffmpeg(arguments, duration_s, report, pause=pause)
        film = Film(
            file=name,
            mime='video/mp4; codecs="avc1.64001f, mp4a.40.2"',
            duration_s=duration_s,
            width=layout.WIDTH,
            height=layout.HEIGHT,
            size_bytes=partial.stat().st_size,
            made_of=made_of,
        )
        checksum = await asyncio.to_thread(sha256_of, partial)
        current = await storage.read_manifest(recording)
        if current.edition != manifest.edition:
            return current.model_copy(update={"film": None})
        await storage.publish(f"{recording}/{name}", partial)
    finally:
        partial.unlink(missing_ok=True)
    old = current.film.file if current.film is not None else None

    def named(now: Manifest) -> Manifest:
        return now.model_copy(update={"film": film, "sha256": now.sha256 | {name: checksum}})

    composed = await storage.change_manifest(recording, manifest.edition, named)
    if composed is None:
        await storage.delete(f"{recording}/{name}")
        return current.model_copy(update={"film": None})
    if old is not None and old != name:
        await storage.delete(f"{recording}/{old}")
    logger.info("= film composed", recording=recording, duration_s=film.duration_s)
    return composed


async def _write_extras(
    recording: str, storage: Storage, edits: Edits, stretches: list[tuple[float, float]], work: Path
) -> graph.Extras:
    """Chapters and captions on the film's clock, as files."""
    chapters = write_chapters(edits.chapters, stretches)
    if chapters is not None:
        (work / "chapters.txt").write_text(chapters, encoding="utf-8")
    captions: list[tuple[str, Path]] = []
    for each in edits.captions:
        try:
            cues = cut_captions(read_captions(await storage.read(f"{recording}/{each.file}")), stretches)
        except (CaptionsWrong, ObjectMissing):
            logger.warning("! captions left out of the film", recording=recording, language=each.language)
            continue
        if cues:
            path = work / f"captions-{each.language}.vtt"
            path.write_bytes(write_captions(cues))
            captions.append((each.language, path))
    return graph.Extras(work / "chapters.txt" if chapters is not None else None, captions)


async def measure_gain(
    manifest: Manifest, path: Path, stretches: list[tuple[float, float]], pause: Callable[[], bool] | None = None
) -> float:
    """Decibels that bring the film to −16 LUFS."""
    said = await run_ffmpeg(graph.build_loudness(manifest, path, stretches), manifest.duration_s, pause=pause)
    return gain_for(read_loudness(said))


async def make_preview(manifest: Manifest, storage: Storage, work: Path) -> Manifest | None:
    """The seek bar's small pictures into storage and manifest. None: the tracks were made anew meanwhile."""
    if manifest.preview is not None or manifest.duration_s <= 0:
        return manifest
    work.mkdir(parents=True, exist_ok=True)
    recording, stem = manifest.recording, "preview" if manifest.edition == 1 else f"preview-edition-{manifest.edition}"
    paths = {track.id: await storage.fetch(f"{recording}/{track.file}", work) for track in manifest.tracks}
    every_s = picture_every(manifest.duration_s)
    try:
        await run_ffmpeg(graph.build_strip(manifest, paths, work / f"{stem}-%d.jpg", every_s), manifest.duration_s)
    except ComposeFailed as error:  # the film matters more
        logger.warning("! preview failed", recording=recording, error=str(error))
        return manifest
    pages = sorted(work.glob(f"{stem}-*.jpg"), key=lambda path: int(path.stem.rpartition("-")[2]))
    names = [page.name for page in pages]
    vtt = work / f"{stem}.vtt"
    vtt.write_bytes(write_strip(names, manifest.duration_s, every_s))
    sums = {path.name: await asyncio.to_thread(sha256_of, path) for path in (*pages, vtt)}
    for path in (*pages, vtt):
        await storage.publish(f"{recording}/{path.name}", path)
    preview = PreviewFiles(vtt=vtt.name, files=names)

    def named(now: Manifest) -> Manifest:
        return now.model_copy(update={"preview": preview, "sha256": now.sha256 | sums})

    return await storage.change_manifest(recording, manifest.edition, named)


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
