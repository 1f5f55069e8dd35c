"""The control channel between signalling and one media worker: typed commands, replies and events.

One WebSocket (the `websockets` library on both ends). The worker listens; signalling dials in and sends `Hello` with the shared
secret first. Each text frame is one JSON object: a `Command` (signalling → worker, carries `request`), a `Reply`
(worker → signalling, repeats `request`) or an `Event` (worker → signalling, unasked).

The worker is the source of truth about its peers: after either side restarts, signalling sends `TakeSnapshot` and reconciles.
A *peer* here is one transport (ICE + DTLS + SRTP) of one browser: a browser that speaks and listens has two, one per direction.
Ids are opaque strings given by signalling.
"""

from typing import Annotated, Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

VERSION = 1

PeerId = NewType("PeerId", str)
RoomId = NewType("RoomId", str)
CaptureId = NewType("CaptureId", str)

Source = Literal["microphone", "camera", "screen", "screen-audio"]
Slot = str
"""Name of one m-line every viewer is offered: "screen", "camera-0" … "camera-5", "audio-0" … "audio-5"."""


class Model(BaseModel):
    """Closed and frozen: an unknown field is a mistake, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# -- commands ---------------------------------------------------------------------------------------------------------


class Hello(Model):
    """First frame of every control connection; anything else, or a wrong secret, closes it."""

    type: Literal["hello"] = "hello"
    request: int
    version: int = VERSION
    secret: str


class OpenPeer(Model):
    """Create one transport in `room` (created on first use).

    direction "publish": `sdp` is the browser's offer; the reply holds our answer.
    direction "view": `sdp` None → the reply holds our offer, identical for all viewers, to be completed by `AnswerPeer`;
                      `sdp` an offer (WHEP) → the reply holds our answer.
    """

    type: Literal["open-peer"] = "open-peer"
    request: int
    peer: PeerId
    room: RoomId
    owner: str
    """The participant (signalling's peer id) this transport belongs to; a viewer is never sent its own owner's media."""
    direction: Literal["publish", "view"]
    sdp: str | None = None
    sources: dict[str, Source] = {}
    """publish: mid → what it carries. A mid not named here: audio is "microphone", video is "camera"."""
    lead: bool = False
    """The instructor: takes camera-0 and audio-0."""
    record: bool = True
    """False: this peer's media never reaches a capture (recording consent refused)."""
    near: str | None = None
    """The address of ours the browser's HTTP request reached: its candidate comes first (ffmpeg's WHIP tries only the first)."""


class AnswerPeer(Model):
    """The browser's answer to a view offer."""

    type: Literal["answer-peer"] = "answer-peer"
    request: int
    peer: PeerId
    sdp: str


class ClosePeer(Model):
    type: Literal["close-peer"] = "close-peer"
    request: int
    peer: PeerId


class MutePeer(Model):
    """Drop what a publishing peer sends on these sources until it is unmuted (an empty list unmutes all)."""

    type: Literal["mute-peer"] = "mute-peer"
    request: int
    peer: PeerId
    sources: list[Source]


class PreferLayer(Model):
    """What this viewer displays in a slot: the largest height in pixels worth sending; 0 pauses the slot."""

    type: Literal["prefer-layer"] = "prefer-layer"
    request: int
    peer: PeerId
    slot: Slot
    max_height: int = Field(ge=0, le=4320)


class FollowRoom(Model):
    """`room` has its publishers on another worker of this machine: take what its slots carry from there. Again: no change.

    Viewers of a room may be opened on any worker that follows its home; captures only at home. A publisher opened on a follower
    is carried from there as soon as its media comes, in place of its predecessor at home: the room is about to move here.
    """

    type: Literal["follow-room"] = "follow-room"
    request: int
    room: RoomId
    home: str | None
    """The `link` of the home's `Snapshot`; None: this worker is the home from now on, with the publishers it has."""


class CloseRoom(Model):
    """Close every peer and capture of a room. The reply comes after everything is flushed to the disk."""

    type: Literal["close-room"] = "close-room"
    request: int
    room: RoomId


class StartCapture(Model):
    """Write everything published in `room` (by peers with record=True) into `directory`, until `StopCapture`.

    Starting a capture id again after a crash appends a new run to the same directory.
    """

    type: Literal["start-capture"] = "start-capture"
    request: int
    room: RoomId
    capture: CaptureId
    directory: str


class StopCapture(Model):
    """The reply comes after everything is flushed to the disk."""

    type: Literal["stop-capture"] = "stop-capture"
    request: int
    room: RoomId
    capture: CaptureId
    interrupted: bool = False
    """It goes on elsewhere: what is missing until then is a gap and no pause."""


class Depart(Model):
    """The answer to `Leaving`: nothing of this worker's is wanted any more (or nobody else can take it over); end now."""

    type: Literal["depart"] = "depart"
    request: int


class TakeSnapshot(Model):
    type: Literal["take-snapshot"] = "take-snapshot"
    request: int


class TakeStats(Model):
    """What the worker counts, for /metrics."""

    type: Literal["take-stats"] = "take-stats"
    request: int


Command = Annotated[
    Hello
    | OpenPeer
    | AnswerPeer
    | ClosePeer
    | MutePeer
    | PreferLayer
    | FollowRoom
    | CloseRoom
    | StartCapture
    | StopCapture
    | Depart
    | TakeSnapshot
    | TakeStats,
    Field(discriminator="type"),
]


# -- replies ----------------------------------------------------------------------------------------------------------


class Done(Model):
    """The command was carried out; closing what is already gone is also done."""

    type: Literal["done"] = "done"
    request: int


class PeerOpened(Model):
    type: Literal["peer-opened"] = "peer-opened"
    request: int
    peer: PeerId
    sdp: str
    slots: dict[str, Slot] = {}
    """view: mid → slot."""


class Failed(Model):
    """The command was refused. `code` is stable: "bad-sdp", "no-usable-codec", "unknown-peer", "unknown-room", "room-full",
    "overloaded", "bad-secret", "bad-command", "disk"."""

    type: Literal["failed"] = "failed"
    request: int
    code: str
    message: str


class PublicationState(Model):
    peer: PeerId
    owner: str
    source: Source
    slot: Slot | None
    codec: str
    muted: bool


class RoomState(Model):
    room: RoomId
    publications: list[PublicationState]
    viewers: list[PeerId]
    publishers: list[PeerId]
    captures: list[CaptureId]
    home: str | None = None
    """This worker carries only viewers of the room; its publishers are on the worker with this `link`."""


class Snapshot(Model):
    type: Literal["snapshot"] = "snapshot"
    request: int
    rooms: list[RoomState]
    link: str = ""
    """What siblings dial to share a room; new with every start."""
    machine: str = ""
    """Workers with the same value can reach each other's links."""
    leaving: bool = False
    """It was told to end (`Leaving`)."""


class StatsTaken(Model):
    """Figures of this worker since its start, by Prometheus name (`…_total` only grows). No room or person is in a name."""

    type: Literal["stats-taken"] = "stats-taken"
    request: int
    counters: dict[str, int]
    gauges: dict[str, float]
    dropped: dict[str, int] = {}
    """Datagrams thrown away, by reason."""
    lag_counts: list[int] = []
    """How often the packet loop was late, by bucket of `load.LAG_BUCKETS_S` and one above; not cumulated."""
    lag_sum_s: float = 0.0


Reply = Annotated[Done | PeerOpened | Failed | Snapshot | StatsTaken, Field(discriminator="type")]


# -- events -----------------------------------------------------------------------------------------------------------


class PeerConnected(Model):
    """DTLS is up: media can flow."""

    type: Literal["peer-connected"] = "peer-connected"
    room: RoomId
    peer: PeerId
    owner: str
    direction: Literal["publish", "view"]


class PeerGone(Model):
    """The transport ended: "closed" (DTLS close_notify or command), "silent" (no packet for 12 s), "failed" (handshake)."""

    type: Literal["peer-gone"] = "peer-gone"
    room: RoomId
    peer: PeerId
    owner: str
    direction: Literal["publish", "view"]
    reason: Literal["closed", "silent", "failed"]
    last_seen_s: float
    """How long ago its last packet came, in seconds."""


class SlotChanged(Model):
    """`slot` now carries `source` of `owner`, or nothing (both None)."""

    type: Literal["slot-changed"] = "slot-changed"
    room: RoomId
    slot: Slot
    owner: str | None = None
    source: Source | None = None


class SpeakersChanged(Model):
    """Owners heard now, loudest first; at most 5 per second and room."""

    type: Literal["speakers-changed"] = "speakers-changed"
    room: RoomId
    owners: list[str]


class OfferAgain(Model):
    """Somebody came who does not decode what this publisher sends: a new offer of its page is answered with another codec.

    Repeated every few seconds while it is so.
    """

    type: Literal["offer-again"] = "offer-again"
    room: RoomId
    peer: PeerId
    owner: str
    codecs: list[str]
    """The rarer codecs ("vp9", "av1") that everybody decodes beside VP8 and H.264."""


class Leaving(Model):
    """This worker was told to end (SIGTERM). It goes on carrying what it carries until `Depart`, or for a while; new rooms and
    viewers belong elsewhere, and those it has should be moved."""

    type: Literal["leaving"] = "leaving"


class CaptureTrouble(Model):
    """The capture lost or cannot write data ("disk-full", "disk-error", "slow-disk"); "recovered" when it goes on.

    "disk-low" comes before that, "disk-enough" takes it back.
    """

    type: Literal["capture-trouble"] = "capture-trouble"
    room: RoomId
    capture: CaptureId
    code: Literal["disk-low", "disk-enough", "disk-full", "disk-error", "slow-disk", "recovered"]


Event = Annotated[
    PeerConnected | PeerGone | SlotChanged | SpeakersChanged | OfferAgain | CaptureTrouble,
    Field(discriminator="type"),
]
"""Of one room."""

UNIQUE = ConfigDict(cache_strings="keys")
"""Ids and SDPs come once: pydantic's cache of values would only keep a megabyte of them."""
COMMAND: TypeAdapter[Command] = TypeAdapter(Command, config=UNIQUE)
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply, config=UNIQUE)
EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=UNIQUE)
WORKER_SAYS: TypeAdapter[Reply | Event | Leaving] = TypeAdapter(
    Annotated[
        Done
        | PeerOpened
        | Failed
        | Snapshot
        | StatsTaken
        | PeerConnected
        | PeerGone
        | SlotChanged
        | SpeakersChanged
        | OfferAgain
        | CaptureTrouble
        | Leaving,
        Field(discriminator="type"),
    ],
    config=UNIQUE,
)
