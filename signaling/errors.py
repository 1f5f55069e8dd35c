"""Stable codes: why a connection ends (`closed`), why a message was not carried out (`error`), why nobody is let in (`Refused`).

The page has the sentence for each code; a code is never renamed.
"""

from typing import Final

CLOSE_NUMBERS: Final[dict[str, int]] = {
    # The class or the place is gone: do not come back by yourself.
    "left": 1000,
    "class-ended": 4001,
    "removed": 4002,
    "replaced": 4003,  # the same place was opened elsewhere (a duplicated tab): coming back would start a tug-of-war
    "lesson-over": 4010,
    "lesson-unknown": 4011,
    "ticket-invalid": 4012,
    "version": 4014,  # page and server are of different releases: reload
    "room-full": 4015,
    "account-closed": 4016,
    "no-captioner": 4017,  # somebody else writes the captions now, or nobody
    # Fetch a new ticket, then come back.
    "ticket-expired": 4013,
    # Come back at once with `resume`.
    "server-error": 1011,
    "going-away": 1012,
    "too-slow": 4020,
    "silent": 4021,
    # The client broke the protocol.
    "hello-expected": 4030,
    "bad-message": 4031,
    "too-big": 4032,
    "too-fast": 4033,
}
"""`closed` code → WebSocket close code (RFC 6455 §7.4.2: 4000–4999 are private)."""

COME_BACK: Final = ["ticket-expired", "server-error", "going-away", "too-slow", "silent"]
"""After these the client comes back by itself; after any other it asks the person."""

ERROR_CODES: Final = frozenset(
    {
        "not-allowed",  # this role, or this person without an invitation, may not
        "unknown-peer",  # the person meant is not in the room
        "bad-message",  # not JSON, or not one of our messages
        "too-long",  # a text over its limit
        "too-fast",  # over the rate limit; nothing happened
        "chat-locked",
        "empty",  # nothing but blanks
        "not-invited",
        "no-view",  # `view-answer` or `prefer-layer` without a view connection
        "media-unavailable",  # the relay is being replaced: wait for `media-changed` "up"
        "media-lost",  # the relay lost this connection of yours: offer it again
        "bad-sdp",
        "no-usable-codec",
        "room-full",
        "overloaded",
        "recording-failed",
        "recording-no-storage",  # nothing can be written where recordings go
    }
)

REFUSED_BY_MEDIA: Final = frozenset({"bad-sdp", "no-usable-codec", "room-full", "overloaded"})
"""Codes of the media worker that mean the same to a client; any other becomes "media-unavailable"."""


class Refused(Exception):
    """Somebody may not come in or do this. `code` is one of CLOSE_NUMBERS or ERROR_CODES, or "unknown-resource"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def media_code(code: str) -> str:
    """Translate a media worker's failure into an `error` code."""
    return code if code in REFUSED_BY_MEDIA else "media-unavailable"
