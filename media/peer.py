"""One browser's transport: ICE + DTLS + SRTP (pure: datagrams and `now` in, datagrams out through `outgoing`).

OPEN (nothing proven) → CONNECTED (DTLS finished with the right certificate) → GONE (closed, silent or failed).
"""

from collections.abc import Callable
from enum import Enum
from typing import Literal

from media.address import Address, is_stream
from media.control import PeerId, RoomId
from media.dtls import NO_CERTIFICATE, DtlsTransport, Handshake, Identity, Role
from media.errors import Malformed
from media.ice_lite import IceLite
from media.packet_train import PACKETS, PacketTrain
from media.sdp import Description
from media.srtp import Receiver, Sender
from media.stun import Binding

SILENCE_S = 12.0
"""Consent checks come every 2.5 s and reports every second: 12 s without anything is gone."""
CONNECT_S = 30.0
"""From OpenPeer to a finished handshake."""
MAX_HANDSHAKES = 8
HANDSHAKE_TICK_S = 0.05
PROBE_S = 0.1
CONSENT_S = 5.0
"""Who changed its address during the handshake has so long to answer a check of ours."""
MAX_SSRCS = 48
"""Each costs libsrtp a stream; a browser with simulcast has about ten."""

Direction = Literal["publish", "view"]
GoneReason = Literal["closed", "silent", "failed"]
Outgoing = list[tuple[Address, bytes]]


class PeerState(Enum):
    OPEN = "open"
    CONNECTED = "connected"
    GONE = "gone"


class Peer:
    """The transport of one publisher or viewer."""

    def __init__(
        self, peer: PeerId, room: RoomId, owner: str, direction: Direction, identity: Identity, outgoing: Outgoing, now: float
    ) -> None:
        self.id = peer
        self.room = room
        self.owner = owner
        self.direction: Direction = direction
        self.ice = IceLite()
        self.state = PeerState.OPEN
        self.gone_reason: GoneReason = "closed"
        self.refused = ""
        """Why a handshake was refused, until somebody has counted it."""
        self.fingerprints: set[str] = set()
        """Certificates the SDP allows; empty until the answer came."""
        self.opened_at = now
        self.last_seen = now
        self.role: Role = "server"
        self.sender: Sender | None = None
        self.on_moved: Callable[[Address], None] | None = None
        """Called when the selected address changes while connected."""
        self._identity = identity
        self._outgoing = outgoing
        self._dtls = DtlsTransport(identity, self.role)
        self._handshakes = 1
        self._receiver: Receiver | None = None
        self._ssrcs: set[int] = set()
        self._consent_by: float | None = None
        """When it is gone unless it has answered a check of ours."""

    def agree(self, description: Description, *, is_server: bool) -> None:
        """Take what the SDP says: whose certificate, who begins, how its addresses can be asked."""
        self.fingerprints = description.fingerprints
        if description.ufrag and description.password:
            self.ice.remote = description.ufrag, description.password.encode()
        if not is_server and self.role == "server":
            self.role = "client"
            self._dtls = DtlsTransport(self._identity, "client")
            if self.ice.selected is not None:
                self._begin()

    def receive_stun(self, request: Binding, source: Address, now: float) -> tuple[bool, Address | None]:
        """Answer an authentic check: (True when it was, and `source` is therefore this peer's; an address forgotten for it)."""
        before = self.ice.selected
        learnt = self.ice.receive(request, source, now)
        if learnt is None:
            return False, None
        answer, forgotten = learnt
        self.last_seen = now
        self._outgoing.append((source, answer))
        if before is None and self.role == "client":
            self._begin()
        elif before != self.ice.selected and self.on_moved is not None and self.ice.selected is not None:
            self.on_moved(self.ice.selected)
        if source == self.ice.nominated or (self._consent_by is not None and source == self.ice.selected):
            self._ask(source, now)
        return True, forgotten

    def receive_answer(self, answer: Binding, source: Address, now: float) -> float | None:
        """Take the answer to a check of ours: how long it took; None when it is none."""
        before = self.ice.selected
        took_s = self.ice.receive_answer(answer, source, now)
        if took_s is None:
            return None
        self.last_seen = now
        if source == self.ice.selected:
            self._consent_by = None
        if before != self.ice.selected and self.on_moved is not None and self.ice.selected is not None:
            self.on_moved(self.ice.selected)
        return took_s

    def probe(self, now: float) -> float:
        """Ask the address media goes to, ten times a second at most; for how long it owes us two answers."""
        ice = self.ice
        if ice.selected is None or ice.nominated is not None or is_stream(ice.selected):
            return 0.0
        if now - ice.asked_at >= PROBE_S:
            self._ask(ice.selected, now)
        return ice.silent_s(now)

    def send_train(self, now: float) -> PacketTrain | None:
        """Ask what the line carries that media goes over; None: it cannot be asked."""
        checks = self.ice.train(PACKETS, now)
        if not checks or self.ice.selected is None:
            return None
        self._outgoing += [(self.ice.selected, check) for check in checks]
        return PacketTrain(len(checks[0]), now)

    def lose_address(self, address: Address) -> None:
        """A TCP connection of this peer ended: media goes to another proven address, or waits for the next check."""
        moved = self.ice.forget(address)
        if moved is not None and self.on_moved is not None:
            self.on_moved(moved)

    def receive_dtls(self, datagram: bytes, now: float) -> None:
        """Take a datagram from one of this peer's proven addresses. Watch `state` afterwards."""
        if self.state is PeerState.GONE or not self.fingerprints:
            return
        dtls = self._dtls
        dtls.receive(datagram)
        self._flush()
        self._after_handshake_step(now)

    def on_deadline(self, now: float) -> None:
        """Resend handshake flights, notice silence."""
        if self.state is PeerState.GONE:
            return
        if self.state is PeerState.OPEN:
            if self.fingerprints and self.ice.selected is not None:
                self._dtls.on_deadline()
                self._flush()
                self._after_handshake_step(now)
            if now - self.opened_at > CONNECT_S:
                self._go("failed")
        elif now - self.last_seen > SILENCE_S or (self._consent_by is not None and now > self._consent_by):
            self._go("silent")

    def unprotect(self, packet: bytes, now: float) -> bytes | None:
        """The RTP packet inside; None when it is not this peer's or from an SSRC too many."""
        receiver = self._receiver
        if receiver is None:
            return None
        ssrc = int.from_bytes(packet[8:12], "big")
        if ssrc not in self._ssrcs:
            if len(self._ssrcs) >= MAX_SSRCS:
                return None
            plain = receiver.unprotect(packet)
            if plain is not None:
                self._ssrcs.add(ssrc)
        else:
            plain = receiver.unprotect(packet)
        if plain is not None:
            self.last_seen = now
        return plain

    def unprotect_rtcp(self, packet: bytes, now: float) -> bytes | None:
        """The RTCP compound inside, or None."""
        receiver = self._receiver
        if receiver is None:
            return None
        ssrc = int.from_bytes(packet[4:8], "big")
        if ssrc not in self._ssrcs and len(self._ssrcs) >= MAX_SSRCS:
            return None
        plain = receiver.unprotect_rtcp(packet)
        if plain is not None:
            self._ssrcs.add(ssrc)
            self.last_seen = now
        return plain

    def send_rtcp(self, compound: bytes) -> None:
        """Encrypt and send, if there is a connection."""
        if self.sender is not None and self.ice.selected is not None:
            packet = self.sender.protect_rtcp(compound)
            if packet is not None:
                self._outgoing.append((self.ice.selected, packet))

    def send_rtp(self, packet: bytes) -> bool:
        """Encrypt and send one packet outside the batch (a retransmission); False when libsrtp refuses."""
        if self.sender is None or self.ice.selected is None:
            return False
        protected = self.sender.protect(packet)
        if protected is None:
            return False
        self._outgoing.append((self.ice.selected, protected))
        return True

    def close(self) -> None:
        """Say goodbye (DTLS close_notify) and be gone; twice is silent."""
        if self.state is PeerState.GONE:
            return
        self._dtls.close()
        self._flush()
        self._go("closed")

    def _begin(self) -> None:
        self._dtls.start()
        self._flush()

    def _after_handshake_step(self, now: float) -> None:
        dtls = self._dtls
        if dtls.state is Handshake.DONE and self.state is PeerState.OPEN:
            self._connect(now)
        elif dtls.state is Handshake.CLOSED:
            self._go("closed")
        elif dtls.state is Handshake.FAILED:
            self._retry("no certificate" if NO_CERTIFICATE in dtls.reason else "broken handshake")

    def _connect(self, now: float) -> None:
        try:
            established = self._dtls.established()
        except Malformed:
            self._retry("no common cipher")
            return
        if not self._trusts(established.fingerprint):
            self._retry("another certificate")
            return
        self._receiver = Receiver(established.keys)
        self.sender = Sender(established.keys)
        self.state = PeerState.CONNECTED
        self.last_seen = now
        ice = self.ice
        ice.asks = self.direction == "view"  # a publisher is sent nothing but reports
        if ice.asks and ice.moves > 1 and ice.remote is not None and ice.selected is not None and not is_stream(ice.selected):
            # The handshake proved one of its addresses, and which one is not known.
            self._consent_by = now + CONSENT_S
            self._ask(ice.selected, now)

    def _ask(self, address: Address, now: float) -> None:
        check = self.ice.check(address, now)
        if check is not None:
            self._outgoing.append((address, check))

    def _trusts(self, fingerprint: str) -> bool:
        """True for the certificate the SDP named: anybody may have made this handshake (RFC 8827 §6.5)."""
        return fingerprint in self.fingerprints

    def _retry(self, refused: str) -> None:
        """A failed handshake may be a forger's work: begin a fresh one on the same ICE session, but not for ever."""
        self.refused = refused
        if self._handshakes >= MAX_HANDSHAKES:
            self._go("failed")
            return
        self._handshakes += 1
        self._dtls = DtlsTransport(self._identity, self.role)
        if self.role == "client":
            self._begin()

    def _go(self, reason: GoneReason) -> None:
        self.state = PeerState.GONE
        self.gone_reason = reason
        self.sender = None
        self._receiver = None

    def _flush(self) -> None:
        address = self.ice.selected
        for datagram in self._dtls.drain():
            if address is not None:
                self._outgoing.append((address, datagram))
