"""Who may serve the classes of a database that several `classroom serve` are given, and do its film jobs (pure).

    STANDBY ──taken──► OWNER ──away──► UNSURE ──taken──► OWNER
                          └──held──► DEPOSED ◄──held──┘

One that merely cannot reach the database (UNSURE) goes on: people in class notice nothing, and what happens waits on its disk.
Only a lock that somebody else has by then ends it. A standby that could not reach the database either leaves the owner
`GRACE_S` to take the lock again first: both had lost it with the same server.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

GRACE_S: Final = 5.0
LOOK_EVERY_S: Final = 1.0
"""How long a lock that is free waits for the standby, at most."""
AGAIN_EVERY_S: Final = 0.25
"""An owner without its lock tries so often: more often than any standby."""
OWNER_PATIENCE_S, STANDBY_PATIENCE_S = 10.0, 2.0
"""For an answer. Who owns waits longer: a server that hangs for a moment must not cost it a lock that it still has."""


class State(Enum):
    STANDBY = auto()
    OWNER = auto()
    UNSURE = auto()
    """Owns as far as it knows, and cannot ask."""
    DEPOSED = auto()


@dataclass(frozen=True, slots=True)
class Taken:
    """The lock is ours, or still ours."""


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody has it; it was only looked at."""


@dataclass(frozen=True, slots=True)
class Held:
    by: str
    """Somebody else, in words."""


@dataclass(frozen=True, slots=True)
class Away:
    """The database does not answer."""


Heard = Taken | Free | Held | Away


@dataclass(frozen=True, slots=True)
class Say:
    sentence: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Serve."""


@dataclass(frozen=True, slots=True)
class StepDown:
    """Stop serving, at once: somebody else does."""


Effect = Say | TakeOver | StepDown


class Ownership:
    def __init__(self, what: str = "the classes") -> None:
        """what: in the plural, for sentences."""
        self._what = what
        self.state = State.STANDBY
        self._told: str | None = None
        """Whom we last said we stand by."""
        self._is_away = False
        self._wait_until = float("-inf")

    def may_take(self, now: float) -> bool:
        """Whether to try for the lock, or only to look who has it."""
        return self.state is not State.STANDBY or (not self._is_away and now >= self._wait_until)

    @property
    def pause_s(self) -> float:
        """Until the next question."""
        return AGAIN_EVERY_S if self.state is State.UNSURE else LOOK_EVERY_S

    @property
    def patience_s(self) -> float:
        """For its answer."""
        return STANDBY_PATIENCE_S if self.state is State.STANDBY else OWNER_PATIENCE_S

    def receive(self, heard: Heard, now: float) -> list[Effect]:
        """What is to be done, in order."""
        match self.state:
            case State.STANDBY:
                return self._receive_as_standby(heard, now)
            case State.OWNER | State.UNSURE:
                return self._receive_as_owner(heard)
            case State.DEPOSED:
                return []

    def _receive_as_standby(self, heard: Heard, now: float) -> list[Effect]:
        if isinstance(heard, Away):
            news = [] if self._is_away else [Say("standing by: the database cannot be reached")]
            self._is_away = True
            return [*news]
        if self._is_away:
            self._is_away, self._wait_until = False, now + GRACE_S
        if isinstance(heard, Taken):
            self.state = State.OWNER
            return [TakeOver()]
        if isinstance(heard, Held) and heard.by != self._told:
            self._told = heard.by
            return [Say(f"standing by: {heard.by} has {self._what} of this database; taking over when it ends")]
        return []

    def _receive_as_owner(self, heard: Heard) -> list[Effect]:
        match heard:
            case Held(by=by):
                self.state = State.DEPOSED
                return [Say(f"{by} has taken over {self._what} of this database; they end here"), StepDown()]
            case Away() if self.state is State.OWNER:
                self.state = State.UNSURE
                return [Say(f"the database cannot be reached; {self._what} go on here")]
            case Taken() if self.state is State.UNSURE:
                self.state = State.OWNER
                return [Say(f"the database is back; {self._what} are still ours")]
            case _:
                return []
