"""What the film shows at given times, whatever happened during class; and what happens to ffmpeg."""

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from recording.compose import compose_film, make_preview, run_ffmpeg
from recording.edits import Edits, tidy
from recording.errors import ComposeFailed, ComposeInterrupted
from recording.ffmpeg import open_input, program
from recording.loudness import read_loudness
from recording.manifest import Captions, Chapter, Cut, Manifest
from recording.publish import open_storage
from tests.recording.encoders import encoder_of
from tests.recording.files import assert_decodes, clicks, decode_pictures, decode_sound, duration_s, flashes, prepare
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound, read_picture

pytestmark = pytest.mark.integration


async def film(root: Path) -> tuple[Manifest, Path]:
    """Prepare the capture in root/recordings/rec and compose its film."""
    folder = root / "recordings" / "rec"
    manifest, storage = prepare(folder), open_storage(root)
    for track in manifest.tracks:
        await storage.publish(f"rec/{track.file}", folder / "work" / track.file)
    await storage.write_manifest(manifest)
    manifest = await compose_film(manifest, storage, root / "film")
    path = folder / "film.mp4"
    assert_decodes(path)
    assert abs(duration_s(path) - manifest.duration_s) < 0.2
    return manifest, path


def shots(path: Path, *times_s: float) -> list[np.ndarray]:  # type: ignore[type-arg]
    pictures = list(decode_pictures(path))
    return [min(pictures, key=lambda entry: abs(entry[0] - at_s))[1] for at_s in times_s]


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1"])
async def test_gaps_freeze_sizes_change_and_sound_stays_in_step(tmp_path: Path, codec: str) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(10), close=False)
    lecture.pictures(1000.0, encode_pictures(codec, 75, 320, 180, 25), codec=codec, rid="h", close=False)
    lecture.pictures(1003.0, encode_pictures(codec, 250), codec=codec, rid="f", close=False)
    lecture.write(tmp_path / "recordings" / "rec" / "capture", run=1, until_s=1006.0, closed=False)
    lecture.events.clear()
    lecture.tracks = 0
    lecture.sound(1009.0, encode_sound(5))
    lecture.pictures(1009.0, encode_pictures(codec, 125), codec=codec)
    lecture.write(tmp_path / "recordings" / "rec" / "capture", run=2)
    manifest, path = await film(tmp_path)
    assert manifest.duration_s == pytest.approx(14.0, abs=0.3)
    small, large, frozen, again = (read_picture(shot) for shot in shots(path, 2.0, 5.0, 8.0, 12.0))
    assert abs(small - 50) < 4
    assert abs(large - 50) < 4
    assert abs(frozen - 74) < 4, "the last good picture"
    assert abs(again - 75) < 4
    flashed = np.array(flashes(path))
    heard = [click for click in clicks(*decode_sound(path)) if not 5.9 < click < 9.1]
    assert len(heard) >= 8
    assert max(float(np.abs(flashed - click).min()) for click in heard) <= 0.080


async def test_sound_alone_becomes_a_film_with_a_black_picture(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(5))
    lecture.write(tmp_path / "recordings" / "rec" / "capture")
    _, path = await film(tmp_path)
    assert max(float(shot.max()) for shot in shots(path, 1.0, 4.0)) < 40
    assert len(clicks(*decode_sound(path))) >= 4


async def test_a_guest_and_the_screen_are_where_they_belong(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 200, shade=60))
    lecture.pictures(1002.0, encode_pictures("vp8", 100, shade=120), owner="guest", peer="p2", lead=False)
    lecture.pictures(1004.0, encode_pictures("vp8", 75, 960, 540, shade=170), source="screen")
    lecture.sound(1000.0, encode_sound(8))
    lecture.write(tmp_path / "recordings" / "rec" / "capture")
    _, path = await film(tmp_path)
    alone, guest, shared, after = shots(path, 1.5, 3.0, 5.5, 7.5)

    def shade(shot: np.ndarray, x: int, y: int) -> int:  # type: ignore[type-arg]
        return round(float(shot[y - 5 : y + 5, x - 5 : x + 5].mean()))

    assert shade(alone, 100, 300) == pytest.approx(60, abs=10)
    assert [shade(guest, 100, 300), shade(guest, 1010, 610)] == pytest.approx([60, 120], abs=10)
    assert [shade(shared, 100, 300), shade(shared, 1010, 610), shade(shared, 1010, 436)] == pytest.approx([170, 60, 120], abs=10)
    assert shade(after, 1010, 610) == pytest.approx(60, abs=12)


async def test_a_stopped_encoder_is_killed_and_told(tmp_path: Path) -> None:
    """SIGSTOP: no progress, no end. The job ends it and says so."""
    endless = ["-f", "lavfi", "-re", "-i", "testsrc2", "-progress", "pipe:1", "-f", "null", "-"]
    task = asyncio.create_task(run_ffmpeg(endless, 60.0, stall_s=2.0))
    encoder = await encoder_of("testsrc2")
    os.kill(encoder.pid, signal.SIGSTOP)
    before = time.monotonic()
    with pytest.raises(ComposeFailed, match="no progress"):
        await task
    assert time.monotonic() - before < 10
    assert not psutil.pid_exists(encoder.pid)


async def test_an_encoder_that_does_not_even_tell_its_version_is_told_and_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first look for the program runs it, and that run too may be stopped."""
    over = threading.Event()
    monkeypatch.setattr("recording.ffmpeg.program", lambda: over.wait(20))
    try:
        with pytest.raises(ComposeInterrupted, match="version"):
            await run_ffmpeg(["-version"], 1.0, stall_s=0.2)
    finally:
        over.set()


async def test_the_encoder_runs_at_low_priority() -> None:
    task = asyncio.create_task(run_ffmpeg(["-f", "lavfi", "-re", "-i", "testsrc2", "-f", "null", "-"], 60.0))
    encoder = await encoder_of("testsrc2")
    assert encoder.nice() >= 10
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(encoder.pid)


async def test_a_failing_encoder_says_why(tmp_path: Path) -> None:
    with pytest.raises(ComposeFailed, match=r"status \d+: .*No such file"):
        await run_ffmpeg(["-i", f"file:{tmp_path}/absent.webm", "-f", "null", "-"], 1.0)


async def test_a_playlist_in_disguise_reads_nothing_foreign(tmp_path: Path) -> None:
    """With ffmpeg's defaults this "mp4" copies a neighbour's file (checked here too, so that the test can fail)."""
    secret = tmp_path / "neighbour.mp4"
    await run_ffmpeg(["-f", "lavfi", "-i", "testsrc2=duration=1", "-c:v", "libx264", str(secret)], 1.0)
    trap = tmp_path / "upload.mp4"
    trap.write_text(f"ffconcat version 1.0\nfile '{secret.name}'\n")
    out = tmp_path / "out.mp4"
    with contextlib.suppress(ComposeFailed):
        await run_ffmpeg(["-i", str(trap), "-c", "copy", str(out)], 1.0)
    assert out.exists(), "the guard is needed"
    out.unlink()
    import ffmpeg

    guarded = ffmpeg.get_args(ffmpeg.output(open_input(trap), str(out), c="copy"))
    with pytest.raises(ComposeFailed):
        await run_ffmpeg(guarded, 1.0)
    assert not out.exists() or out.stat().st_size == 0
    assert Path(program()).exists()


async def test_cuts_chapters_captions_loudness_and_the_strip_of_pictures(tmp_path: Path) -> None:
    """What the instructor did after class is in the film; its sound stays in step through the cuts."""
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(16), close=False)
    lecture.pictures(1000.0, encode_pictures("vp8", 400, key_every=50), close=False)
    lecture.write(tmp_path / "recordings" / "rec" / "capture")
    folder = tmp_path / "recordings" / "rec"
    manifest, storage = prepare(folder), open_storage(tmp_path)
    for track in manifest.tracks:
        await storage.publish(f"rec/{track.file}", folder / "work" / track.file)
    await storage.write_manifest(manifest)
    await storage.put("rec/captions-ko-1.vtt", b"WEBVTT\n\n00:01.000 --> 00:05.000\n\xec\x95\x88\xeb\x85\x95\n")
    edits = tidy(
        Edits(
            cuts=[Cut(from_s=start, to_s=start + 0.77) for start in (2.31, 4.62, 6.93, 9.24)] + [Cut(from_s=12.5, to_s=15.0)],
            chapters=[Chapter(at_s=0, title="처음 = 1"), Chapter(at_s=8, title="둘째")],
            captions=[Captions(language="ko", file="captions-ko-1.vtt")],
        ),
        manifest.duration_s,
    )
    shown = await make_preview(manifest, storage, tmp_path / "film")
    assert shown is not None
    assert shown.preview is not None
    composed = await compose_film(shown, storage, tmp_path / "film", edits=edits)
    assert composed.film is not None
    path = folder / composed.film.file
    assert_decodes(path)
    expected_s = manifest.duration_s - 4 * 0.77 - 2.5
    assert abs(duration_s(path) - expected_s) < 0.15
    assert abs(composed.film.duration_s - expected_s) < 0.01
    flashed, heard = np.array(flashes(path)), clicks(*decode_sound(path))
    assert len(heard) >= 8
    assert np.median([float(np.abs(flashed - click).min()) for click in heard]) <= 0.045
    said = subprocess.run([program(), "-hide_banner", "-i", str(path)], capture_output=True, text=True, timeout=30).stderr
    assert "처음 = 1" in said
    assert f"start {8 - 3 * 0.77:.2f}" in said, "chapters are where the film has them"
    assert "mov_text" in said
    measure = [program(), "-hide_banner", "-nostats", "-i", str(path), "-map", "0:a", "-af", "ebur128=framelog=quiet"]
    loud = subprocess.run([*measure, "-f", "null", "-"], capture_output=True, text=True, timeout=60).stderr
    assert abs((read_loudness(loud) or 0) + 16) <= 1.0
    preview = composed.preview
    assert preview is not None, "the film did not forget the strip"
    assert "preview-1.jpg#xywh=160,0,160,90" in (folder / preview.vtt).read_text()
    assert_decodes(folder / preview.files[0])
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (*preview.files, composed.film.file)}
    assert sums.items() <= composed.sha256.items()
