"""Who is here: every peer by what names it, and the rooms they are in (no socket, no clock, no task in here)."""

from dataclasses import dataclass, field

import structlog

from media.address import Address
from media.clock import WorkerClock
from media.control import Event, PeerGone, PeerId, RoomId
from media.errors import Refused
from media.offers import OutgoingSection
from media.outbox import Member, Outbox, StreamMember
from media.peer import Peer
from media.publisher import Publisher
from media.quota import Quota
from media.router import Room
from media.siblings import Siblings
from media.stats import Stats
from media.viewer import Viewer

log = structlog.get_logger("media")

MAX_ROOMS = 1_000
MEDIA_PER_S = 4_000
"""Of one publisher: simulcast camera, screen, sound and probes are about 1,000."""
REPORTS_PER_S = 300
"""RTCP datagrams of one peer: browsers send 5 to 20, and one per loss on a bad line."""


@dataclass(slots=True)
class Entry:
    """One peer and its part in the room."""

    peer: Peer
    room: Room
    publisher: Publisher | None = None
    viewer: Viewer | None = None
    accepted: list[OutgoingSection] | None = None
    """view: what the answer took, used once connected."""
    member: Member | StreamMember | None = None
    announced: bool = False
    expected: bool = False
    """A viewer: its handshake has begun."""
    media: Quota = field(default_factory=lambda: Quota(MEDIA_PER_S))
    reports: Quota = field(default_factory=lambda: Quota(REPORTS_PER_S))
    """Only what authenticates counts: a forger with this peer's address uses up nothing of it."""


class Registry:
    """Peers and rooms of one worker. A room is made when somebody needs it, and goes with the last who did."""

    def __init__(self, outbox: Outbox, stats: Stats, clock: WorkerClock) -> None:
        self.events: list[Event] = []
        self.rooms: dict[RoomId, Room] = {}
        self.entries: dict[PeerId, Entry] = {}
        self.by_ufrag: dict[str, Entry] = {}
        self.by_address: dict[Address, Entry] = {}
        """Only addresses that a STUN check has proven."""
        self.handshaking: dict[PeerId, Entry] = {}
        self.siblings = Siblings(self.rooms, stats)
        """Other workers of this machine that carry a part of our rooms, or the other way round."""
        self._outbox = outbox
        self._stats = stats
        self._clock = clock

    def add(self, entry: Entry) -> None:
        self.entries[entry.peer.id] = entry
        self.by_ufrag[entry.peer.ice.ufrag] = entry
        self.handshaking[entry.peer.id] = entry

    def room(self, room_id: RoomId) -> Room:
        """The room, made if there is none. Raises Refused."""
        room = self.rooms.get(room_id)
        if room is None:
            if len(self.rooms) >= MAX_ROOMS:
                raise Refused("overloaded", "This media worker has too many rooms.")
            feeds = self.siblings.feeds_of(room_id)
            room = self.rooms[room_id] = Room(room_id, self._outbox.audience, self._clock, self._stats, feeds)
        return room

    def entry(self, peer: PeerId) -> Entry:
        """Raises Refused."""
        entry = self.entries.get(peer)
        if entry is None:
            raise Refused("unknown-peer", "There is no such peer.")
        return entry

    def close(self, entry: Entry, now: float) -> None:
        entry.peer.close()
        self.remove(entry, now)

    def remove(self, entry: Entry, now: float) -> None:
        """Forget a peer that is gone and tell signalling; twice is silent."""
        peer = entry.peer
        if self.entries.get(peer.id) is not entry:
            return
        del self.entries[peer.id]
        peer.on_moved = (
            None  # else peer and entry hold each other, with their OpenSSL and libsrtp memory, until a rare collection
        )
        self.handshaking.pop(peer.id, None)
        self.by_ufrag.pop(peer.ice.ufrag, None)
        for address in peer.ice.verified:
            if self.by_address.get(address) is entry:
                del self.by_address[address]
        if entry.publisher is not None:
            entry.room.remove_publisher(entry.publisher, now)
        if entry.viewer is not None:
            entry.room.auditorium.remove(entry.viewer)
        if peer.gone_reason == "failed":
            self._stats.handshakes_failed += 1
        log.info("= gone", room=peer.room, peer=peer.id, reason=peer.gone_reason)
        self.events.append(
            PeerGone(
                room=peer.room,
                peer=peer.id,
                owner=peer.owner,
                direction=peer.direction,
                reason=peer.gone_reason,
                last_seen_s=max(0.0, now - peer.last_seen),
            )
        )
        self.drop_room_if_empty(entry.room, now)

    def collect_events(self, room: Room) -> None:
        self.events.extend(room.events)
        room.events.clear()

    def drop_room_if_empty(self, room: Room, now: float) -> None:
        self.collect_events(room)
        if room.is_empty and not any(entry.room is room for entry in self.entries.values()):
            self.forget_room(room, now)

    def forget_room(self, room: Room, now: float) -> None:
        if self.rooms.get(room.id) is room:
            self.siblings.unfollow(room.id, now)
            del self.rooms[room.id]
            self.siblings.forget_room(room.id)
