"""RTP → whole frames: VP8, H.264, Opus (read by aiortc's parsers). `vp9.py` and `av1.py` know the others, `formats.py` all.

A picture is only passed on when it and everything it builds on came whole: after a loss everything up to the next key frame is
left out (a frozen good picture is better than a distorted one), and counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor

from media.h264 import read_size
from recording.jitter import JitterWindow, Loss, MalformedRtp, Packet, parse_rtp

START_CODE: Final = b"\x00\x00\x00\x01"
MAX_FRAME_BYTES: Final = 8 << 20


class Frame(NamedTuple):
    """One encoded picture or one packet of sound."""

    timestamp_rtp: int
    at_s: float
    """Arrival of its last packet."""
    key: bool
    data: bytes
    width: int = 0
    """Of key pictures; else 0."""
    height: int = 0


@dataclass
class Losses:
    """What did not make it into the recording."""

    packets: int = 0
    frames: int = 0
    malformed: int = 0


@dataclass
class Depacketizer:
    """One track's packets in arrival order in, whole decodable frames out."""

    payload_type: int
    assemble: "Assembler"
    losses: Losses = field(default_factory=Losses)
    _window: JitterWindow = field(default_factory=JitterWindow)

    def receive(self, data: bytes, at_s: float) -> list[Frame]:
        try:
            packet = parse_rtp(data, self.payload_type, at_s)
        except MalformedRtp:
            self.losses.malformed += 1
            return []
        return self._pass_on(self._window.receive(packet))

    def on_deadline(self, now: float) -> list[Frame]:
        return self._pass_on(self._window.on_deadline(now))

    def flush(self) -> list[Frame]:
        """The track ended: nothing more is waited for."""
        return self._pass_on([*self._window.flush()])

    def _pass_on(self, entries: list[Packet | Loss]) -> list[Frame]:
        frames: list[Frame] = []
        for entry in entries:
            if isinstance(entry, Loss):
                self.losses.packets += entry.packets
                self.assemble.lose(self.losses)
            else:
                frame = self.assemble.receive(entry, self.losses)
                if frame is not None:
                    frames.append(frame)
        return frames


class Assembler:
    """Builds frames from packets that are in order."""

    def receive(self, packet: Packet, losses: Losses) -> Frame | None:
        raise NotImplementedError

    def lose(self, losses: Losses) -> None:
        """The next packet does not follow the last one."""


class OpusAssembler(Assembler):
    """A packet is a frame; every one decodes by itself."""

    def receive(self, packet: Packet, losses: Losses) -> Frame | None:
        if not packet.payload:
            return None
        return Frame(packet.timestamp_rtp, packet.at_s, True, packet.payload)


@dataclass
class PictureAssembler(Assembler):
    """Collects the packets of one picture; `read` is the codec's own knowledge."""

    read: Callable[[bytes], tuple[bool, bytes]]
    """payload → (may begin a picture, data)"""
    finish: Callable[[bytes], Frame | None]
    """data → frame without times, None when it is no decodable picture at all"""
    _parts: list[bytes] = field(default_factory=list)
    _timestamp: int = -1
    _sound: bool = False
    """Everything so far of this picture came, from its beginning."""
    _broken: bool = True
    """A picture was lost since the last key picture."""

    def lose(self, losses: Losses) -> None:
        if self._parts:
            losses.frames += 1
        self._parts, self._sound, self._timestamp = [], False, -1
        self._broken = True

    def receive(self, packet: Packet, losses: Losses) -> Frame | None:
        if not packet.payload:
            return None
        try:
            begins, data = self.read(packet.payload)
        except (ValueError, IndexError):
            losses.malformed += 1
            self.lose(losses)
            return None
        if packet.timestamp_rtp != self._timestamp:
            if self._parts:  # the marker of the picture before was on a packet we never had
                self.lose(losses)
            self._parts, self._sound, self._timestamp = [], begins, packet.timestamp_rtp
        if sum(map(len, self._parts)) + len(data) > MAX_FRAME_BYTES:
            self.lose(losses)
            return None
        self._parts.append(data)
        return self._end(packet, losses) if packet.marker else None

    def _end(self, packet: Packet, losses: Losses) -> Frame | None:
        data, sound = b"".join(self._parts), self._sound
        self._parts, self._timestamp = [], -1
        frame = self.finish(data) if sound else None
        if frame is None or (self._broken and not frame.key):
            losses.frames += 1
            self._broken = True
            return None
        self._broken = False
        return frame._replace(timestamp_rtp=packet.timestamp_rtp, at_s=packet.at_s)


def read_vp8(payload: bytes) -> tuple[bool, bytes]:
    descriptor, data = VpxPayloadDescriptor.parse(payload)
    return bool(descriptor.partition_start) and descriptor.partition_id == 0, data


def finish_vp8(data: bytes) -> Frame | None:
    """Check the frame tag (RFC 6386 §9.1) and read a key frame's size."""
    if len(data) < 3:
        return None
    if data[0] & 1:
        return Frame(0, 0.0, False, data)
    if len(data) < 10 or data[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    return Frame(0, 0.0, True, data, width, height) if width and height else None


def read_h264(payload: bytes) -> tuple[bool, bytes]:
    descriptor, data = H264PayloadDescriptor.parse(payload)
    return descriptor.first_fragment, data


def split_nals(data: bytes) -> list[bytes]:
    """The NAL units of a frame as aiortc's parser joins them, each behind a four-byte start code."""
    return [nal for nal in data.split(START_CODE) if nal]


@dataclass
class H264Finisher:
    """Remembers parameter sets: a key picture that came without them gets the last ones."""

    _sps: bytes = b""
    _pps: bytes = b""
    _size: tuple[int, int] = (0, 0)

    def __call__(self, data: bytes) -> Frame | None:
        nals = split_nals(data)
        kinds = [nal[0] & 0x1F for nal in nals]
        for nal, kind in zip(nals, kinds, strict=True):
            if kind == 7 and nal != self._sps:
                self._sps, self._size = nal, read_size(nal)
            elif kind == 8:
                self._pps = nal
        slices = [nal for nal, kind in zip(nals, kinds, strict=True) if kind in (1, 5)]
        if not slices or len(slices[0]) < 2 or not slices[0][1] & 0x80:  # first_mb_in_slice ≠ 0: the picture's top never came
            return None
        if 5 in kinds:
            if not self._sps or not self._pps or not all(self._size):
                return None
            rest = [nal for nal, kind in zip(nals, kinds, strict=True) if kind not in (7, 8, 9)]
            joined = b"".join(START_CODE + nal for nal in (self._sps, self._pps, *rest))
            return Frame(0, 0.0, True, joined, *self._size)
        return Frame(0, 0.0, False, b"".join(START_CODE + nal for nal, kind in zip(nals, kinds, strict=True) if kind != 9))
