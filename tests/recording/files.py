"""Judging produced files from outside: decode every byte with ffmpeg, ask for duration and contents."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from recording.ffmpeg import program
from recording.manifest import Manifest
from recording.prepare import Preparation
from tests.recording.material import read_picture


def assert_decodes(path: Path) -> None:
    """Every picture and sound decodes without one complaint."""
    done = subprocess.run(
        [program(), "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{path.name}: {done.stderr[:500]}"


def duration_s(path: Path) -> float:
    said = subprocess.run([program(), "-hide_banner", "-i", str(path)], capture_output=True, text=True, timeout=30).stderr
    found = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", said)
    assert found is not None, said
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])


def prepare(folder: Path, recording: str = "rec") -> Manifest:
    """Make the files of a capture as the jobs do, and check that all of them decode."""
    preparation = Preparation(recording, folder / "capture", folder / "work")
    while preparation.advance(50_000):
        pass
    manifest = preparation.finish()
    for track in manifest.tracks:
        assert_decodes(folder / "work" / track.file)
        assert abs(duration_s(folder / "work" / track.file) - track.duration_s) < 0.15
    return manifest


def decode_pictures(path: Path) -> Iterator[tuple[float, Any]]:
    """Time and luma of every picture of a file."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield float(frame.time or 0.0), frame.to_ndarray(format="gray")


def decode_sound(path: Path) -> tuple[Any, int]:
    """All samples (mono, −1 … 1) and their rate."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    joined = np.concatenate([part.mean(axis=0) if part.shape[0] > 1 else part[0] for part in parts])
    return joined, int(rate)


def clicks(samples: Any, rate: int) -> list[float]:
    """Times of the loud bursts."""
    window = rate // 500
    level = np.abs(samples[: len(samples) // window * window]).reshape(-1, window).max(axis=1)
    loud = level > 0.25
    return [index * window / rate for index in range(1, len(loud)) if loud[index] and not loud[max(0, index - 100) : index].any()]


def flashes(path: Path) -> list[float]:
    """Times of the pictures that flash."""
    found: list[float] = []
    for time_s, luma in decode_pictures(path):
        if luma[luma.shape[0] * 7 // 8].mean() > 220 and (not found or time_s - found[-1] > 0.5):
            found.append(time_s)
    return found


def main_file(folder: Path, manifest: Manifest) -> Path:
    return folder / "work" / manifest.track(manifest.main).file


def numbers(path: Path) -> list[tuple[float, int]]:
    return [(time_s, read_picture(luma)) for time_s, luma in decode_pictures(path)]


def skews(path: Path) -> list[float]:
    """For each click, how far the nearest flash is."""
    flashed = np.array(flashes(path))
    return [float(np.abs(flashed - click).min()) for click in clicks(*decode_sound(path))]
