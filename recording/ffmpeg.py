"""ffmpeg command lines, built as graphs with ffmpeg-python, and its progress reports (pure).

The program is the one in the imageio-ffmpeg wheel: it has libx264, libvpx and Opus on every machine. Every input is opened with a
forced demuxer and only from files: a file that pretends to be something else cannot make ffmpeg read a playlist or the network.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ffmpeg
import imageio_ffmpeg

from recording.layout import FULL, HEIGHT, MARGIN, WIDTH, Box, boxes
from recording.manifest import Manifest, Track

RATE_FPS: Final = 30
PRESET: Final = "superfast"
"""A minute of moving 720p with a 1080p screen costs 23 CPU seconds; "veryfast" 31, which is more than 0.3× length as soon as
classes run on the same two cores."""
DEMUXERS: Final = {".webm": "matroska", ".mp4": "mov"}


def program() -> str:
    """Path of the ffmpeg binary."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def open_input(path: Path, **options: Any) -> Any:
    """An ffmpeg-python input that reads this local file, as what its name says, and nothing else."""
    forced = {"f": DEMUXERS[path.suffix], "protocol_whitelist": "file,pipe", **options}
    return ffmpeg.input(f"file:{path}", **forced)


def build_film(manifest: Manifest, paths: Mapping[str, Path], target: Path) -> list[str]:
    """Arguments that make the film: the main picture full size, screens over it, cameras small on screens.

    paths: file of each track by its id. Where a track has no new picture its last one stays.
    """
    inputs = {track.id: open_input(paths[track.id], reinit_filter=0) for track in manifest.tracks}
    wanted = _placements(manifest)
    main = manifest.track(manifest.main)
    uses = {track: list(places) for track, places in wanted.items() if track != main.id}
    insets = [box for box in wanted.get(main.id, {}) if box != FULL]
    pictures = inputs[main.id].video
    branches: list[Any] = []
    if insets:
        split = pictures.filter_multi_output("split", 1 + len(insets))
        pictures, branches = split[0], [split[1 + index] for index in range(len(insets))]
    film = _fit(pictures, FULL).filter("fps", RATE_FPS, start_time=0).filter("tpad", stop_mode="clone", stop=-1)
    overlays = [(box, _fit(branch, box), wanted[main.id][box]) for box, branch in zip(insets, branches, strict=True)]
    for track, places in uses.items():
        source = inputs[track].video.filter("setpts", f"PTS+{manifest.track(track).offset_s}/TB")
        parts = [source]
        if len(places) > 1:
            split = source.filter_multi_output("split", len(places))
            parts = [split[index] for index in range(len(places))]
        overlays += [(box, _fit(part, box), wanted[track][box]) for box, part in zip(places, parts, strict=True)]
    for box, picture, times in sorted(overlays, key=lambda overlay: overlay[0] != FULL):
        film = film.overlay(picture, eof_action="repeat", enable=_enable(times), **_corner(box))
    sound = inputs[main.id].audio.filter("aresample", 48_000, **{"async": 1}).filter("apad")
    output = ffmpeg.output(
        film,
        sound,
        f"file:{target}",
        f="mp4",
        t=manifest.duration_s,
        vcodec="libx264",
        preset=PRESET,
        crf=25,
        maxrate="3M",
        bufsize="6M",
        pix_fmt="yuv420p",
        g=RATE_FPS * 3,
        acodec="aac",
        audio_bitrate="128k",
        ac=2,
        movflags="+faststart",
    )
    return _arguments(output)


def build_poster(path: Path, at_s: float, target: Path) -> list[str]:
    """Arguments that write the picture at `at_s` of a file as a JPEG 640 pixels wide."""
    picture = open_input(path, ss=round(at_s, 3)).video.filter("scale", 640, -2)
    return _arguments(ffmpeg.output(picture, f"file:{target}", f="image2", vcodec="mjpeg", vframes=1, **{"q:v": 4, "update": 1}))


def _arguments(output: Any) -> list[str]:
    output = output.overwrite_output().global_args("-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-nostats")
    return [str(argument) for argument in ffmpeg.get_args(output)]


def _placements(manifest: Manifest) -> dict[str, dict[Box, list[tuple[float, float]]]]:
    wanted: dict[str, dict[Box, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for scene in manifest.scenes:
        for track, box in boxes(scene):
            wanted[track][box].append((scene.from_s, scene.to_s))
    return wanted


def _fit(picture: Any, box: Box) -> Any:
    """Scale into the box, keeping proportions; a full-size picture gets black borders."""
    fitted = picture.filter(
        "scale", box.width, box.height, force_original_aspect_ratio="decrease", force_divisible_by=2, flags="bilinear"
    )
    if box == FULL:
        fitted = fitted.filter("pad", WIDTH, HEIGHT, "(ow-iw)/2", "(oh-ih)/2", eval="frame")
    return fitted.filter("setsar", 1).filter("format", "yuv420p")


def _corner(box: Box) -> dict[str, str]:
    if box == FULL:
        return {"x": "0", "y": "0"}
    return {"x": f"W-w-{MARGIN}", "y": f"{box.y}+{box.height}-h"}


def _enable(times: list[tuple[float, float]]) -> str:
    return "+".join(f"gte(t,{start})*lt(t,{end})" for start, end in times)


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
