"""One connection, from its first frame to its last (pure: text and `now` in, outcomes out).

    HELLO ──hello──► ENTERING ──admitted──► JOINED ──close──► CLOSED
      └── deadline, wrong first message ──────────────────────►┘

HELLO waits a few seconds for the first message. ENTERING: the server looks at the ticket and the room. JOINED: messages are
delivered, within limits, and silence of 15 s ends it. Whatever a stranger sends comes out as an `error` or a `closed`.
"""

from enum import Enum, auto
from typing import Any, Final

from pydantic import ValidationError

from signaling import limits
from signaling.effects import Answer, Deliver, HangUp, Outcome
from signaling.messages import CLIENT_MESSAGE
from signaling.replies import Alive, Error
from signaling.requests import Heartbeat, Hello
from signaling.vocabulary import MAX_FRAME_BYTES, VERSION, Message

HELLO_S: Final = 5.0
"""A browser says hello in its first round trip; a slow or idle stranger holds a socket no longer than this."""
SILENCE_S: Final = 15.0
"""Three heartbeats."""
MALFORMED_PATIENCE: Final = 20


class State(Enum):
    HELLO = auto()
    ENTERING = auto()
    JOINED = auto()
    CLOSED = auto()


NEXT: Final[dict[State, dict[str, State]]] = {
    State.HELLO: {"hello": State.ENTERING, "close": State.CLOSED},
    State.ENTERING: {"admitted": State.JOINED, "close": State.CLOSED},
    State.JOINED: {"close": State.CLOSED},
    State.CLOSED: {"close": State.CLOSED},
}


class Malformed(Exception):
    """Not one of our messages. `code` goes into `error`, `about` is its `type` as far as it could be told."""

    def __init__(self, code: str, about: str) -> None:
        super().__init__(code)
        self.code = code
        self.about = about


def parse(text: str) -> Message:
    """Read one frame. Raises Malformed and nothing else."""
    try:
        message: Message = CLIENT_MESSAGE.validate_json(text)
    except ValidationError as wrong:
        raise _explain(wrong) from None
    return message


def _explain(wrong: ValidationError) -> Malformed:
    """The location of an error in a tagged union begins with the tag: so we know which message was meant."""
    first: Any = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
    about = str(first["loc"][0])[:32] if first["loc"] else ""
    code = "too-long" if first["type"] == "string_too_long" else "bad-message"
    return Malformed(code, about)


class Session:
    """The protocol state of one connection."""

    def __init__(self, now: float) -> None:
        self.state = State.HELLO
        self.last_seen = now
        """When the other end last proved to be alive."""
        self._opened_at = now
        self._forgiven_s = 0.0
        self._all = limits.TokenBucket(*limits.ANY_MESSAGE)
        self._buckets: dict[str, limits.TokenBucket] = {}
        self._refused = 0
        self._malformed = 0

    def receive(self, text: str, now: float) -> list[Outcome]:
        """Take one text frame."""
        if self.state is State.CLOSED:
            return []
        self.last_seen, self._forgiven_s = now, 0.0
        if len(text) > MAX_FRAME_BYTES:  # characters: never more than bytes
            return self._hang_up("too-big")
        if not self._all.take(now):
            return self._refuse("")
        try:
            message = parse(text)
        except Malformed as wrong:
            return self._complain(wrong)
        if self.state is State.HELLO:
            return self._greet(message)
        if isinstance(message, Hello):
            return [Answer(Error(code="bad-message", about="hello"))]
        if isinstance(message, Heartbeat):
            return [Deliver(message), Answer(Alive())]
        return self._deliver(message, now)

    def receive_other(self) -> list[Outcome]:
        """A frame that is not text: nothing of ours is binary."""
        return self._hang_up("bad-message")

    def admitted(self, now: float) -> None:
        """The room has let this connection in."""
        self._go("admitted")
        self.last_seen = now

    def close(self) -> None:
        """No more outcomes. Twice is silent."""
        self._go("close")

    def deadline(self) -> float:
        """When `on_deadline` has something to say."""
        if self.state is State.CLOSED:
            return float("inf")
        since = self.last_seen + SILENCE_S if self.state is State.JOINED else self._opened_at + HELLO_S
        return since + self._forgiven_s

    def forgive(self, seconds: float) -> None:
        """This process stood still so long: what the client said meanwhile is still to be read."""
        self._forgiven_s += seconds

    def on_deadline(self, now: float) -> list[Outcome]:
        if self.state is State.CLOSED or now < self.deadline():
            return []
        if self.state is State.ENTERING:
            return []  # our own slowness: the server has its own limit for it
        return self._hang_up("silent" if self.state is State.JOINED else "hello-expected")

    def _greet(self, message: Message) -> list[Outcome]:
        if not isinstance(message, Hello):
            return self._hang_up("hello-expected")
        if message.version != VERSION:
            return self._hang_up("version")
        self._go("hello")
        return [Deliver(message)]

    def _deliver(self, message: Message, now: float) -> list[Outcome]:
        kind: str = message.type  # type: ignore[attr-defined]  # every ClientMessage has one; their base does not
        if kind in limits.LIMITS:
            bucket = self._buckets.get(kind) or self._buckets.setdefault(kind, limits.TokenBucket(*limits.LIMITS[kind]))
            if not bucket.take(now):
                return self._refuse(kind)
        return [Deliver(message)]

    def _complain(self, wrong: Malformed) -> list[Outcome]:
        self._malformed += 1
        if self.state is State.HELLO:
            return self._hang_up("hello-expected")
        if self._malformed > MALFORMED_PATIENCE:
            return self._hang_up("bad-message")
        return [Answer(Error(code=wrong.code, about=wrong.about))]

    def _refuse(self, about: str) -> list[Outcome]:
        self._refused += 1
        if self._refused > limits.PATIENCE:
            return self._hang_up("too-fast")
        return [Answer(Error(code="too-fast", about=about))]

    def _hang_up(self, code: str) -> list[Outcome]:
        self._go("close")
        return [HangUp(code)]

    def _go(self, event: str) -> None:
        before = self.state
        assert event in NEXT[before], f"a session in {before.name} does not expect {event!r}"
        self.state = NEXT[before][event]
