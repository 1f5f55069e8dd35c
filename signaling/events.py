"""Server → everybody in the room. What changes the room carries the room's running number `seq`."""

from typing import Literal

from signaling.views import ChatLine, CheckView, PeerView
from signaling.vocabulary import Language, Message, PeerId, Reaction, Source


class PeerJoined(Message):
    """Also when a lost peer is back (then `peer` is known already)."""

    type: Literal["peer-joined"] = "peer-joined"
    seq: int
    peer: PeerView


class PeerLeft(Message):
    type: Literal["peer-left"] = "peer-left"
    seq: int
    peer: PeerId


class PeerChanged(Message):
    """Anything of a person's entry but the hand: replaces it."""

    type: Literal["peer-changed"] = "peer-changed"
    seq: int
    peer: PeerView


class HandRaised(Message):
    """Everyone learns that `peer` waits at `position` (1 = next to speak)."""

    type: Literal["hand-raised"] = "hand-raised"
    seq: int
    peer: PeerId
    position: int


class HandLowered(Message):
    type: Literal["hand-lowered"] = "hand-lowered"
    seq: int
    peer: PeerId


class ChatPosted(Message):
    type: Literal["chat-posted"] = "chat-posted"
    seq: int
    line: ChatLine


class ChatLocked(Message):
    type: Literal["chat-locked"] = "chat-locked"
    seq: int
    locked: bool


class RecordingChanged(Message):
    type: Literal["recording-changed"] = "recording-changed"
    seq: int
    recording: Literal["off", "on"]
    recording_since: str | None
    recorded_s: float


class CheckChanged(Message):
    """A check was opened; null: it is over."""

    type: Literal["check-changed"] = "check-changed"
    seq: int
    check: CheckView | None


class SlotChanged(Message):
    """`slot` carries another source from now on; both null: nothing."""

    type: Literal["slot-changed"] = "slot-changed"
    seq: int
    slot: str
    peer: PeerId | None
    source: Source | None


class MediaChanged(Message):
    """ "moving": your media connections are void. "up": send `view` (and `publish`) again."""

    type: Literal["media-changed"] = "media-changed"
    seq: int
    media: Literal["up", "moving"]


class Reacted(Message):
    type: Literal["reacted"] = "reacted"
    peer: PeerId
    reaction: Reaction


class Speaking(Message):
    """Who is heard now, loudest first."""

    type: Literal["speaking"] = "speaking"
    peers: list[PeerId]


class Captioned(Message):
    """What was said just now, in writing. Shown for a few seconds to who switched captions on."""

    type: Literal["captioned"] = "captioned"
    text: str
    language: Language


class Trouble(Message):
    """Something all should know: "recording-disk-full", "recording-disk-error", "recording-slow-disk", "recording-recovered".

    To instructors alone: "recording-disk-low", "recording-disk-enough".
    """

    type: Literal["trouble"] = "trouble"
    code: str


RoomEvent = (
    PeerJoined
    | PeerLeft
    | PeerChanged
    | HandRaised
    | HandLowered
    | ChatPosted
    | ChatLocked
    | RecordingChanged
    | CheckChanged
    | SlotChanged
    | MediaChanged
)
"""Changes the room: old snapshot + these = new snapshot."""
Passing = Reacted | Speaking | Captioned | Trouble
"""Not part of the room's state: whoever was away has missed it."""
