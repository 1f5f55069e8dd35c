"""Browser → server: what a person's page says and asks for."""

from typing import Annotated, Literal

from pydantic import Field

from signaling.vocabulary import (
    MAX_CAPTION_CHARACTERS,
    MAX_CHAT_CHARACTERS,
    MAX_SDP_CHARACTERS,
    Language,
    Message,
    PeerId,
    Reaction,
    Source,
)


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
