"""One outgoing track, and the Sink a recorder implements.

The Sink is the whole interface between the relay and a recorder: the relay calls it from its packet loop, so every method must
return at once (append to a queue) and must never raise.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from media.control import CaptureId, CaptureTrouble, PeerId, RoomId, Source
from media.lane import Bridge, Lane
from media.rendition import Rendition
from media.renumber import Continuation
from media.serial import unwrap_16
from media.slots import SlotKind


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

    def close(self, now: float, *, interrupted: bool = False) -> None:
        """Flush and close the files; may block up to a second (called off the packet loop).

        interrupted: nobody asked for the end, this process is going while the class goes on.
        """


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


PAST_LANES = 8


class Subscription:
    """One slot of one viewer: which lane it is in, which layer it waits for, where its numbering stopped (pure)."""

    __slots__ = (
        "codecs",
        "continuation",
        "jumped_at",
        "lane",
        "max_height",
        "member",
        "owner",
        "past",
        "send_time_id",
        "since",
        "slot",
        "viewer",
        "waits_for",
    )

    def __init__(
        self, slot: SlotKind, viewer: PeerId, owner: str, codecs: dict[str, int], send_time_id: int | None, member: object
    ) -> None:
        self.slot = slot
        self.viewer = viewer
        self.owner = owner
        self.codecs = codecs
        """Codec → payload type the viewer knows it by."""
        self.send_time_id = send_time_id
        self.member = member
        """The viewer's entry in an Audience."""
        self.max_height = slot.default_height
        self.lane: Lane | None = None
        self.waits_for: Rendition | None = None
        self.since = 0
        """The first number it was sent in its lane: earlier ones are other packets to it."""
        self.jumped_at = float("-inf")
        """When its numbers last left out so many that it cannot ask for them."""
        self.continuation: Continuation | None = None
        """Where the numbering stopped; None before the first packet."""
        self.past: deque[tuple[Lane | Bridge, int, int]] = deque(maxlen=PAST_LANES)
        """(lane, the first number it was sent there, the number it was left at), for requests that come after a switch."""

    def wait_for(self, rendition: Rendition | None) -> None:
        """Go over to `rendition` at its next key frame (None: stay)."""
        if self.waits_for is not None:
            self.waits_for.waiting.remove(self)
            self.waits_for = None
        if rendition is not None and (self.lane is None or self.lane.rendition is not rendition):
            rendition.waiting.append(self)
            self.waits_for = rendition

    def leave(self) -> None:
        """Receive nothing from now on; the numbering can go on later."""
        lane = self.lane
        if lane is None:
            return
        lane.layer.flush()
        continuation = lane.continuation()
        if continuation.next_number > self.since:  # else nothing was sent here, and the receiver is where it was before
            self.continuation = continuation
            self.past.append((lane, self.since, continuation.next_number))
        lane.audience.remove(self.member)
        del lane.subscriptions[self]
        if not lane.subscriptions:
            lane.rendition.lanes.remove(lane)
        self.lane = None

    def enter(self, lane: Lane, number: int) -> None:
        """Receive what `lane` carries from the rendition's `number` on. Call `leave` first."""
        assert self.lane is None, "a subscription is in one lane at a time"
        self.lane = lane
        self.since = number + lane.shift.number
        lane.audience.add(self.member)
        lane.subscriptions[self] = None

    def find(self, sequence: int) -> bytes | None:
        """The packet that was sent here under the 16-bit `sequence`, to the byte, if it is remembered."""
        if self.lane is not None:
            lane = self.lane
            number = unwrap_16(sequence, lane.rendition.highest + lane.shift.number)
            packet = lane.resend(number) if number >= self.since else None
            if packet is not None:
                return packet
        for past, since, end in reversed(self.past):
            number = unwrap_16(sequence, end)
            if since <= number < end:
                packet = past.resend(number)
                if packet is not None:
                    return packet
        return None
