"""One incoming track and its simulcast layers (pure).

A `Layer` is one incoming RTP stream: it notices loss, keeps what reports need, and prepares each packet once for all viewers:
a *master* packet in our own form (12-byte header, one header extension, payload) whose number, timestamp, SSRC and payload type
each lane of viewers replaces (`lane.py`).
"""

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from media.control import PeerId, Source
from media.keyframes import KeyframeRequests
from media.nack import LossDetector
from media.offers import IncomingSection
from media.rendition import Rendition
from media.serial import unwrap_32
from media.temporal import Temporal

if TYPE_CHECKING:
    from media.feed import Feed
    from media.lane import Lane

MASTER = struct.Struct("!BBHIIIB3s")
"""first byte, marker, number, timestamp, unused SSRC, extension header, extension id and length, abs-send-time."""
MASTER_BYTES = 20
EXTENSION_HEADER = 0xBEDE0001
HEIGHT_OF_RID = {"q": 180, "h": 360, "f": 720}
STALE_S = 1.0
"""A layer is gone when a sibling still comes and this one has not for so long."""
RATE_WINDOW_S = 1.0


class Layer:
    """One incoming RTP stream. Numbers and timestamps are unwrapped integers."""

    __slots__ = (
        "_rate_at",
        "_rate_bytes",
        "bitrate_bps",
        "codec",
        "feeds",
        "height",
        "is_between_frames",
        "jitter",
        "key_number",
        "keyed_at",
        "last_at",
        "last_report_at",
        "last_report_ntp",
        "losses",
        "packets",
        "pending",
        "pending_levels",
        "publication",
        "renditions",
        "report_lost",
        "report_monotonic",
        "report_received",
        "report_timestamp",
        "resized_at",
        "rid",
        "sent_at",
        "sent_timestamp",
        "ssrc",
        "temporal",
        "time_shift",
        "timestamp",
        "transit",
    )

    def __init__(self, publication: "Publication", ssrc: int, rid: str | None, now: float) -> None:
        self.publication = publication
        self.ssrc = ssrc
        self.rid = rid
        self.codec = publication.section.codec.name
        self.height = HEIGHT_OF_RID.get(rid or "", 720)
        """Guess until a key frame tells; those of AV1 do not."""
        self.resized_at = float("-inf")
        self.losses = LossDetector()
        self.temporal = Temporal()
        self.renditions = [Rendition(self, None)]
        """The whole layer first, then those that leave out temporal layers."""
        self.time_shift: int | None = None
        """What its viewers' timestamps are ahead of its own, so that lanes can be merged; None before the first viewer."""
        self.feeds: list[Feed] = []
        """Sibling workers whose viewers watch this layer."""
        self.pending: list[tuple[int, bytes]] = []
        """Master packets of the frame being received …"""
        self.pending_levels: list[int] = []
        """… and the temporal layer of each."""
        self.sent_timestamp = 0
        """Latest of a packet prepared for viewers, …"""
        self.sent_at = now
        """… and when."""
        self.is_between_frames = False
        """The last packet prepared was a frame's last."""
        self.key_number = 0
        """Where the last key frame began, …"""
        self.keyed_at = float("-inf")
        """… and when; never: it came late or broken."""
        self.timestamp = 1 << 33
        """Latest, unwrapped; the start leaves room for older ones."""
        self.last_at = now
        self.packets = 0
        self.bitrate_bps = 0.0
        self._rate_at = now
        self._rate_bytes = 0
        self.jitter = 0.0
        self.transit: float | None = None
        self.last_report_ntp = 0
        self.last_report_at = 0.0
        self.report_monotonic: float | None = None
        """Our monotonic time of the publisher's last sender report …"""
        self.report_timestamp = 0
        """… and its (unwrapped) RTP timestamp."""
        self.report_received = 0
        self.report_lost = 0

    def receive(self, sequence: int, timestamp_rtp: int, size: int, now: float) -> tuple[int, int] | None:
        """Count one packet; (number, timestamp) unwrapped, or None for a duplicate."""
        if self.packets == 0:
            self.timestamp = (1 << 33) | timestamp_rtp
        number = self.losses.receive(sequence, now)
        if number is None:
            return None
        timestamp = unwrap_32(timestamp_rtp, self.timestamp)
        if timestamp > self.timestamp:
            self.timestamp = timestamp
        self.packets += 1
        self.last_at = now
        clock_rate = self.publication.section.codec.clock_rate
        transit = now * clock_rate - timestamp
        if self.transit is not None:
            self.jitter += (min(abs(transit - self.transit), clock_rate) - self.jitter) / 16
        self.transit = transit
        self._rate_bytes += size
        if now - self._rate_at >= RATE_WINDOW_S:
            measured = self._rate_bytes * 8 / (now - self._rate_at)
            self.bitrate_bps = measured if self.bitrate_bps == 0 else 0.5 * self.bitrate_bps + 0.5 * measured
            self._rate_at, self._rate_bytes = now, 0
        return number, timestamp

    @property
    def whole(self) -> Rendition:
        return self.renditions[0]

    @property
    def has_lanes(self) -> bool:
        return any(rendition.lanes for rendition in self.renditions)

    @property
    def has_waiting(self) -> bool:
        return any(rendition.waiting for rendition in self.renditions)

    @property
    def is_watched(self) -> bool:
        return self.has_lanes or self.has_waiting

    @property
    def audience(self) -> int:
        """How many viewers get it."""
        return sum(len(lane.subscriptions) for lane in self.lanes())

    def lanes(self) -> Iterator["Lane"]:
        for rendition in self.renditions:
            yield from rendition.lanes

    def slower(self) -> list[Rendition]:
        """Its renditions with fewer frames, fewest first; none when its temporal layers are not known."""
        while len(self.renditions) < self.temporal.count:
            self.renditions.append(Rendition(self, len(self.renditions) - 1))
        return self.renditions[1 : self.temporal.count]

    def prepare(self, number: int, timestamp: int, marker: int, payload: bytes, send_time: bytes, level: int = 0) -> int:
        """Add one master packet to the frame being received; how many are pending now."""
        head = MASTER.pack(0x90, marker, number & 0xFFFF, timestamp & 0xFFFFFFFF, 0, EXTENSION_HEADER, 0x22, send_time)
        self.pending.append((number, head + payload))
        self.pending_levels.append(level)
        self.is_between_frames = marker != 0
        if timestamp > self.sent_timestamp:
            self.sent_timestamp, self.sent_at = timestamp, self.last_at
        return len(self.pending)

    def flush(self, riders: "Sequence[Layer]" = ()) -> None:
        """Send what is pending to every lane, and with it what is pending of `riders`, if they have the same viewers."""
        if not self.pending:
            return
        for rendition in self.renditions:
            rendition.send(self.pending, self.pending_levels, riders)
        self.forget_pending()

    def forget_pending(self) -> None:
        """It was sent."""
        self.pending.clear()
        self.pending_levels.clear()

    def receiver_report(self, now: float) -> tuple[int, int, int, int, int, int, int]:
        """One block for `rtcp.pack_receiver_report`; begins a new interval."""
        losses = self.losses
        expected = losses.highest - losses.first + 1
        lost = max(0, expected - losses.received)
        interval_lost = max(0, lost - self.report_lost)
        interval_expected = max(1, losses.received - self.report_received + interval_lost)
        self.report_lost, self.report_received = lost, losses.received
        delay = int((now - self.last_report_at) * 65536) & 0xFFFFFFFF if self.last_report_ntp else 0
        fraction = min(255, interval_lost * 256 // interval_expected)
        # The first number began at 0x10000 + sequence: one cycle too many for the wire.
        highest = losses.highest - 0x10000
        return (
            self.ssrc,
            fraction,
            min(lost, 0x7FFFFF),
            highest,
            int(self.jitter),
            (self.last_report_ntp >> 16) & 0xFFFFFFFF,
            delay,
        )


class Publication:
    """One incoming track: a camera, a screen or a microphone of one participant."""

    def __init__(self, peer: PeerId, owner: str, section: IncomingSection, *, lead: bool, record: bool) -> None:
        self.peer = peer
        self.owner = owner
        self.section = section
        self.lead = lead
        self.record = record
        self.layers: list[Layer] = []
        """Smallest first."""
        self.muted = False
        self.keyframes = KeyframeRequests()
        self.started_at: float | None = None
        """When the first packet came."""
        self.is_gone = False
        self.wants_seat = True
        """Its next packet asks for a slot."""
        self.is_audible = True
        """A voice among those everybody is sent (`audible.py`)."""
        self.gathered_at = float("-inf")
        """When a key frame was last asked for to bring lanes together."""
        self.asked_again_at = float("-inf")
        """When its publisher was last asked to offer again (`decoding.py`)."""
        self.active_count = 0
        """Active layers when last reviewed."""

    @property
    def source(self) -> Source:
        return self.section.source

    @property
    def codec(self) -> str:
        return self.section.codec.name

    @property
    def is_video(self) -> bool:
        return self.codec != "opus"

    @property
    def last_at(self) -> float:
        return max((layer.last_at for layer in self.layers), default=float("-inf"))

    def add_layer(self, ssrc: int, rid: str | None, now: float) -> Layer:
        """A stream was seen for the first time."""
        layer = Layer(self, ssrc, rid, now)
        self.layers.append(layer)
        self.layers.sort(key=lambda each: each.height)
        return layer

    def active_layers(self, now: float) -> list[Layer]:
        """Layers that really come, smallest first: one that stopped while a sibling goes on is left out."""
        latest = self.last_at
        return [layer for layer in self.layers if latest - layer.last_at < STALE_S or now - layer.last_at < STALE_S]
