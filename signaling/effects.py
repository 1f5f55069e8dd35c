"""What a pure machine asks its shell to do. A room returns the first five, a session the last three."""

from dataclasses import dataclass

from media import control
from signaling.facts import AnyFact
from signaling.vocabulary import Message, PeerId


@dataclass(frozen=True, slots=True)
class Send:
    """To one peer, if it is connected."""

    peer: PeerId
    message: Message


@dataclass(frozen=True, slots=True)
class Broadcast:
    """To everybody connected to the room, viewers included."""

    message: Message


@dataclass(frozen=True, slots=True)
class Publish:
    """On the bus."""

    fact: AnyFact


@dataclass(frozen=True, slots=True)
class Forward:
    """To the room's media worker, in order; the reply comes back through `Room.receive_reply` with the same command.

    The command's `request` is 0: the link numbers it.
    """

    command: control.Command


@dataclass(frozen=True, slots=True)
class Close:
    """End this peer's connection with `closed` and this code."""

    peer: PeerId
    code: str


Effect = Send | Broadcast | Publish | Forward | Close


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message to act upon."""

    message: Message


@dataclass(frozen=True, slots=True)
class Answer:
    """A message back over the same connection."""

    message: Message


@dataclass(frozen=True, slots=True)
class HangUp:
    """End this connection with `closed` and this code."""

    code: str


Outcome = Deliver | Answer | HangUp
