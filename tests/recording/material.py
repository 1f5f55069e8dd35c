"""Pictures that carry their own number, sound that clicks when the picture flashes.

Encoded once per test session (`recording.movie.ENCODERS`), cut to packets by aiortc or ourselves.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from recording.movie import ENCODERS
from tests.recording.rarer_packets import Av1Packer, Vp9Packer

FPS = 25
BITS = 12


def draw_picture(number: int, width: int, height: int, shade: int = 90) -> Any:
    """A grey picture with `number` in black and white cells along its top, a moving bar, and a white flash every second."""
    picture = np.full((height, width), shade, dtype=np.uint8)
    cell = width // (BITS + 2)
    for bit in range(BITS):
        picture[8 : 8 + cell, cell * (bit + 1) : cell * (bit + 2)] = 235 if number >> bit & 1 else 16
    x = number * 7 % (width - 24)
    picture[height // 2 : height // 2 + 40, x : x + 24] = 200
    if number % FPS == 0:
        picture[height * 3 // 4 :, :] = 250
    return picture


def read_picture(picture: Any) -> int:
    """The number drawn by `draw_picture`, whatever the scale."""
    height, width = picture.shape
    cell = width / (BITS + 2)
    row = int((8 + width // (BITS + 2) / 2) * 1)
    row = min(row, height - 1)
    bits = [
        int(picture[max(0, row - 2) : row + 3, int(cell * (bit + 1.5)) - 2 : int(cell * (bit + 1.5)) + 3].mean() > 125)
        for bit in range(BITS)
    ]
    return sum(bit << place for place, bit in enumerate(bits))


@dataclass(frozen=True)
class Encoded:
    key: bool
    payloads: tuple[bytes, ...]


@lru_cache(maxsize=16)
def encode_pictures(
    codec: str, count: int, width: int = 640, height: int = 360, key_every: int = 250, shade: int = 90
) -> tuple[Encoded, ...]:
    encoder: Any = av.CodecContext.create(ENCODERS[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, FPS)
    encoder.bit_rate, encoder.gop_size = 900_000, key_every
    encoder.thread_count = 1  # libvpx's threads spin: on a busy machine ten of them take minutes for what one does in a second
    encoder.options = {
        "vp8": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "0"},
        "vp9": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        "av1": {"preset": "12", "svtav1-params": "rc=2:pred-struct=1:lp=1"},
        "h264": {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"},
    }[codec]
    if codec == "h264":
        encoder.profile = "Baseline"
    packer: Any = {"vp8": Vp8Encoder, "h264": H264Encoder, "vp9": Vp9Packer, "av1": Av1Packer}[codec]()
    pictures = []
    for number in range(count):
        luma = draw_picture(number, width, height, shade)
        chroma = np.full((height // 2, width), 128, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frames: list[Any] = [frame] if number + 1 < count else [frame, None]
        for packet in itertools.chain.from_iterable(map(encoder.encode, frames)):
            payloads, _ = packer.pack(packet)
            pictures.append(Encoded(bool(packet.is_keyframe), tuple(payloads)))
    return tuple(pictures)


@lru_cache(maxsize=8)
def encode_sound(seconds: int, pitch_hz: int = 440, click_every_s: float = 1.0) -> tuple[bytes, ...]:
    """20 ms Opus packets of a soft tone with a loud 40 ms burst at every full second."""
    rate = 48_000
    time = np.arange(seconds * rate) / rate
    sound = 800 * np.sin(2 * np.pi * pitch_hz * time)
    sound += 15_000 * np.sin(2 * np.pi * 2_000 * time) * ((time % click_every_s) < 0.04)
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.format, encoder.layout, encoder.sample_rate = 64_000, "s16", "stereo", rate
    encoder.time_base = Fraction(1, rate)
    encoder.options = {"application": "audio", "frame_duration": "20"}
    stereo = np.repeat(sound.astype(np.int16), 2)
    packets: list[bytes] = []
    for start in range(0, len(time), 960):
        frame = av.AudioFrame.from_ndarray(stereo[2 * start : 2 * (start + 960)].reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = rate, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)
