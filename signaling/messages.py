"""The wire protocol between a browser and a room, defined once.

`signaling/typings.py` writes the browser's copy (`web/static/js/messages.js`); `signaling/PROTOCOL.md` explains every message;
a test compares all three. A message is one JSON object in one text frame, told apart by its literal `type`.

Order of a connection: `hello` → `welcome` (a whole snapshot) → events. Every event that changes the room carries the room's
running number `seq`, so that *old snapshot + events = new snapshot* can be checked. A dropped connection says `hello` again with
`resume` and gets a fresh snapshot under the same peer id.
Times are UTC ISO 8601 with milliseconds; the client shows them in Asia/Seoul.
"""

from typing import Annotated, Any, Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from media.control import UNIQUE

VERSION = 1
MAX_FRAME_BYTES = 65_536
MAX_CHAT_CHARACTERS = 1_000
MAX_CAPTION_CHARACTERS = 300
MAX_CHAT_LINES = 200
"""A snapshot carries the last lines only; a client that keeps as many stays equal to a newcomer."""
MAX_SDP_CHARACTERS = 48_000

PeerId = NewType("PeerId", str)
Role = Literal["instructor", "learner", "captioner", "viewer"]
"""instructor: leads. learner: enrolled, may speak when invited. viewer: looks on (staff), is not listed and not counted.
captioner: a viewer who writes captions."""
Source = Literal["microphone", "camera", "screen", "screen-audio"]
Language = Literal["ko", "en"]
Reaction = Literal["clap", "heart", "thumbs-up", "laugh", "surprise"]


class Message(BaseModel):
    """Closed and frozen: an unknown field or type is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# -- what a snapshot is made of ---------------------------------------------------------------------------------------


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


# -- browser → server -------------------------------------------------------------------------------------------------


class Hello(Message):
    """First message of a connection. `resume` is the token of an earlier `welcome`: the same peer comes back to its place."""

    type: Literal["hello"] = "hello"
    version: int
    ticket: str = Field(max_length=4_096)
    resume: str | None = Field(default=None, max_length=4_096)


class Heartbeat(Message):
    """Proof of life every 5 s, answered by `alive`; 15 s of silence is leaving, dated at the last message."""

    type: Literal["heartbeat"] = "heartbeat"


class Publish(Message):
    """Offer to send. `sources`: mid → what it carries.

    One connection per peer: the former one is closed by the server as soon as the new one is connected.
    """

    type: Literal["publish"] = "publish"
    sdp: str = Field(max_length=MAX_SDP_CHARACTERS)
    sources: dict[str, Source] = Field(max_length=16)


class Unpublish(Message):
    """Stop sending altogether."""

    type: Literal["unpublish"] = "unpublish"


class View(Message):
    """Ask for a (new) view connection: `view-offered` follows."""

    type: Literal["view"] = "view"


class ViewAnswer(Message):
    type: Literal["view-answer"] = "view-answer"
    sdp: str = Field(max_length=MAX_SDP_CHARACTERS)


class PreferLayer(Message):
    """What is displayed of a slot: the largest height in CSS pixels × device ratio; 0 = not shown."""

    type: Literal["prefer-layer"] = "prefer-layer"
    slot: str = Field(max_length=32)
    max_height: int = Field(ge=0, le=4_320)


class SetMuted(Message):
    """My own switch: this source carries nothing / something from now on."""

    type: Literal["set-muted"] = "set-muted"
    source: Source
    muted: bool


class SendChat(Message):
    type: Literal["send-chat"] = "send-chat"
    id: str = Field(min_length=1, max_length=64)
    """Chosen by the sender: sent again after a reconnect, it is still one line."""
    text: str = Field(min_length=1, max_length=MAX_CHAT_CHARACTERS)


class PostCaption(Message):
    """Instructor: what is being said, written down for who cannot hear it. One line or sentence."""

    type: Literal["post-caption"] = "post-caption"
    text: str = Field(min_length=1, max_length=MAX_CAPTION_CHARACTERS)
    language: Language


class RaiseHand(Message):
    type: Literal["raise-hand"] = "raise-hand"


class LowerHand(Message):
    """One's own; the instructor may lower anyone's."""

    type: Literal["lower-hand"] = "lower-hand"
    peer: PeerId


class React(Message):
    type: Literal["react"] = "react"
    reaction: Reaction


class InviteToSpeak(Message):
    """Instructor: ask a learner to send sound and picture. Lowers the hand."""

    type: Literal["invite-to-speak"] = "invite-to-speak"
    peer: PeerId


class AnswerInvitation(Message):
    type: Literal["answer-invitation"] = "answer-invitation"
    accept: bool


class EndSpeaking(Message):
    """Take back the right to publish: the instructor anyone's, a learner their own."""

    type: Literal["end-speaking"] = "end-speaking"
    peer: PeerId


class MutePeer(Message):
    """Instructor: silence a learner (who can unmute again) — or everyone when `peer` is null."""

    type: Literal["mute-peer"] = "mute-peer"
    peer: PeerId | None


class RemovePeer(Message):
    """Instructor: out of this room for the rest of the lesson."""

    type: Literal["remove-peer"] = "remove-peer"
    peer: PeerId


class LockChat(Message):
    type: Literal["lock-chat"] = "lock-chat"
    locked: bool


class StartRecording(Message):
    type: Literal["start-recording"] = "start-recording"


class StopRecording(Message):
    """The recording pauses; starting again goes on in the same one."""

    type: Literal["stop-recording"] = "stop-recording"


class StartCheck(Message):
    """Instructor: ask everybody "are you there?"; while one is open nothing happens."""

    type: Literal["start-check"] = "start-check"


class AnswerCheck(Message):
    """I am here. Once or more often, with any tab or device: it counts for the person."""

    type: Literal["answer-check"] = "answer-check"
    check: str = Field(max_length=64)


class EndClass(Message):
    """Instructor: over for everybody."""

    type: Literal["end-class"] = "end-class"


class Leave(Message):
    type: Literal["leave"] = "leave"


ClientMessage = Annotated[
    Hello
    | Heartbeat
    | Publish
    | Unpublish
    | View
    | ViewAnswer
    | PreferLayer
    | SetMuted
    | SendChat
    | PostCaption
    | RaiseHand
    | LowerHand
    | React
    | InviteToSpeak
    | AnswerInvitation
    | EndSpeaking
    | MutePeer
    | RemovePeer
    | LockChat
    | StartRecording
    | StopRecording
    | StartCheck
    | AnswerCheck
    | EndClass
    | Leave,
    Field(discriminator="type"),
]


# -- server → one browser ---------------------------------------------------------------------------------------------


class Welcome(Message):
    """You are in. `resume` is for a later `hello`; `now` lets the client show the server's time.

    `media` names the connections of yours the relay still holds: offer anew whatever is not in it.
    """

    type: Literal["welcome"] = "welcome"
    peer: PeerId
    role: Role
    resume: str
    now: str
    media: list[Literal["publish", "view"]]
    room: RoomView


class Alive(Message):
    """The answer to `heartbeat`: a browser does not see WebSocket pings, so this is how it knows the server is there."""

    type: Literal["alive"] = "alive"


class Published(Message):
    """The answer to `publish`."""

    type: Literal["published"] = "published"
    sdp: str


class OfferAgain(Message):
    """Somebody came who does not decode what you send: `publish` again, at best with VP8, H.264 or one of `codecs` only.

    The old connection goes on until the new one is connected.
    """

    type: Literal["offer-again"] = "offer-again"
    codecs: list[str]


class ViewOffered(Message):
    """The offer to answer with `view-answer`. `slots`: mid → slot name."""

    type: Literal["view-offered"] = "view-offered"
    sdp: str
    slots: dict[str, str]


class Invited(Message):
    """The instructor asks you to speak: answer with `answer-invitation`."""

    type: Literal["invited"] = "invited"
    by: str


class CheckProgress(Message):
    """To the instructor: how many have answered; once it is over, also who has not."""

    type: Literal["check-progress"] = "check-progress"
    check: str
    asked: int
    answered: int
    over: bool
    missing: list[str]
    """Names; empty until it is over."""


class Error(Message):
    """One message could not be carried out; the connection goes on. `code` is stable, the page has the sentence for it."""

    type: Literal["error"] = "error"
    code: str
    about: str
    """`type` of the message it answers."""


class Closed(Message):
    """Last message before the server closes. `code`: see `signaling/errors.py`."""

    type: Literal["closed"] = "closed"
    code: str


# -- server → everybody in the room (each with `seq`) -----------------------------------------------------------------


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


# -- server → everybody, passing: not part of the room's state, no `seq` ----------------------------------------------


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


Single = Annotated[
    Welcome
    | Alive
    | Published
    | OfferAgain
    | ViewOffered
    | Invited
    | CheckProgress
    | Error
    | Closed
    | PeerJoined
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
    | Reacted
    | Speaking
    | Captioned
    | Trouble,
    Field(discriminator="type"),
]


class Batch(Message):
    """Several messages in one frame, to be taken in order: a busy room sends a few frames a second, not hundreds."""

    type: Literal["batch"] = "batch"
    messages: list[Single]


ServerMessage = Annotated[
    Welcome
    | Alive
    | Published
    | OfferAgain
    | ViewOffered
    | Invited
    | CheckProgress
    | Error
    | Closed
    | PeerJoined
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
    | Reacted
    | Speaking
    | Captioned
    | Trouble
    | Batch,
    Field(discriminator="type"),
]

CLIENT_MESSAGE: TypeAdapter[Any] = TypeAdapter(ClientMessage, config=UNIQUE)
SERVER_MESSAGE: TypeAdapter[Any] = TypeAdapter(ServerMessage, config=UNIQUE)
