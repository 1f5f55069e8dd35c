"""A screen share over a bad line, in virtual time: a real encoder, the relay's loss detector, the recorder's key-frame watch.

Sender ──line──► relay (asks again for what is missing) ──► capture log. Packets, repeats and requests are lost alike.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtpPacket

from media.nack import LossDetector
from recording import log
from recording.watch import PictureWatch
from tests.recording.lecture import Lecture
from tests.recording.material import draw_picture

FPS: Final = 15
WIDTH, HEIGHT = 1920, 1080
DELAY_S: Final = 0.03
START_S: Final = 1000.0


@dataclass(frozen=True)
class Line:
    """Loses `share` of everything at random, and everything within `bursts` (from, to)."""

    share: float
    bursts: tuple[tuple[float, float], ...]
    seed: int = 7
    repeats: bool = True
    """The sender answers requests for lost packets."""


@dataclass
class Screen:
    """The sender: encodes on demand, keeps what it sent."""

    wants_key: bool = False
    sent: dict[int, bytes] = field(default_factory=dict)
    keys: int = 0
    _encoder: Any = None
    _packer: Any = None
    _sequence: Any = None

    def __post_init__(self) -> None:
        self._encoder = encoder = av.CodecContext.create("libvpx", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = WIDTH, HEIGHT, "yuv420p", Fraction(1, FPS)
        encoder.bit_rate, encoder.gop_size, encoder.thread_count = 2_500_000, 100_000, 1
        encoder.options = {"deadline": "realtime", "cpu-used": "12", "lag-in-frames": "0"}
        self._packer, self._sequence = Vp8Encoder(), itertools.count(100)

    def shoot(self, number: int) -> list[tuple[int, bytes]]:
        """Picture `number` as packets with their sequence numbers."""
        chroma = np.full((HEIGHT // 2, WIDTH), 128, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([draw_picture(number, WIDTH, HEIGHT), chroma]), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frame.pict_type = av.video.frame.PictureType.I if self.wants_key else av.video.frame.PictureType.NONE
        self.wants_key = False
        packets = []
        for coded in self._encoder.encode(frame):
            self.keys += coded.is_keyframe
            payloads, _ = self._packer.pack(coded)
            for place, payload in enumerate(payloads):
                sequence = next(self._sequence) & 0xFFFF
                marker = int(place == len(payloads) - 1)
                packet = RtpPacket(96, marker, sequence, number * 90_000 // FPS, 1001, payload).serialize()
                self.sent[sequence] = packet
                packets.append((sequence, packet))
        return packets


def share_screen(lecture: Lecture, seconds: int, line: Line) -> Screen:
    """Play it and write what reaches the recorder into `lecture`."""
    chance, screen, detector, watch = random.Random(line.seed), Screen(), LossDetector(), PictureWatch()
    track = lecture.open(START_S, "screen", "vp8")
    watch.open_track(track, ("p1", "screen"), 3, START_S)
    order, events = itertools.count(), list[tuple[float, int, Callable[[float], None]]]()

    def at(when_s: float, doing: Callable[[float], None]) -> None:
        heapq.heappush(events, (when_s, next(order), doing))

    def carry(now: float, doing: Callable[[float], None]) -> None:
        """Over the line, if it gets through."""
        gone = chance.random() < line.share or any(start <= now - START_S < end for start, end in line.bursts)
        if not gone:
            at(now + DELAY_S, doing)

    def arrive(sequence: int, packet: bytes) -> Callable[[float], None]:
        def doing(now: float) -> None:
            if detector.receive(sequence, now) is not None:
                watch.receive(track, sequence, now)
                lecture.add(now, log.RTP, track, packet)

        return doing

    def repeat(sequence: int) -> Callable[[float], None]:
        return lambda now: carry(now, arrive(sequence, screen.sent[sequence]))

    def ask_key(now: float) -> None:
        screen.wants_key = True

    def shoot(now: float) -> None:
        number = round((now - START_S) * FPS)
        for place, (sequence, packet) in enumerate(screen.shoot(number)):
            at(now + place * 0.0005, lambda then, s=sequence, p=packet: carry(then, arrive(s, p)))  # type: ignore[misc]
        if number % FPS == 0:
            lecture.report(now, track, number * 90_000 // FPS, 5.0)

    def look(now: float) -> None:
        if line.repeats:
            for number in detector.due(now):
                carry(now, repeat(number & 0xFFFF))

    def turn(now: float) -> None:
        for _ in watch.on_deadline(now):
            carry(now, ask_key)

    for number in range(seconds * FPS):
        at(START_S + number / FPS, shoot)
    for tick in range(seconds * 100 + 100):
        at(START_S + tick / 100, look)
    for tick in range(seconds * 4 + 4):
        at(START_S + tick / 4, turn)
    while events:
        now, _, doing = heapq.heappop(events)
        doing(now)
    lecture.add(START_S + seconds + 1.0, log.TRACK_CLOSED, track, b"")
    return screen
