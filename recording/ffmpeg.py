"""ffmpeg: which one, what it may open, its command lines and progress reports (pure). What a film looks like: `graph.py`.

The program is the one in the imageio-ffmpeg wheel: it has libx264, libvpx and Opus on every machine. Every input is opened with a
forced demuxer and only from files: a file that pretends to be something else cannot make ffmpeg read a playlist or the network.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ffmpeg
import imageio_ffmpeg

from recording.manifest import Manifest, Track

THREADS: Final = 3
"""Of each decoder, encoder and filter graph. Each costs memory, and a machine with many cores would start dozens."""
DEMUXERS: Final = {".webm": "matroska", ".mp4": "mov", ".vtt": "webvtt"}


def program() -> str:
    """Path of the ffmpeg binary."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def open_input(path: Path, **options: Any) -> Any:
    """An ffmpeg-python input that reads this local file, as what its name says, and nothing else."""
    forced = {"f": DEMUXERS[path.suffix], "protocol_whitelist": "file,pipe", "threads": THREADS, **options}
    return ffmpeg.input(f"file:{path}", **forced)


def build_poster(path: Path, at_s: float, target: Path) -> list[str]:
    """Arguments that write the picture at `at_s` of a file as a JPEG 640 pixels wide."""
    picture = open_input(path, ss=round(at_s, 3)).video.filter("scale", 640, -2)
    return arguments_of(
        ffmpeg.output(picture, f"file:{target}", f="image2", vcodec="mjpeg", vframes=1, **{"q:v": 4, "update": 1})
    )


def arguments_of(output: Any, level: str = "error") -> list[str]:
    """The command line of a graph. level: how much ffmpeg says."""
    flags = ("-hide_banner", "-nostdin", "-v", level, "-progress", "pipe:1", "-nostats", "-filter_complex_threads", str(THREADS))
    output = output.overwrite_output().global_args(*flags)
    return [str(argument) for argument in ffmpeg.get_args(output)]


def largest_track(manifest: Manifest) -> tuple[Track, float]:
    """The track and the time in it that show best what the recording is about."""
    shown = [scene for scene in manifest.scenes if scene.tracks]
    if not shown:
        return manifest.track(manifest.main), 0.0
    longest = max(shown, key=lambda scene: scene.to_s - scene.from_s)
    track = manifest.track(longest.tracks[0])
    at_s = longest.from_s + min(5.0, (longest.to_s - longest.from_s) * 0.4)
    return track, max(0.0, at_s - track.offset_s)


@dataclass
class Progress:
    """ffmpeg's `-progress` lines in, how much of the film is done out."""

    duration_s: float
    done_s: float = 0.0
    ended: bool = False
    """ffmpeg said that it finished."""
    _lines: list[str] = field(default_factory=list)

    def receive(self, line: str) -> bool:
        """Take one line; True when the work moved on."""
        name, _, value = line.strip().partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit():
            done_s = max(0.0, int(value) / 1e6)
            moved = done_s > self.done_s
            self.done_s = max(self.done_s, done_s)
            return moved
        if name == "progress" and value == "end":
            self.ended = True
        return False

    @property
    def share(self) -> float:
        """0 … 1."""
        return 1.0 if self.ended else min(1.0, self.done_s / self.duration_s) if self.duration_s > 0 else 0.0
