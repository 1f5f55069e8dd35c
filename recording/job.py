"""The life of a recording as a table (pure).

CAPTURING → READY (the replay plays) → COMPOSED (the film is there). FAILED is for good and means that nothing plays: nothing was
recorded, or it could not be prepared in several tries. A film that cannot be made leaves the recording READY: the replay must not
be lost with it. Everything in between is repeatable, so a killed job starts its step again.
"""

from enum import StrEnum
from typing import Final

ATTEMPTS: Final = 4
FIRST_WAIT_S: Final = 2.0
BACKOFF: Final = 3.0
"""Waits of 2, 6 and 18 s: a full disk or a machine short of memory gets a chance to recover."""


class State(StrEnum):
    CAPTURING = "capturing"
    READY = "ready"
    COMPOSED = "composed"
    FAILED = "failed"


class Event(StrEnum):
    PREPARED = "prepared"
    """Tracks, poster and manifest are in the storage."""
    FILMED = "filmed"
    """The film is in the storage."""
    EDITED = "edited"
    """The film is out of date."""
    WITHDRAWN = "withdrawn"
    """Somebody took back consent: tracks and film are out of date."""
    REFUSED = "refused"
    """The next step can never work: nothing recorded, or every attempt failed."""


NEXT: Final[dict[State, dict[Event, State]]] = {
    State.CAPTURING: {Event.PREPARED: State.READY, Event.WITHDRAWN: State.CAPTURING, Event.REFUSED: State.FAILED},
    State.READY: {
        Event.PREPARED: State.READY,
        Event.FILMED: State.COMPOSED,
        Event.EDITED: State.READY,
        Event.WITHDRAWN: State.CAPTURING,
        Event.REFUSED: State.READY,
    },
    State.COMPOSED: {Event.FILMED: State.COMPOSED, Event.EDITED: State.READY, Event.WITHDRAWN: State.CAPTURING},
    State.FAILED: {Event.REFUSED: State.FAILED},
}


def step(state: State, event: Event) -> State:
    """The state after `event`; an unlisted pair is a mistake of ours."""
    following = NEXT[state].get(event)
    assert following is not None, f"{event} cannot happen to a recording that is {state}"
    return following


def wait_s(attempt: int) -> float:
    """How long to wait after the failure of an attempt (1 = the first)."""
    return float(FIRST_WAIT_S * BACKOFF ** (attempt - 1))
