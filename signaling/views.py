"""What a snapshot is made of: the room as a newcomer, and everybody, sees it."""

from typing import Literal

from signaling.vocabulary import Message, PeerId, Role, Source


class PeerView(Message):
    """One person in the room as everybody sees them."""

    peer: PeerId
    name: str
    role: Role
    may_publish: bool
    """The instructor always; a learner after accepting an invitation."""
    invited: bool
    """Asked to speak, not answered yet."""
    sources: list[Source]
    """What they send now, muted or not."""
    muted: list[Source]
    """Of `sources`, what carries nothing just now (by themselves or by the instructor)."""
    connected: bool
    """False while their connection is lost and their place is kept."""


class ChatLine(Message):
    id: str
    """As its sender chose it: unique together with `peer`."""
    peer: PeerId
    name: str
    role: Role
    text: str
    at: str


class SlotView(Message):
    """What one m-line of the view connection carries now."""

    slot: str
    peer: PeerId
    source: Source


class CheckView(Message):
    """ "Are you there?", open now."""

    check: str
    until: str
    """Answered until then."""


class RoomView(Message):
    """All a newcomer must know; `RoomState` in the browser has the same shape."""

    lesson: str
    title: str
    course: str
    starts_at: str
    ends_at: str
    seq: int
    peers: list[PeerView]
    hands: list[PeerId]
    """Waiting to speak, first come first."""
    chat: list[ChatLine]
    slots: list[SlotView]
    recording: Literal["off", "on"]
    recording_since: str | None
    recorded_s: float
    """Seconds recorded before `recording_since`."""
    locked_chat: bool
    """Only the instructor may write."""
    check: CheckView | None
    """Asked just now of every learner."""
    media: Literal["up", "moving"]
    """ "moving": the relay is being replaced; clients make new connections when it is "up"."""
