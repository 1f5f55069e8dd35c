"""One outgoing track, and the Sink a recorder implements.

The Sink is the whole interface between the relay and a recorder: the relay calls it from its packet loop, so every method must
return at once (append to a queue) and must never raise.
"""

from dataclasses import dataclass
from typing import Protocol

from media.control import CaptureId, CaptureTrouble, PeerId, RoomId, Source


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """What a Sink must know of one incoming RTP stream (one simulcast layer = one track)."""

    track: int
    """Unique within one capture and worker run, starting at 1."""
    peer: PeerId
    owner: str
    source: Source
    codec: str
    """Lower-case SDP name: "vp8", "h264", "vp9", "av1", "opus"."""
    clock_rate: int
    payload_type: int
    ssrc: int
    rid: str | None
    """Simulcast layer: "q", "h" or "f"; None when the publisher sends one stream."""
    fmtp: str
    """The negotiated format parameters, e.g. H.264's profile-level-id."""
    lead: bool = False
    """Sent by the instructor: the main picture of the recording."""


class Sink(Protocol):
    """Receives everything published in one room. Times are `time.monotonic()` seconds of the worker's process."""

    def open_track(self, info: TrackInfo, now: float) -> None: ...

    def receive_rtp(self, track: int, packet: bytes, now: float) -> None:
        """One decrypted RTP packet as it came (header extensions and padding included), retransmissions unwrapped from RTX.

        In arrival order; duplicates removed; late and reordered packets included.
        """

    def receive_sender_report(self, track: int, ntp_64: int, timestamp_rtp: int, now: float) -> None:
        """RTCP sender report of the track: 64-bit NTP time and the RTP timestamp of the same instant (RFC 3550 §6.4.1)."""

    def close_track(self, track: int, now: float) -> None: ...

    def close(self, now: float) -> None:
        """Flush and close the files; may block up to a second (called off the packet loop)."""


class Keyframes(Protocol):
    """How a Sink asks the relay for a key frame (coalesced by the relay)."""

    def __call__(self, track: int) -> None: ...


class SinkFactory(Protocol):
    """Opens a Sink for one capture. Given to the worker by the composition root, so that media never imports recording."""

    def __call__(
        self,
        room: RoomId,
        capture: CaptureId,
        directory: str,
        request_keyframe: Keyframes,
        report: "Report",
    ) -> Sink: ...


class Report(Protocol):
    """How a Sink tells trouble; safe to call from any thread."""

    def __call__(self, trouble: CaptureTrouble) -> None: ...
