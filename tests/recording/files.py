"""Judging produced files from outside: decode every byte with ffmpeg, ask for duration and contents."""

import re
import subprocess
from pathlib import Path

from recording.ffmpeg import program
from recording.manifest import Manifest
from recording.prepare import Preparation


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
