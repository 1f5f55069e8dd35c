"""When was this captured? RTP timestamps → the capture's own monotonic clock (pure).

Every sender report says which wall-clock instant of the sender an RTP timestamp means. All tracks of one peer share that wall
clock, so sound and picture of a person are aligned exactly; how far the sender's wall clock is from ours is estimated from the
quickest reports of the last half minute (a report that travelled slowly would make everything look late). Until the first report,
or when reports contradict the arrival of packets by more than `ABSURD_S`, arrival times are used.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

ABSURD_S: Final = 2.0
QUICKEST_OF_S: Final = 30.0


@dataclass
class PeerClock:
    """How much to add to one peer's wall clock to get ours."""

    _samples: deque[tuple[float, float]] = field(default_factory=deque)
    _offset_s: float | None = None

    def receive_report(self, ntp_s: float, at_s: float) -> None:
        offset = at_s - ntp_s
        if self._samples and abs(offset - self._samples[-1][1]) > ABSURD_S:
            self._samples.clear()  # the sender's wall clock was set
        self._samples.append((at_s, offset))
        while self._samples[0][0] < at_s - QUICKEST_OF_S:
            self._samples.popleft()
        self._offset_s = min(sample for _, sample in self._samples)

    def to_ours(self, ntp_s: float) -> float | None:
        return None if self._offset_s is None else ntp_s + self._offset_s


@dataclass
class SenderClock:
    """One track's RTP clock."""

    clock_rate: int
    peer: PeerClock
    reported: bool = False
    """A sender report came: times are exact from here on."""
    _last_rtp: int | None = None
    _unwrapped: int = 0
    _arrival: tuple[int, float] | None = None
    """(unwrapped timestamp, arrival) of the quickest packet so far."""
    _anchor: tuple[int, float] | None = None
    """(unwrapped timestamp, sender's wall clock) of the last report."""

    def receive_report(self, ntp_64: int, timestamp_rtp: int, at_s: float) -> None:
        ntp_s = ntp_64 / 2**32
        self.peer.receive_report(ntp_s, at_s)
        self._anchor = (self._unwrap(timestamp_rtp, keep=True), ntp_s)
        self.reported = True

    def receive_packet(self, timestamp_rtp: int, at_s: float) -> None:
        """Learn from a packet's arrival; call it for every packet or frame, in order."""
        unwrapped = self._unwrap(timestamp_rtp)
        if self._arrival is None:
            self._arrival = (unwrapped, at_s)
            return
        expected = self._by_arrival(unwrapped)
        if at_s < expected:
            self._arrival = (unwrapped, at_s)
        elif at_s > expected + ABSURD_S:
            self._arrival = (unwrapped, at_s)  # the sender's RTP clock jumped or stood still: start over
            self._anchor = None
        else:  # follow a sender's clock that runs slow: forget the quickest packet by 200 ppm
            self._arrival = (self._arrival[0], self._arrival[1] + (at_s - expected) * 2e-4)

    def time_of(self, timestamp_rtp: int) -> float:
        """Our monotonic clock when the sampled instant would have arrived with no delay but the quickest."""
        unwrapped = self._unwrap(timestamp_rtp, keep=True)
        by_arrival = self._by_arrival(unwrapped)
        if self._anchor is not None:
            rtp, ntp_s = self._anchor
            ours = self.peer.to_ours(ntp_s + (unwrapped - rtp) / self.clock_rate)
            if ours is not None and abs(ours - by_arrival) < ABSURD_S:
                return ours
        return by_arrival

    def _by_arrival(self, unwrapped: int) -> float:
        assert self._arrival is not None, "a packet came before anybody asks for its time"
        return self._arrival[1] + (unwrapped - self._arrival[0]) / self.clock_rate

    def _unwrap(self, timestamp_rtp: int, *, keep: bool = False) -> int:
        if self._last_rtp is None:
            self._last_rtp, self._unwrapped = timestamp_rtp, timestamp_rtp
            return timestamp_rtp
        difference = (timestamp_rtp - self._last_rtp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        unwrapped = self._unwrapped + difference
        if not keep:
            self._last_rtp, self._unwrapped = timestamp_rtp, unwrapped
        return unwrapped
