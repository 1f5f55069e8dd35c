"""A lecture made of real RTP: pictures that carry their own number, sound that clicks when the picture flashes.

Pictures are encoded once per test session (`recording.movie.ENCODERS`), cut to packets by aiortc or ourselves, and written to a
capture log with any times, losses and clocks a test wants.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtpPacket

from recording import log
from recording.movie import ENCODERS
from tests.recording.rarer_packets import Av1Packer, Vp9Packer

FPS = 25
CELL = 32
BITS = 12
NTP_1970 = 2_208_988_800


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


@dataclass(order=True)
class Event:
    at_s: float
    order: int
    kind: int = field(compare=False)
    track: int = field(compare=False)
    payload: bytes = field(compare=False)


@dataclass
class Lecture:
    """Collects what arrives at a capture, then writes it as one or more runs."""

    events: list[Event] = field(default_factory=list)
    start_s: float = 1000.0
    wall_s: float = 1_790_000_000.0
    tracks: int = 0

    def add(self, at_s: float, kind: int, track: int, payload: bytes) -> None:
        self.events.append(Event(at_s, len(self.events), kind, track, payload))

    def open(
        self,
        at_s: float,
        source: str,
        codec: str,
        *,
        owner: str = "teacher",
        peer: str = "p1",
        rid: str | None = None,
        lead: bool = True,
    ) -> int:
        self.tracks += 1
        info = {
            "track": self.tracks,
            "peer": peer,
            "owner": owner,
            "source": source,
            "codec": codec,
            "clock_rate": 48_000 if codec == "opus" else 90_000,
            "payload_type": 111 if codec == "opus" else 96,
            "ssrc": 1000 + self.tracks,
            "rid": rid,
            "fmtp": "",
            "lead": lead,
        }
        self.add(at_s, log.TRACK_OPENED, self.tracks, json.dumps(info).encode())
        return self.tracks

    def pictures(
        self,
        start_s: float,
        pictures: tuple[Encoded, ...],
        *,
        codec: str = "vp8",
        source: str = "camera",
        owner: str = "teacher",
        peer: str = "p1",
        rid: str | None = None,
        lead: bool = True,
        delay_s: float = 0.03,
        first: int = 0,
        network: "Callable[[int], float | None] | None" = None,
        reports: bool = True,
        close: bool = True,
        rtp_start: int = 0xFFFF_0000,
        sequence_start: int = 65_000,
        clock_offset_s: float = 5.0,
        track: int | None = None,
    ) -> int:
        """Send pictures from `start_s` on; picture n was taken at start_s + n / FPS.

        network: packet number → extra delay in seconds, None = lost. delay_s: from taking to arrival.
        """
        number = track or self.open(start_s, source, codec, owner=owner, peer=peer, rid=rid, lead=lead)
        sequence = 0
        for index, picture in enumerate(pictures[first:]):
            taken_s = start_s + index / FPS
            for place, payload in enumerate(picture.payloads):
                packet = RtpPacket(
                    payload_type=96,
                    marker=int(place == len(picture.payloads) - 1),
                    sequence_number=(sequence_start + sequence) & 0xFFFF,
                    timestamp=(rtp_start + round(index / FPS * 90_000)) & 0xFFFFFFFF,
                    ssrc=1000 + number,
                    payload=payload,
                )
                late_s = network(sequence) if network else 0.0
                sequence += 1
                if late_s is not None:
                    self.add(taken_s + delay_s + late_s, log.RTP, number, packet.serialize())
            if reports and index % FPS == FPS // 2:
                self.report(taken_s, number, rtp_start + round(index / FPS * 90_000), clock_offset_s)
        if close:
            late_s = 0.5 if network else 0.0  # the last packets may be late ones
            self.add(start_s + len(pictures[first:]) / FPS + delay_s + late_s, log.TRACK_CLOSED, number, b"")
        return number

    def sound(
        self,
        start_s: float,
        packets: tuple[bytes, ...],
        *,
        owner: str = "teacher",
        peer: str = "p1",
        lead: bool = True,
        delay_s: float = 0.03,
        network: "Callable[[int], float | None] | None" = None,
        reports: bool = True,
        close: bool = True,
        rate_error: float = 0.0,
        rtp_start: int = 0xFFFF_F000,
        clock_offset_s: float = 5.0,
    ) -> int:
        """Send Opus packets from `start_s` on. rate_error: how much the sender's sound card is fast."""
        number = self.open(start_s, "microphone", "opus", owner=owner, peer=peer, lead=lead)
        for index, payload in enumerate(packets):
            taken_s = start_s + index * 0.02 / (1 + rate_error)
            packet = RtpPacket(
                payload_type=111,
                marker=int(index == 0),
                sequence_number=(65_500 + index) & 0xFFFF,
                timestamp=(rtp_start + index * 960) & 0xFFFFFFFF,
                ssrc=1000 + number,
                payload=payload,
            )
            late_s = network(index) if network else 0.0
            if late_s is not None:
                self.add(taken_s + delay_s + late_s, log.RTP, number, packet.serialize())
            if reports and index % 250 == 100:
                self.report(taken_s, number, rtp_start + index * 960, clock_offset_s)
        if close:
            late_s = 0.5 if network else 0.0
            self.add(start_s + len(packets) * 0.02 + delay_s + late_s, log.TRACK_CLOSED, number, b"")
        return number

    def report(self, taken_s: float, track: int, timestamp_rtp: int, clock_offset_s: float) -> None:
        ntp_64 = int((NTP_1970 + self.wall_s + taken_s + clock_offset_s) * 2**32)
        self.add(taken_s + 0.02, log.SENDER_REPORT, track, log.REPORT.pack(ntp_64, timestamp_rtp & 0xFFFFFFFF))

    def write(self, capture: Path, *, run: int = 1, boot: str = "boot", closed: bool = True, until_s: float = 1e9) -> Path:
        """Write everything that happened before `until_s` as one run and forget it; the rest stays for the next run."""
        capture.mkdir(parents=True, exist_ok=True)
        self.events.sort()
        now = [event for event in self.events if event.at_s < until_s]
        self.events = [event for event in self.events if event.at_s >= until_s]
        first_s = now[0].at_s if now else self.start_s
        info = {"run": run, "wall_s": self.wall_s + first_s, "monotonic_s": first_s, "boot": boot}
        path = capture / log.segment_name(run, 1)
        with open(path, "wb") as file:
            file.write(log.MAGIC + log.pack_document(log.RUN, 0, first_s, info))
            alive_s = first_s
            for event in now:
                while event.at_s > alive_s + 1:
                    alive_s += 1
                    file.write(log.pack_record(log.ALIVE, 0, alive_s, b""))
                file.write(log.pack_record(event.kind, event.track, event.at_s, event.payload))
            if closed:
                end_s = min(until_s, now[-1].at_s + 0.01 if now else first_s + 1.0)
                file.write(log.pack_record(log.CLOSED, 0, end_s, b""))
        return path


def bad_network(seed: int, *, lost: float = 0.0, late: float = 0.0, late_s: float = 0.25) -> "Callable[[int], float | None]":
    """A network that loses some packets for good and brings others late (as a retransmission does)."""
    chance = random.Random(seed)
    fates = [(chance.random(), chance.random()) for _ in range(100_000)]

    def fate(packet: int) -> float | None:
        gone, slow = fates[packet % len(fates)]
        return None if gone < lost else late_s if slow < late else 0.0

    return fate


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
