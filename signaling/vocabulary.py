"""What every message is made of: the words that mean the same everywhere, and how long a message may be."""

from typing import Literal, NewType

from pydantic import BaseModel, ConfigDict

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
