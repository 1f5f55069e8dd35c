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

from recording.blocks import CLUSTER_MS, PATIENCE_MS, SOUND_LATER_MS, TICKS_PER_MS, Blocks, Cut, Lasting, Placed, lasting
from recording.mixer import RATE, Sound

CONTAINERS: Final = {"vp8": "webm", "vp9": "webm", "av1": "webm", "h264": "mp4"}
ENCODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9", "av1": "libsvtav1", "h264": "libx264"}
MIMES: Final = {"vp8": "vp8", "vp9": "vp9", "av1": "av01.0.08M.08", "h264": "avc1.42e01f"}
SUFFIXES: Final = {"webm": ".webm", "mp4": ".mp4"}
OPTIONS: Final = {
    "webm": {"cluster_time_limit": str(CLUSTER_MS), "flush_packets": "1", "avoid_negative_ts": "disabled"},
    "mp4": {
        "movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof",
        "frag_duration": str(CLUSTER_MS * 1_000),
        "flush_packets": "1",
    },
}
FAR: Final = 3_600 * RATE
"""Beyond any limit of a cluster."""
CLOCK: Final = Fraction(1, 90_000)
GRID: Final = {"webm": 120, "mp4": 30}
"""Pictures lie on this many places a second, never two on one. A live camera's times jitter, and ffmpeg counts in ticks of the
stream's frame rate (declared in WebM, guessed from the times in MP4): once the picture size has changed, two pictures in one tick
end its conversion with an error [measured with every camera that adapts its resolution]."""
LATE_S: Final = 0.05
"""A source faster than the grid may be shifted by this much; beyond, two pictures share a place."""
DELIMITER: Final = b"\x12\x00"
"""Between the pictures of AV1 outside of containers."""
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
        self._blocks = Blocks() if sound and container == "webm" else None
        options = OPTIONS[container] if self._blocks is None else OPTIONS[container] | {"cluster_time_limit": str(PATIENCE_MS)}
        self._container: Any = av.open(str(path), "w", format=container, options=options)
        self._video: Any = self._add_picture(shape, first_key)
        self._audio: Any = None
        if sound:
            self._audio = self._container.add_stream("libopus", rate=RATE, layout="stereo", options={"frame_duration": "20"})
        self._held: Placed | None = None
        self._last_ticks = -1

    @property
    def mime(self) -> str:
        codecs = MIMES[self.shape.codec] + (", opus" if self.has_sound else "")
        return f'video/{CONTAINERS[self.shape.codec]}; codecs="{codecs}"'

    def write_picture(self, time_s: float, key: bool, data: bytes) -> None:
        """A picture is written when the next one tells how long it is shown."""
        picture = Placed(self._place(time_s), key, data)
        if self._blocks is not None:
            self._blocks.add_picture(picture)
            self._put_known()
            return
        if self._held is not None:
            self._put_picture(lasting(self._held, picture.at_ms))
        self._held = picture

    def write_sound(self, sound: Sound) -> None:
        assert self._audio is not None, "sound goes to a file that has a sound track"
        if self._blocks is not None:
            self._blocks.add_sound(sound)
            self._put_known()
        else:
            self._put_sound(sound)

    def close(self, end_s: float | None = None) -> None:
        """Write the index. end_s: until when the last picture is shown."""
        until_ms = round(max(end_s or 0.0, self._last_ticks / CLOCK.denominator + FRAME_S) * 1000)
        if self._blocks is not None:
            self._put_known(until_ms)
        if self._held is not None:
            self._put_picture(lasting(self._held, until_ms))
            self._held = None
        self._container.close()

    def _put_known(self, over_ms: int | None = None) -> None:
        assert self._blocks is not None, "pictures and sounds lie in one order"
        for block in self._blocks.take(over_ms):
            if isinstance(block, Lasting):
                self._put_picture(block)
            elif isinstance(block, Cut):
                self._cut(block.sound)
            else:
                self._put_sound(block)

    def _put_picture(self, shown: Lasting) -> None:
        packet = av.Packet(shown.picture.data)
        packet.stream = self._video
        packet.time_base = CLOCK
        packet.pts = packet.dts = shown.picture.ticks
        if self._blocks is not None:
            packet.dts -= SOUND_LATER_MS * TICKS_PER_MS
        packet.duration = shown.ms * TICKS_PER_MS
        packet.is_keyframe = shown.picture.key
        self._container.mux(packet)

    def _put_sound(self, sound: Sound, later: int = 0) -> None:
        packet = av.Packet(sound.data)
        packet.stream = self._audio
        packet.time_base = Fraction(1, RATE)
        packet.dts = sound.start
        packet.pts = sound.start + later
        packet.duration = sound.length
        packet.is_keyframe = True
        self._container.mux(packet)

    def _cut(self, last: Sound) -> None:
        """FFmpeg's muxer ends a cluster at a packet beyond its limit of time, begins the next with the sound it keeps back, and
        writes nothing of a sound that is empty: there is no other way to tell it from here."""
        self._put_sound(Sound(last.start, 0, b""), later=FAR)

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
            if CONTAINERS[shape.codec] == "webm":  # how long a picture lasts is written only beside what is usual
                stream.codec_context.framerate = GRID["webm"]
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
