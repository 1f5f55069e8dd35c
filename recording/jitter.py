"""Puts the RTP packets of one track into order and waits for late ones (pure).

A recorder is in no hurry, so the window is generous: a packet that a retransmission brings within `WINDOW_S` counts as never
lost.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from recording.errors import RecordingError

WINDOW_S: Final = 1.0
RESTART: Final = 3_000
"""A jump of more sequence numbers than this is a sender that began anew, not loss (10 s of a 300 packets/s stream)."""
ABSENT_S: Final = 2.0
"""A gap in time this long is a track that was not recorded meanwhile (another layer was), not packets to wait for."""


class MalformedRtp(RecordingError):
    """Not an RTP packet."""

    code = "malformed-rtp"


class Packet(NamedTuple):
    """What the depacketisers need of one RTP packet."""

    sequence: int
    timestamp_rtp: int
    marker: bool
    payload: bytes
    """Empty for padding and foreign payload types: they count in the sequence and carry nothing."""
    at_s: float


class Loss(NamedTuple):
    """`packets` never came; what follows is not continuous with what came before."""

    packets: int


def parse_rtp(data: bytes, payload_type: int, at_s: float) -> Packet:
    """Cut header, extensions and padding off (RFC 3550 §5.1); raises MalformedRtp."""
    size = len(data)
    if size < 12 or data[0] >> 6 != 2:
        raise MalformedRtp("RTP version or length is wrong")
    start = 12 + 4 * (data[0] & 15)
    if data[0] & 0x10:
        if size < start + 4:
            raise MalformedRtp("RTP extension is truncated")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = size - data[-1] if data[0] & 0x20 else size
    if start > end:
        raise MalformedRtp("RTP extension or padding is longer than the packet")
    payload = data[start:end] if data[1] & 0x7F == payload_type else b""
    return Packet(data[2] << 8 | data[3], int.from_bytes(data[4:8]), data[1] > 127, payload, at_s)


@dataclass
class JitterWindow:
    """Packets in, the same packets in order out, with a `Loss` where some are missing for good."""

    window_s: float = WINDOW_S
    _next: int = -1
    _last_s: float = 0.0
    _held: dict[int, Packet] = field(default_factory=dict)

    def receive(self, packet: Packet) -> list[Packet | Loss]:
        """Late and doubled packets vanish; the result is what can be passed on now."""
        if self._next < 0:
            self._next = packet.sequence
        ahead = (packet.sequence - self._next) & 0xFFFF
        absent, self._last_s = packet.at_s - self._last_s > ABSENT_S, max(self._last_s, packet.at_s)
        if absent and ahead:
            return [*self.flush(), *self._restart(packet)]
        if ahead == 0 and not self._held:  # the usual case
            self._next = (self._next + 1) & 0xFFFF
            return [packet]
        if ahead >= 0x8000:
            if 0x10000 - ahead <= RESTART:
                return []
            return [*self.flush(), *self._restart(packet)]
        if ahead > RESTART:
            return [*self.flush(), *self._restart(packet)]
        self._held.setdefault(packet.sequence, packet)
        return self._release(packet.at_s)

    def on_deadline(self, now: float) -> list[Packet | Loss]:
        """Give up on what is missing longer than the window."""
        return self._release(now) if self._held else []

    def flush(self) -> list[Packet | Loss]:
        """Everything still held: nothing more will come."""
        return self._release(float("inf")) if self._held else []

    def _restart(self, packet: Packet) -> list[Packet | Loss]:
        self._next = (packet.sequence + 1) & 0xFFFF
        return [Loss(0), packet]

    def _release(self, now: float) -> list[Packet | Loss]:
        ready: list[Packet | Loss] = []
        while self._held:
            packet = self._held.pop(self._next, None)
            if packet is None:
                following = min(self._held, key=lambda sequence: (sequence - self._next) & 0xFFFF)
                if now - min(held.at_s for held in self._held.values()) < self.window_s:
                    break
                ready.append(Loss((following - self._next) & 0xFFFF))
                self._next = following
                continue
            ready.append(packet)
            self._next = (self._next + 1) & 0xFFFF
        return ready
