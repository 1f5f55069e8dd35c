"""All rooms of one process: datagrams to peers, commands to rooms (no socket, no clock, no task in here).

What a stranger's datagram can reach, in order: `demux` → STUN: the peer its USERNAME names, if MESSAGE-INTEGRITY is right;
anything else: the peer whose proven address it comes from, or nothing. One catch-all per datagram drops and counts.
"""

from collections import deque
from dataclasses import dataclass, field

import structlog

from media import sdp
from media.address import Address
from media.capture import Capture
from media.clock import WorkerClock
from media.control import (
    AnswerPeer,
    CaptureId,
    ClosePeer,
    CloseRoom,
    Done,
    Event,
    FollowRoom,
    MutePeer,
    OpenPeer,
    PeerConnected,
    PeerGone,
    PeerId,
    PeerOpened,
    PreferLayer,
    Reply,
    RoomId,
    Snapshot,
    StatsTaken,
)
from media.demux import Kind, kind_of
from media.dtls import Identity
from media.errors import Malformed, Refused
from media.load import Load
from media.offers import OutgoingSection, TransportText, answer_player, answer_publisher, offer_viewer, read_viewer_answer
from media.outbox import Member, Outbox, StreamMember
from media.peer import HANDSHAKE_TICK_S, Outgoing, Peer, PeerState
from media.publisher import Publisher
from media.quota import Failures, Quota
from media.router import Room
from media.siblings import Siblings
from media.slots import OFFERED
from media.stats import Stats
from media.stun import parse_binding
from media.viewer import Viewer

log = structlog.get_logger("media")

MAX_PEERS = 4_000
MAX_PEERS_PER_ROOM = 3_000
MAX_ROOMS = 1_000
STEAL_ADDRESS_S = 5.0
"""A proven address goes to another peer only when its peer was silent for so long: nobody can take a living one's packets."""
MAX_FLIGHTS = 2_048
"""DTLS datagrams that wait; what comes beyond is lost, and DTLS repeats it."""
LOG_GAP_S = 1.0
"""At most one line a second about what others sent, and one about our own mistakes, which those must not hide."""
MEDIA_PER_S = 4_000
"""Of one publisher: simulcast camera, screen, sound and probes are about 1,000."""
REPORTS_PER_S = 300
"""RTCP datagrams of one peer: browsers send 5 to 20, and one per loss on a bad line."""
FAILED_CHECKS_PER_S = 50
"""STUN that proves nothing, of one source address."""


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


class Worker:
    """Peers, rooms and the way between them."""

    def __init__(self, addresses: list[tuple[str, int]], outbox: Outbox, stats: Stats, clock: WorkerClock) -> None:
        self.stats = stats
        self.load = Load(clock.started_at)
        self.outgoing: Outgoing = []
        """Single datagrams to send: STUN, DTLS, RTCP, retransmissions."""
        self.events: list[Event] = []
        self.rooms: dict[RoomId, Room] = {}
        self.entries: dict[PeerId, Entry] = {}
        self.siblings = Siblings(self.rooms, stats)
        """Other workers of this machine that carry a part of our rooms, or the other way round."""
        self._addresses = addresses
        self._outbox = outbox
        self._clock = clock
        self._identity = Identity()
        self._by_ufrag: dict[str, Entry] = {}
        self._by_address: dict[Address, Entry] = {}
        self._handshaking: dict[PeerId, Entry] = {}
        self._flights: deque[tuple[bytes, Address, float]] = deque()
        """DTLS of proven addresses whose turn has not come: a step of a handshake costs as much as a hundred packets."""
        self._swept_at = 0.0
        self._handshake_at = 0.0
        self._logged_at: dict[str, float] = {}
        """"error" and "input" → when a line was last written."""
        self._failed_checks = Failures(FAILED_CHECKS_PER_S)

    # -- datagrams ----------------------------------------------------------------------------------------------------

    def receive(self, datagram: bytes, source: Address, now: float) -> None:
        """Take one datagram from anybody. Never raises."""
        try:
            kind = kind_of(datagram)
            if kind is Kind.RTP or kind is Kind.RTCP:
                entry = self._by_address.get(source)
                if entry is None:
                    self._drop("unknown source")
                elif kind is Kind.RTP:
                    self._receive_rtp(entry, datagram, now)
                else:
                    self._receive_rtcp(entry, datagram, now)
            elif kind is Kind.STUN:
                self._receive_stun(datagram, source, now)
            elif kind is Kind.DTLS:
                if source not in self._by_address:
                    self._drop("unknown source")
                elif len(self._flights) < MAX_FLIGHTS:
                    self._flights.append((datagram, source, now))
                else:
                    self._drop("too many", "handshakes", now)
            else:
                self._drop("no protocol")
        except Malformed as wrong:
            self._drop("malformed", str(wrong), now)
        except Exception as wrong:
            # Our own mistake must not end the loop for everybody: this datagram is lost, and we hear of it.
            self._drop("error", repr(wrong), now, wrong)

    @property
    def has_flights(self) -> bool:
        """Handshakes wait for `shake`."""
        return bool(self._flights)

    def shake(self) -> None:
        """Go on with one handshake: the datagram that waits longest. Never raises."""
        datagram, source, now = self._flights.popleft()
        entry = self._by_address.get(source)
        if entry is None:
            self._drop("unknown source")
            return
        try:
            entry.peer.receive_dtls(datagram, now)
            if entry.viewer is not None and not entry.expected:
                entry.expected = True
                entry.room.expect_viewer()
            self._after_handshake(entry, now)
        except Malformed as wrong:
            self._drop("malformed", str(wrong), now)
        except Exception as wrong:
            self._drop("error", repr(wrong), now, wrong)

    def knows(self, address: Address) -> bool:
        """True when a STUN check has proven this address of a peer that is still here."""
        return address in self._by_address

    def lose_address(self, address: Address) -> None:
        """A TCP connection ended."""
        entry = self._by_address.pop(address, None)
        if entry is not None:
            entry.peer.lose_address(address)

    def hold_pictures(self, address: Address, held: bool, line_bps: float | None, now: float) -> None:
        """A TCP connection fell behind, or caught up: its viewer's pictures stop, or go on."""
        entry = self._by_address.get(address)
        if entry is not None and entry.viewer is not None and entry.peer.ice.selected == address:
            self.stats.tcp_holds += held
            entry.room.hold_pictures(entry.viewer, held, line_bps, now)

    def refuse(self, reason: str, now: float) -> None:
        """Count what a stranger's TCP connection was ended for; the log hears of it once a second at most."""
        self._drop(reason, "", now)

    def _receive_rtp(self, entry: Entry, datagram: bytes, now: float) -> None:
        if len(datagram) < 12:
            self._drop("malformed")
            return
        packet = entry.peer.unprotect(datagram, now)
        if packet is None:
            self._drop("not authentic")
            return
        if entry.publisher is None:
            self._drop("unexpected")  # a viewer sends no media
            return
        if not entry.media.takes(now):
            self._drop("too many", "media", now)
            return
        self.stats.packets_received += 1
        entry.room.receive_rtp(entry.publisher, packet, now)

    def _receive_rtcp(self, entry: Entry, datagram: bytes, now: float) -> None:
        if len(datagram) < 12:
            self._drop("malformed")
            return
        compound = entry.peer.unprotect_rtcp(datagram, now)
        if compound is None:
            self._drop("not authentic")
        elif not entry.reports.takes(now):
            self._drop("too many", "reports", now)
        elif entry.publisher is not None:
            entry.room.receive_publisher_rtcp(entry.publisher, compound, now)
        elif entry.viewer is not None:
            entry.room.receive_viewer_rtcp(entry.viewer, compound, now)

    def _receive_stun(self, datagram: bytes, source: Address, now: float) -> None:
        owner = self._by_address.get(source)
        if owner is None and self._failed_checks.is_over(source, now):
            self._drop("too many", "checks", now)
            return
        request = parse_binding(datagram)
        if request is None:
            return
        if request.is_answer:
            took_s = owner.peer.receive_answer(request, source, now) if owner is not None else None
            if took_s is not None and owner is not None and owner.viewer is not None:
                owner.viewer.receive_answer(took_s, now)
            return
        entry = self._by_ufrag.get(request.local_ufrag)
        if entry is None:
            self._failed_checks.add(source)
            self._drop("unknown ufrag")
            return
        if owner is not None and owner is not entry and now - owner.peer.last_seen < STEAL_ADDRESS_S:
            self._drop("address taken")
            return
        answered, forgotten = entry.peer.receive_stun(request, source, now)
        if not answered:
            self._failed_checks.add(source)
            self._drop("not authentic")
            return
        self._by_address[source] = entry
        if forgotten is not None and self._by_address.get(forgotten) is entry:
            del self._by_address[forgotten]
        self._after_handshake(entry, now)

    def _after_handshake(self, entry: Entry, now: float) -> None:
        """Notice what a datagram or the time did to a peer's state."""
        peer = entry.peer
        if peer.refused:
            self._drop(peer.refused, "", now)
            peer.refused = ""
        if peer.state is PeerState.CONNECTED and not entry.announced:
            entry.announced = True
            self._handshaking.pop(peer.id, None)
            self.stats.handshakes_done += 1
            log.info("= connected", room=peer.room, peer=peer.id, direction=peer.direction)
            self.events.append(PeerConnected(room=peer.room, peer=peer.id, owner=peer.owner, direction=peer.direction))
            if entry.viewer is not None:
                self._seat_viewer(entry, now)
                peer.on_moved = lambda address: self._move_viewer(entry, address, peer.last_seen)
        elif peer.state is PeerState.GONE:
            self._remove(entry, now)

    def _seat_viewer(self, entry: Entry, now: float) -> None:
        assert entry.viewer is not None, "only viewers are seated"
        address, sender = entry.peer.ice.selected, entry.peer.sender
        assert address is not None, "a connected peer has an address"
        assert sender is not None, "a connected peer has keys"
        entry.member = self._outbox.member(sender, address)
        entry.viewer.subscribe(entry.accepted or [], entry.member)
        entry.room.add_viewer(entry.viewer, now)

    def _move_viewer(self, entry: Entry, address: Address, now: float) -> None:
        member = entry.member
        if member is None or entry.viewer is None:
            return
        if isinstance(member, Member) and address[0] == member.port and len(address[1]) == member.name_bytes:
            member.move(address[1])
            return
        # Another socket, or another TCP connection: every audience must hold a new entry.
        assert entry.peer.sender is not None, "only connected peers move"
        entry.member = self._outbox.member(entry.peer.sender, address)
        for subscription in entry.viewer.subscriptions.values():
            lane = subscription.lane
            if lane is not None:
                lane.audience.remove(member)
                lane.audience.add(entry.member)
            subscription.member = entry.member
        if entry.viewer.held:
            entry.room.hold_pictures(entry.viewer, False, None, now)

    # -- time ---------------------------------------------------------------------------------------------------------

    def flush_due(self, now: float) -> float | None:
        """Send frames that waited long enough; when to come again."""
        deadlines = [room.flush_due(now) for room in self.rooms.values() if room.unflushed]
        return min((d for d in deadlines if d is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Everything periodic; call every 20–50 ms. One broken room or peer does not stop the others."""
        for room in list(self.rooms.values()):
            try:
                room.on_deadline(now)
            except Exception as wrong:
                self._drop("error", repr(wrong), now, wrong)
            self.events.extend(room.events)
            room.events.clear()
        try:
            self.siblings.on_deadline(now)
        except Exception as wrong:
            self._drop("error", repr(wrong), now, wrong)
        if now - self._handshake_at >= HANDSHAKE_TICK_S:
            self._handshake_at = now
            self._remind(list(self._handshaking.values()), now)
        if now - self._swept_at >= 1.0:
            self._swept_at = now
            self._remind(list(self.entries.values()), now)

    def _remind(self, entries: list[Entry], now: float) -> None:
        """Let peers resend their handshake, notice silence; one that breaks is let go, loudly."""
        for entry in entries:
            try:
                entry.peer.on_deadline(now)
                self._after_handshake(entry, now)
            except Exception as wrong:
                self._drop("error", repr(wrong), now, wrong)
                self._close(entry, now)

    # -- commands -----------------------------------------------------------------------------------------------------

    def open_peer(self, command: OpenPeer, now: float) -> Reply:
        """Create a transport; the reply holds our SDP. Raises Refused."""
        if command.peer in self.entries:
            self._close(self.entries[command.peer], now)
        if len(self.entries) >= MAX_PEERS:
            raise Refused("overloaded", "This media worker is full.")
        room = self._room(command.room)
        if len(room.publishers) + len(room.viewers) >= MAX_PEERS_PER_ROOM:
            raise Refused("room-full", "The room is full.")
        peer = Peer(command.peer, command.room, command.owner, command.direction, self._identity, self.outgoing, now)
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
            self._drop_room_if_empty(room, now)
            raise Refused("bad-sdp", str(wrong)) from wrong
        except Refused:
            self._drop_room_if_empty(room, now)
            raise
        if entry.publisher is not None:
            room.add_publisher(entry.publisher)
        self.entries[peer.id] = entry
        self._by_ufrag[peer.ice.ufrag] = entry
        self._handshaking[peer.id] = entry
        log.info("< open peer", room=command.room, peer=command.peer, direction=command.direction)
        return PeerOpened(request=command.request, peer=command.peer, sdp=text, slots=slots)

    def answer_peer(self, command: AnswerPeer, now: float) -> Reply:
        """Complete a view offer. Raises Refused."""
        entry = self._entry(command.peer)
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
        entry = self.entries.get(command.peer)
        if entry is not None:
            self._close(entry, now)
        return Done(request=command.request)

    def mute_peer(self, command: MutePeer, now: float) -> Reply:
        entry = self._entry(command.peer)
        if entry.publisher is None:
            raise Refused("unknown-peer", "This peer publishes nothing.")
        entry.room.mute(entry.publisher, command.sources, now)
        return Done(request=command.request)

    def prefer_layer(self, command: PreferLayer, now: float) -> Reply:
        entry = self._entry(command.peer)
        if entry.viewer is None:
            raise Refused("unknown-peer", "This peer views nothing.")
        entry.room.prefer(entry.viewer, command.slot, command.max_height, now)
        return Done(request=command.request)

    def follow_room(self, command: FollowRoom, now: float) -> Reply:
        """Raises Refused."""
        if command.home is not None or command.room in self.rooms:
            self.siblings.follow(self._room(command.room), command.home, now)
        return Done(request=command.request)

    def close_room(self, command: CloseRoom, now: float) -> list[Capture]:
        """Close its peers; its captures, for the caller to close."""
        room = self.rooms.get(command.room)
        if room is None:
            return []
        for entry in [entry for entry in self.entries.values() if entry.room is room]:
            self._close(entry, now)
        captures = list(room.captures.values())
        room.captures.clear()
        self._collect_events(room)
        self._forget_room(room, now)
        return captures

    def start_capture(self, room_id: RoomId, capture: Capture) -> None:
        self._room(room_id).add_capture(capture)

    def find_capture(self, room_id: RoomId, capture: CaptureId) -> Capture | None:
        room = self.rooms.get(room_id)
        return room.captures.get(capture) if room else None

    def stop_capture(self, room_id: RoomId, capture: CaptureId, now: float) -> Capture | None:
        room = self.rooms.get(room_id)
        if room is None:
            return None
        removed = room.remove_capture(capture)
        self._drop_room_if_empty(room, now)
        return removed

    def snapshot(self, request: int) -> Snapshot:
        return Snapshot(request=request, rooms=[room.state() for room in self.rooms.values()])

    def take_stats(self, request: int) -> StatsTaken:
        gauges = {
            "classroom_media_rooms": float(len(self.rooms)),
            "classroom_media_peers": float(len(self.entries)),
            "classroom_media_publishers": float(
                sum(not publisher.is_remote for room in self.rooms.values() for publisher in room.publishers.values())
            ),
            "classroom_media_viewers": float(sum(len(room.viewers) for room in self.rooms.values())),
            "classroom_media_tcp_connections": float(len(self._outbox.streams)),
            "classroom_media_captures": float(sum(len(room.captures) for room in self.rooms.values())),
            "classroom_media_followed_rooms": float(sum(room.home is not None for room in self.rooms.values())),
            "classroom_media_feeds": float(self.siblings.follower_count),
            "classroom_media_cpu_share": self.load.cpu_share,
            "classroom_media_packets_per_second": self.load.packets_per_s,
            "classroom_media_loop_lag_max_seconds": self.load.lag_max_s,
            "classroom_media_loop_lag_mean_seconds": self.load.lag_mean_s,
        }
        return StatsTaken(
            request=request,
            counters=self.stats.counters(),
            gauges=gauges,
            dropped=dict(self.stats.dropped),
            lag_counts=list(self.load.lag_counts),
            lag_sum_s=self.load.lag_sum_s,
        )

    def close(self, now: float) -> list[Capture]:
        """Say goodbye to everybody; the captures, for the caller to close."""
        captures: list[Capture] = []
        for room_id in list(self.rooms):
            captures += self.close_room(CloseRoom(request=0, room=room_id), now)
        return captures

    # -- inside -------------------------------------------------------------------------------------------------------

    def _room(self, room_id: RoomId) -> Room:
        room = self.rooms.get(room_id)
        if room is None:
            if len(self.rooms) >= MAX_ROOMS:
                raise Refused("overloaded", "This media worker has too many rooms.")
            feeds = self.siblings.feeds_of(room_id)
            room = self.rooms[room_id] = Room(room_id, self._outbox.audience, self._clock, self.stats, feeds)
        return room

    def _entry(self, peer: PeerId) -> Entry:
        entry = self.entries.get(peer)
        if entry is None:
            raise Refused("unknown-peer", "There is no such peer.")
        return entry

    def _candidates(self, near: str | None) -> list[tuple[str, int]]:
        return sorted(self._addresses, key=lambda address: address[0] != near)

    def _close(self, entry: Entry, now: float) -> None:
        entry.peer.close()
        self._remove(entry, now)

    def _remove(self, entry: Entry, now: float) -> None:
        """Forget a peer that is gone and tell signalling; twice is silent."""
        peer = entry.peer
        if self.entries.get(peer.id) is not entry:
            return
        del self.entries[peer.id]
        peer.on_moved = (
            None  # else peer and entry hold each other, with their OpenSSL and libsrtp memory, until a rare collection
        )
        self._handshaking.pop(peer.id, None)
        self._by_ufrag.pop(peer.ice.ufrag, None)
        for address in peer.ice.verified:
            if self._by_address.get(address) is entry:
                del self._by_address[address]
        if entry.publisher is not None:
            entry.room.remove_publisher(entry.publisher, now)
        if entry.viewer is not None:
            entry.room.remove_viewer(entry.viewer)
        if peer.gone_reason == "failed":
            self.stats.handshakes_failed += 1
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
        self._drop_room_if_empty(entry.room, now)

    def _collect_events(self, room: Room) -> None:
        self.events.extend(room.events)
        room.events.clear()

    def _drop_room_if_empty(self, room: Room, now: float) -> None:
        self._collect_events(room)
        if room.is_empty and not any(entry.room is room for entry in self.entries.values()):
            self._forget_room(room, now)

    def _forget_room(self, room: Room, now: float) -> None:
        if self.rooms.get(room.id) is room:
            self.siblings.unfollow(room.id, now)
            del self.rooms[room.id]
            self.siblings.forget_room(room.id)

    def _drop(self, reason: str, detail: str = "", now: float | None = None, wrong: BaseException | None = None) -> None:
        """Count a datagram thrown away; log lines are rare, whatever comes."""
        self.stats.dropped[reason] += 1
        kind = "error" if reason == "error" else "input"
        if now is not None and now - self._logged_at.get(kind, float("-inf")) >= LOG_GAP_S:
            self._logged_at[kind] = now
            log.warning("! dropped", reason=reason, detail=detail[:200], dropped=sum(self.stats.dropped.values()), exc_info=wrong)
