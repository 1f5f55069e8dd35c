"""Writes playable files packet by packet, without encoding: MP4 for H.264, WebM for all others, Opus sound in either.

The finished files are ordinary ones with their index (cues, moov) at the end: browsers fetch it with one Range request and can
then seek. Finishing costs milliseconds however long the class was, because everything else is already on the disk. While they
grow they are playable too, fragment by fragment (`fragments.py`): WebM clusters, and MP4 fragments that become one ordinary MP4
at the end (FFmpeg's "hybrid" MP4).
"""

import io
import os
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import av

from recording.mixer import RATE, Sound

CONTAINERS: Final = {"vp8": "webm", "vp9": "webm", "av1": "webm", "h264": "mp4"}
ENCODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9", "av1": "libsvtav1", "h264": "libx264"}
MIMES: Final = {"vp8": "vp8", "vp9": "vp9", "av1": "av01.0.08M.08", "h264": "avc1.42e01f"}
SUFFIXES: Final = {"webm": ".webm", "mp4": ".mp4"}
FRAGMENT_S: Final = 2
"""Who watches from the beginning during class is this much later than what is written."""
OPTIONS: Final = {
    "webm": {"cluster_time_limit": str(FRAGMENT_S * 1000), "flush_packets": "1", "avoid_negative_ts": "disabled"},
    "mp4": {
        "movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof",
        "frag_duration": str(FRAGMENT_S * 1_000_000),
        "flush_packets": "1",
    },
}
CLOCK: Final = Fraction(1, 90_000)
GRID: Final = {"webm": 120, "mp4": 30}
"""Pictures lie on this many places a second, never two on one. A live camera's times jitter, and ffmpeg counts in ticks of the
stream's frame rate (declared in WebM, guessed from the times in MP4): once the picture size has changed, two pictures in one tick
end its conversion with an error [measured with every camera that adapts its resolution]."""
LATE_S: Final = 0.05
"""A source faster than the grid may be shifted by this much; beyond, two pictures share a place."""
DELIMITER: Final = b"\x12\x00"
"""Between the pictures of AV1 outside of containers."""
SOUND_LATER_TICKS: Final = 7 * 90
"""WebM's muxer moves Opus by what its decoder skips at first, 6.5 ms and rounded, when pictures and sound are in order already.
Browsers fed with a growing file stop at the first block that is earlier than the one before it: so pictures are put in order as
if they were earlier by as much."""
FRAME_S: Final = 1 / 30
"""How long the last picture of a silent file is shown."""


class EncodedPicture(Protocol):
    @property
    def key(self) -> bool: ...
    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file's picture track is declared as."""

    codec: str
    width: int
    height: int


class Movie:
    """One file being written. Times are seconds from the file's start, each stream in order."""

    def __init__(self, path: Path, shape: Shape, first_key: bytes, *, sound: bool) -> None:
        self.path, self.shape, self.has_sound = path, shape, sound
        container = CONTAINERS[shape.codec]
        self._container: Any = av.open(str(path), "w", format=container, options=OPTIONS[container])
        self._video: Any = self._add_picture(shape, first_key)
        self._audio: Any = None
        if sound:
            self._audio = self._container.add_stream("libopus", rate=RATE, layout="stereo", options={"frame_duration": "20"})
        self._held: tuple[float, bool, bytes] | None = None
        self._last_ticks = -1

    @property
    def mime(self) -> str:
        codecs = MIMES[self.shape.codec] + (", opus" if self.has_sound else "")
        return f'video/{CONTAINERS[self.shape.codec]}; codecs="{codecs}"'

    def write_picture(self, time_s: float, key: bool, data: bytes) -> None:
        """A picture is written when the next one tells how long it is shown."""
        if self._held is not None:
            self._put(self._held, time_s)
        self._held = (time_s, key, data)

    def write_sound(self, sound: Sound) -> None:
        assert self._audio is not None, "sound goes to a file that has a sound track"
        packet = av.Packet(sound.data)
        packet.stream = self._audio
        packet.time_base = Fraction(1, RATE)
        packet.pts = packet.dts = sound.start
        packet.duration = sound.length
        packet.is_keyframe = True
        self._container.mux(packet)

    def close(self, end_s: float | None = None) -> None:
        """Write the index. end_s: until when the last picture is shown."""
        if self._held is not None:
            self._put(self._held, max(end_s or 0.0, self._held[0] + FRAME_S))
            self._held = None
        self._container.close()

    def _put(self, held: tuple[float, bool, bytes], until_s: float) -> None:
        time_s, key, data = held
        packet = av.Packet(data)
        packet.stream = self._video
        packet.time_base = CLOCK
        ticks = self._place(time_s)
        packet.pts = packet.dts = ticks
        if self.has_sound and CONTAINERS[self.shape.codec] == "webm":
            packet.dts = ticks - SOUND_LATER_TICKS
        packet.duration = max(90, round(until_s * 90_000) - ticks)
        packet.is_keyframe = key
        self._container.mux(packet)

    def _place(self, time_s: float) -> int:
        """The next free place at or after a time, in ticks of `CLOCK`."""
        step = 90_000 // GRID[CONTAINERS[self.shape.codec]]
        ticks = round(time_s * 90_000 / step) * step
        if ticks <= self._last_ticks:
            ticks = (self._last_ticks // step + 1) * step
            if ticks - time_s * 90_000 > LATE_S * 90_000:
                ticks = self._last_ticks + 90
        self._last_ticks = ticks
        return ticks

    def _add_picture(self, shape: Shape, first_key: bytes) -> Any:
        if shape.codec in ("vp8", "vp9"):
            stream = self._container.add_mux_stream(shape.codec, rate=GRID["webm"], width=shape.width, height=shape.height)
        else:  # the parameter sets come with the first key picture; reading it as a file makes a template of it
            whole, format_ = (first_key, "h264") if shape.codec == "h264" else (DELIMITER + first_key, "obu")
            with av.open(io.BytesIO(whole), format=format_) as sample:
                stream = self._container.add_stream_from_template(sample.streams.video[0], opaque=True)
        stream.time_base = CLOCK
        return stream


@lru_cache(maxsize=32)
def black_picture(shape: Shape) -> bytes:
    """A black key frame: shown while there is no camera."""
    os.environ.setdefault("SVT_LOG", "1")  # it introduces itself otherwise
    encoder: Any = av.CodecContext.create(ENCODERS[shape.codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = shape.width, shape.height, "yuv420p", Fraction(1, 30)
    encoder.bit_rate, encoder.thread_count = 200_000, 1
    if shape.codec == "h264":
        encoder.profile = "Baseline"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    frame = av.VideoFrame(shape.width, shape.height, "yuv420p")
    for plane, value in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return bytes(packets[0]).removeprefix(DELIMITER)
