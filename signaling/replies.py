"""Server → one browser: answers, and what concerns this person alone."""

from typing import Literal

from signaling.views import RoomView
from signaling.vocabulary import Message, PeerId, Role


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


Reply = Welcome | Alive | Published | OfferAgain | ViewOffered | Invited | CheckProgress | Error | Closed
