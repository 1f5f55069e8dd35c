"""All rooms of one process: datagrams to peers, time to rooms (no socket, no clock, no task in here).

What a stranger's datagram can reach, in order: `demux` → STUN: the peer its USERNAME names, if MESSAGE-INTEGRITY is right;
anything else: the peer whose proven address it comes from, or nothing. One catch-all per datagram drops and counts.
"""

from collections import deque

import structlog

from media.address import Address
from media.clock import WorkerClock
from media.commands import Commands
from media.control import Event, PeerConnected
from media.demux import Kind, kind_of
from media.errors import Malformed
from media.load import Load
from media.outbox import Member, Outbox
from media.peer import HANDSHAKE_TICK_S, Outgoing, PeerState
from media.quota import Failures
from media.registry import Entry, Registry
from media.stats import Stats
from media.stun import parse_binding

log = structlog.get_logger("media")

STEAL_ADDRESS_S = 5.0
"""A proven address goes to another peer only when its peer was silent for so long: nobody can take a living one's packets."""
MAX_FLIGHTS = 2_048
"""DTLS datagrams that wait; what comes beyond is lost, and DTLS repeats it."""
LOG_GAP_S = 1.0
"""At most one line a second about what others sent, and one about our own mistakes, which those must not hide."""
FAILED_CHECKS_PER_S = 50
"""STUN that proves nothing, of one source address."""


class Worker:
    """Peers, rooms and the way between them."""

    def __init__(self, addresses: list[tuple[str, int]], outbox: Outbox, stats: Stats, clock: WorkerClock) -> None:
        self.stats = stats
        self.load = Load(clock.started_at)
        self.outgoing: Outgoing = []
        """Single datagrams to send: STUN, DTLS, RTCP, retransmissions."""
        registry = self._registry = Registry(outbox, stats, clock)
        self.events: list[Event] = registry.events
        self.rooms = registry.rooms
        self.entries = registry.entries
        self.siblings = registry.siblings
        self.commands = Commands(registry, addresses, outbox, self.outgoing, stats, self.load)
        self._outbox = outbox
        self._by_ufrag = registry.by_ufrag
        self._by_address = registry.by_address
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
                entry.room.auditorium.expect()
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
            entry.room.auditorium.hold_pictures(entry.viewer, held, line_bps, now)

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
            entry.room.auditorium.receive_rtcp(entry.viewer, compound, now)

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
            self._registry.handshaking.pop(peer.id, None)
            self.stats.handshakes_done += 1
            log.info("= connected", room=peer.room, peer=peer.id, direction=peer.direction)
            self.events.append(PeerConnected(room=peer.room, peer=peer.id, owner=peer.owner, direction=peer.direction))
            if entry.viewer is not None:
                self._seat_viewer(entry, now)
                peer.on_moved = lambda address: self._move_viewer(entry, address, peer.last_seen)
        elif peer.state is PeerState.GONE:
            self._registry.remove(entry, now)

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
            entry.room.auditorium.hold_pictures(entry.viewer, False, None, now)

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
            self._remind(list(self._registry.handshaking.values()), now)
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
                self._registry.close(entry, now)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _drop(self, reason: str, detail: str = "", now: float | None = None, wrong: BaseException | None = None) -> None:
        """Count a datagram thrown away; log lines are rare, whatever comes."""
        self.stats.dropped[reason] += 1
        kind = "error" if reason == "error" else "input"
        if now is not None and now - self._logged_at.get(kind, float("-inf")) >= LOG_GAP_S:
            self._logged_at[kind] = now
            log.warning("! dropped", reason=reason, detail=detail[:200], dropped=sum(self.stats.dropped.values()), exc_info=wrong)
