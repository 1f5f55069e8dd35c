"""One browser's place in a room: who sits there, what they may, which connections to the relay are theirs."""

from dataclasses import dataclass, field
from typing import Final, Literal

from media import control
from signaling.views import PeerView
from signaling.vocabulary import PeerId, Role, Source

PROGRAM = "w"
BROWSER = "p"
"""First letter of a peer id: an outside program (WHIP, WHEP) lives as long as its media, a browser as long as its WebSocket."""


LISTED: Final[frozenset[Role]] = frozenset({"instructor", "learner"})


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who a verified ticket, or a resume token, says is coming in."""

    peer: PeerId
    person: str
    name: str
    role: Role
    record: bool
    """Agreed to being recorded."""


@dataclass(frozen=True, slots=True)
class Transport:
    """One connection between this peer and the relay."""

    id: control.PeerId
    sources: tuple[Source, ...] = ()


@dataclass(slots=True)
class Line:
    """One direction of a peer's media: make before break, so at most one in use and one on its way."""

    current: Transport | None = None
    pending: Transport | None = None

    def latest(self) -> Transport | None:
        return self.pending or self.current

    def ids(self) -> list[control.PeerId]:
        return [transport.id for transport in (self.current, self.pending) if transport is not None]

    def clear(self) -> None:
        self.current = self.pending = None


@dataclass(slots=True)
class Place:
    """Mutable, owned by the room."""

    peer: PeerId
    person: str
    name: str
    role: Role
    record: bool
    last_seen: float
    """Last proof of life."""
    program: bool = False
    connected: bool = True
    counted: bool = False
    """PeerJoined was published and no PeerLeft since: attendance is running."""
    counted_until: float = float("inf")
    """While the connection is lost: when PeerLeft is published."""
    kept_until: float = float("inf")
    """While the connection is lost: when the place is given up."""
    may_publish: bool = False
    invited: bool = False
    sources: tuple[Source, ...] = ()
    muted: set[Source] = field(default_factory=set)
    """What its owner or the instructor switched off, whether it is sent now or not."""
    publishing: Line = field(default_factory=Line)
    viewing: Line = field(default_factory=Line)
    json: str | None = None
    """`view()` as JSON, until it changes: a newcomer's welcome is pieced together from these."""

    @property
    def listed(self) -> bool:
        """Others look on unseen and uncounted."""
        return self.role in LISTED

    def line(self, direction: Literal["publish", "view"]) -> Line:
        return self.publishing if direction == "publish" else self.viewing

    def transports(self) -> list[control.PeerId]:
        return self.publishing.ids() + self.viewing.ids()

    def media(self) -> list[Literal["publish", "view"]]:
        """The directions the relay holds a working connection for."""
        held: list[Literal["publish", "view"]] = []
        if self.publishing.current is not None:
            held.append("publish")
        if self.viewing.current is not None:
            held.append("view")
        return held

    def view(self) -> PeerView:
        return PeerView(
            peer=self.peer,
            name=self.name,
            role=self.role,
            may_publish=self.may_publish,
            invited=self.invited,
            sources=list(self.sources),
            muted=[source for source in self.sources if source in self.muted],
            connected=self.connected,
        )

    def view_json(self) -> str:
        if self.json is None:
            self.json = self.view().model_dump_json()
        return self.json
