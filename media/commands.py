"""What signalling asks of a worker, carried out at once: transports, mutes, captures, figures (no socket, no task in here)."""

import structlog

from media import sdp
from media.capture import Capture
from media.control import (
    AnswerPeer,
    CaptureId,
    ClosePeer,
    CloseRoom,
    Done,
    FollowRoom,
    MutePeer,
    OpenPeer,
    PeerOpened,
    PreferLayer,
    Reply,
    RoomId,
    Snapshot,
    StatsTaken,
)
from media.dtls import Identity
from media.errors import Malformed, Refused
from media.load import Load
from media.offers import TransportText, answer_player, answer_publisher, offer_viewer, read_viewer_answer
from media.outbox import Outbox
from media.peer import Outgoing, Peer
from media.publisher import Publisher
from media.registry import Entry, Registry
from media.slots import OFFERED
from media.stats import Stats
from media.viewer import Viewer

log = structlog.get_logger("media")

MAX_PEERS = 4_000
MAX_PEERS_PER_ROOM = 3_000


class Commands:
    """One method per command. What cannot be done raises Refused and changes nothing."""

    def __init__(
        self, registry: Registry, addresses: list[tuple[str, int]], outbox: Outbox, outgoing: Outgoing, stats: Stats, load: Load
    ) -> None:
        self._registry = registry
        self._addresses = addresses
        self._outbox = outbox
        self._outgoing = outgoing
        self._stats = stats
        self._load = load
        self._identity = Identity()

    def open_peer(self, command: OpenPeer, now: float) -> Reply:
        """Create a transport; the reply holds our SDP. Raises Refused."""
        if command.peer in self._registry.entries:
            self._registry.close(self._registry.entries[command.peer], now)
        if len(self._registry.entries) >= MAX_PEERS:
            raise Refused("overloaded", "This media worker is full.")
        room = self._registry.room(command.room)
        if len(room.publishers) + len(room.viewers) >= MAX_PEERS_PER_ROOM:
            raise Refused("room-full", "The room is full.")
        peer = Peer(command.peer, command.room, command.owner, command.direction, self._identity, self._outgoing, now)
        transport = TransportText(
            peer.ice.ufrag, peer.ice.password.decode(), self._identity.fingerprint, self._candidates(command.near)
        )
        entry = Entry(peer, room)
        slots: dict[str, str] = {}
        try:
            if command.direction == "publish":
                if command.sdp is None:
                    raise Refused("bad-sdp", "Publishing needs an offer.")
                offer = sdp.parse(command.sdp)
                agreement = answer_publisher(offer, transport, command.sources, room.decoded)
                entry.publisher = Publisher(peer, agreement.incoming, lead=command.lead, record=command.record)
                text = agreement.answer
                peer.agree(offer, is_server=agreement.is_dtls_server)
            elif command.sdp is None:
                entry.viewer = Viewer(peer, now)
                text = offer_viewer(transport)
                slots = {str(place): kind.name for place, kind in enumerate(OFFERED)}
            else:
                offer = sdp.parse(command.sdp)
                agreement = answer_player(offer, transport)
                entry.viewer = Viewer(peer, now)
                entry.accepted = agreement.outgoing
                text = agreement.answer
                slots = {section.mid: section.slot.name for section in agreement.outgoing}
                peer.agree(offer, is_server=agreement.is_dtls_server)
        except Malformed as wrong:
            self._registry.drop_room_if_empty(room, now)
            raise Refused("bad-sdp", str(wrong)) from wrong
        except Refused:
            self._registry.drop_room_if_empty(room, now)
            raise
        if entry.publisher is not None:
            room.add_publisher(entry.publisher)
        self._registry.add(entry)
        log.info("< open peer", room=command.room, peer=command.peer, direction=command.direction)
        return PeerOpened(request=command.request, peer=command.peer, sdp=text, slots=slots)

    def answer_peer(self, command: AnswerPeer, now: float) -> Reply:
        """Complete a view offer. Raises Refused."""
        entry = self._registry.entry(command.peer)
        if entry.viewer is None or entry.accepted is not None:
            raise Refused("bad-command", "This peer does not wait for an answer.")
        try:
            answer = sdp.parse(command.sdp)
        except Malformed as wrong:
            raise Refused("bad-sdp", str(wrong)) from wrong
        entry.accepted = read_viewer_answer(answer)
        entry.peer.agree(answer, is_server=True)
        return Done(request=command.request)

    def close_peer(self, command: ClosePeer, now: float) -> Reply:
        entry = self._registry.entries.get(command.peer)
        if entry is not None:
            self._registry.close(entry, now)
        return Done(request=command.request)

    def mute_peer(self, command: MutePeer, now: float) -> Reply:
        entry = self._registry.entry(command.peer)
        if entry.publisher is None:
            raise Refused("unknown-peer", "This peer publishes nothing.")
        entry.room.mute(entry.publisher, command.sources, now)
        return Done(request=command.request)

    def prefer_layer(self, command: PreferLayer, now: float) -> Reply:
        entry = self._registry.entry(command.peer)
        if entry.viewer is None:
            raise Refused("unknown-peer", "This peer views nothing.")
        entry.room.auditorium.prefer(entry.viewer, command.slot, command.max_height, now)
        return Done(request=command.request)

    def follow_room(self, command: FollowRoom, now: float) -> Reply:
        """Raises Refused."""
        if command.home is not None or command.room in self._registry.rooms:
            self._registry.siblings.follow(self._registry.room(command.room), command.home, now)
        return Done(request=command.request)

    def close_room(self, command: CloseRoom, now: float) -> list[Capture]:
        """Close its peers; its captures, for the caller to close."""
        room = self._registry.rooms.get(command.room)
        if room is None:
            return []
        for entry in [entry for entry in self._registry.entries.values() if entry.room is room]:
            self._registry.close(entry, now)
        captures = list(room.captures.values())
        room.captures.clear()
        self._registry.collect_events(room)
        self._registry.forget_room(room, now)
        return captures

    def start_capture(self, room_id: RoomId, capture: Capture) -> None:
        self._registry.room(room_id).add_capture(capture)

    def find_capture(self, room_id: RoomId, capture: CaptureId) -> Capture | None:
        room = self._registry.rooms.get(room_id)
        return room.captures.get(capture) if room else None

    def stop_capture(self, room_id: RoomId, capture: CaptureId, now: float) -> Capture | None:
        room = self._registry.rooms.get(room_id)
        if room is None:
            return None
        removed = room.remove_capture(capture)
        self._registry.drop_room_if_empty(room, now)
        return removed

    def snapshot(self, request: int) -> Snapshot:
        return Snapshot(request=request, rooms=[room.state() for room in self._registry.rooms.values()])

    def take_stats(self, request: int) -> StatsTaken:
        gauges = {
            "classroom_media_rooms": float(len(self._registry.rooms)),
            "classroom_media_peers": float(len(self._registry.entries)),
            "classroom_media_publishers": float(
                sum(not publisher.is_remote for room in self._registry.rooms.values() for publisher in room.publishers.values())
            ),
            "classroom_media_viewers": float(sum(len(room.viewers) for room in self._registry.rooms.values())),
            "classroom_media_tcp_connections": float(len(self._outbox.streams)),
            "classroom_media_captures": float(sum(len(room.captures) for room in self._registry.rooms.values())),
            "classroom_media_followed_rooms": float(sum(room.home is not None for room in self._registry.rooms.values())),
            "classroom_media_feeds": float(self._registry.siblings.follower_count),
            "classroom_media_cpu_share": self._load.cpu_share,
            "classroom_media_packets_per_second": self._load.packets_per_s,
            "classroom_media_loop_lag_max_seconds": self._load.lag_max_s,
            "classroom_media_loop_lag_mean_seconds": self._load.lag_mean_s,
        }
        return StatsTaken(
            request=request,
            counters=self._stats.counters(),
            gauges=gauges,
            dropped=dict(self._stats.dropped),
            lag_counts=list(self._load.lag_counts),
            lag_sum_s=self._load.lag_sum_s,
        )

    def close(self, now: float) -> list[Capture]:
        """Say goodbye to everybody; the captures, for the caller to close."""
        captures: list[Capture] = []
        for room_id in list(self._registry.rooms):
            captures += self.close_room(CloseRoom(request=0, room=room_id), now)
        return captures

    # -- inside -------------------------------------------------------------------------------------------------------

    def _candidates(self, near: str | None) -> list[tuple[str, int]]:
        return sorted(self._addresses, key=lambda address: address[0] != near)
