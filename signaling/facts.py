"""What others may learn of a room: facts in the past tense, published on the bus and kept for ever in an append-only log.

Attendance, the replay's timeline, the recording's entry and a restarted room are all derived from these; nothing is counted.
Every fact has an id: taking one twice changes nothing.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from signaling.vocabulary import Language, Role, Source


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """UUID, chosen when it happened."""
    lesson: str
    at: datetime
    """UTC, when it happened (a leave is dated at the last proof of life)."""


class PeerJoined(Fact):
    """A person entered with one browser; again with the same `peer` when it came back after `PeerLeft`."""

    type: Literal["peer-joined"] = "peer-joined"
    peer: str
    person: str
    name: str
    role: Role
    recorded: bool
    """Consented to being recorded."""


class PeerLeft(Fact):
    type: Literal["peer-left"] = "peer-left"
    peer: str
    person: str
    reason: Literal["left", "lost", "removed", "ended"]


class PeersSeen(Fact):
    """These peers gave proof of life in the last few seconds. Published every 4 s: a crash of this process loses no more."""

    type: Literal["peers-seen"] = "peers-seen"
    peers: list[str]


class LessonStarted(Fact):
    """The instructor is in for the first time."""

    type: Literal["lesson-started"] = "lesson-started"


class LessonEnding(Fact):
    """The end was asked for and everybody sent off. `LessonEnded` follows when the recording is on the disk, a restart or not."""

    type: Literal["lesson-ending"] = "lesson-ending"
    by: str


class LessonEnded(Fact):
    """Over for everybody: by the instructor, or an hour after its scheduled end with nobody leading."""

    type: Literal["lesson-ended"] = "lesson-ended"
    by: str


class ChatPosted(Fact):
    type: Literal["chat-posted"] = "chat-posted"
    line: str
    peer: str
    person: str
    name: str
    role: Role
    text: str


class CaptionPosted(Fact):
    """What was said, in writing: the replay's captions and its transcript are made of these."""

    type: Literal["caption-posted"] = "caption-posted"
    person: str
    """Who wrote it."""
    language: Language
    text: str


class HandRaised(Fact):
    type: Literal["hand-raised"] = "hand-raised"
    peer: str


class HandLowered(Fact):
    type: Literal["hand-lowered"] = "hand-lowered"
    peer: str


class SpeakingAllowed(Fact):
    type: Literal["speaking-allowed"] = "speaking-allowed"
    peer: str


class SpeakingEnded(Fact):
    type: Literal["speaking-ended"] = "speaking-ended"
    peer: str


class PeerRemoved(Fact):
    """Not to be let in again in this lesson."""

    type: Literal["peer-removed"] = "peer-removed"
    peer: str
    person: str


class SourceStarted(Fact):
    """`peer` sends `source` (in `slot`), e.g. the screen: what layouts and chapters are made of."""

    type: Literal["source-started"] = "source-started"
    peer: str
    source: Source
    slot: str


class SourceStopped(Fact):
    type: Literal["source-stopped"] = "source-stopped"
    peer: str
    source: Source
    slot: str


class RecordingStarted(Fact):
    """First time: the recording exists from now on. Later with the same `recording`: it goes on."""

    type: Literal["recording-started"] = "recording-started"
    recording: str
    by: str


class RecordingStopped(Fact):
    type: Literal["recording-stopped"] = "recording-stopped"
    recording: str
    by: str


class CheckOpened(Fact):
    """ "Are you there?" was asked of these people."""

    type: Literal["check-opened"] = "check-opened"
    check: str
    by: str
    """The peer that pressed, or "schedule"."""
    answer_s: float
    """To be answered within so many seconds."""
    asked: dict[str, str]
    """Person → name."""


class CheckAnswered(Fact):
    """Somebody is there; of one who came in after the question too."""

    type: Literal["check-answered"] = "check-answered"
    check: str
    peer: str
    person: str
    name: str


class CheckClosed(Fact):
    type: Literal["check-closed"] = "check-closed"
    check: str


class ChatLockChanged(Fact):
    type: Literal["chat-lock-changed"] = "chat-lock-changed"
    locked: bool


AnyFact = Annotated[
    PeerJoined
    | PeerLeft
    | PeersSeen
    | LessonStarted
    | LessonEnding
    | LessonEnded
    | ChatPosted
    | CaptionPosted
    | HandRaised
    | HandLowered
    | SpeakingAllowed
    | SpeakingEnded
    | PeerRemoved
    | SourceStarted
    | SourceStopped
    | RecordingStarted
    | RecordingStopped
    | ChatLockChanged
    | CheckOpened
    | CheckAnswered
    | CheckClosed,
    Field(discriminator="type"),
]
FACT: TypeAdapter[AnyFact] = TypeAdapter(AnyFact)
