"""Two pure peers meet under virtual time, over a network that loses and repeats."""

import random

import pytest

from media.address import Address, pack_sockaddr
from media.control import PeerId, RoomId
from media.dtls import DtlsTransport, Handshake
from media.ice_lite import MAX_VERIFIED, IceLite
from media.peer import CONNECT_S, MAX_SSRCS, SILENCE_S, Direction, Outgoing, Peer, PeerState
from media.sdp import Description
from media.srtp import Receiver, Sender, split_keys
from media.stun import pack_request, pack_success, parse_binding
from tests.media.light import Lecture, shared_identity


def address(port: int) -> Address:
    return 0, pack_sockaddr("192.0.2.1", port)


def make_peer(outgoing: Outgoing, direction: Direction = "publish") -> Peer:
    peer = Peer(PeerId("p"), RoomId("r"), "owner", direction, shared_identity(), outgoing, 0.0)
    peer.agree(Description(fingerprints={shared_identity().fingerprint}, ufrag="theirs", password="p" * 22), is_server=True)
    return peer


def check(peer: Peer, source: Address, now: float, *, use_candidate: bool = True, key: bytes | None = None) -> bool:
    request = parse_binding(pack_request(b"t" * 12, f"{peer.ice.ufrag}:x", key or peer.ice.password, use_candidate=use_candidate))
    assert request is not None
    return peer.receive_stun(request, source, now)[0]


class Client:
    """The browser's side."""

    def __init__(self) -> None:
        self.dtls = DtlsTransport(shared_identity(), "client")
        self.dtls.start()


def meet(peer: Peer, client: Client, outgoing: Outgoing, *, loss: float = 0.0, seed: int = 1) -> float:
    """Run the handshake under virtual time; how long it took."""
    chance = random.Random(seed)
    assert check(peer, address(1000), 0.0)
    outgoing.clear()
    now = 0.0
    while peer.state is not PeerState.CONNECTED or client.dtls.state is not Handshake.DONE:
        for datagram in client.dtls.drain():
            if chance.random() >= loss:
                peer.receive_dtls(datagram, now)
        for _, datagram in outgoing:
            if chance.random() >= loss:
                client.dtls.receive(datagram)
        outgoing.clear()
        now += 0.05
        peer.on_deadline(now)
        client.dtls.on_deadline()
        assert now < 25, peer.state
    return now


def test_a_handshake_takes_no_time_without_loss() -> None:
    outgoing: Outgoing = []
    assert meet(make_peer(outgoing), Client(), outgoing) < 0.4


def test_only_the_certificate_of_the_sdp_connects() -> None:
    outgoing: Outgoing = []
    peer = make_peer(outgoing)
    peer.fingerprints = {":".join(["00"] * 32)}
    with pytest.raises(AssertionError):
        meet(peer, Client(), outgoing)
    assert peer.state is not PeerState.CONNECTED


def test_addresses_move_only_by_authentic_checks_with_use_candidate() -> None:
    outgoing: Outgoing = []
    peer = make_peer(outgoing)
    meet(peer, Client(), outgoing)
    assert not check(peer, address(2000), 1.0, key=b"forged")
    assert peer.ice.selected == address(1000)
    assert check(peer, address(2000), 1.0, use_candidate=False)
    assert peer.ice.selected == address(1000)
    moved: list[Address] = []
    peer.on_moved = moved.append
    assert check(peer, address(2000), 1.0)
    assert peer.ice.selected == address(2000)
    assert moved == [address(2000)]


def answer(peer: Peer, outgoing: Outgoing, source: Address, now: float, *, key: bytes = b"p" * 22) -> float | None:
    """What the browser at `source` says to the last check of ours sent there."""
    asked = [check for at, datagram in outgoing if at == source and (check := parse_binding(datagram)) and not check.is_answer]
    assert asked[-1].username == f"theirs:{peer.ice.ufrag}"
    assert asked[-1].is_authentic(b"p" * 22)
    said = parse_binding(pack_success(asked[-1].transaction_id, ("192.0.2.9", 9), key))
    assert said is not None
    return peer.receive_answer(said, source, now)


def test_media_follows_a_viewer_only_to_an_address_that_answers_us() -> None:
    outgoing: Outgoing = []
    peer = make_peer(outgoing, "view")
    meet(peer, Client(), outgoing)
    moved: list[Address] = []
    peer.on_moved = moved.append
    now = 2.0
    for _ in range(100):  # a victim, named ever again
        now += 0.01
        assert check(peer, address(2000), now)
    assert peer.ice.selected == address(1000)
    requests = [datagram for at, datagram in outgoing if at == address(2000) and datagram[:2] == b"\x00\x01"]
    assert len(requests) <= 21, "we do not flood it with questions"
    assert answer(peer, outgoing, address(2000), now, key=b"q" * 22) is None
    assert not moved
    assert answer(peer, outgoing, address(2000), now + 0.03) == pytest.approx(0.03, abs=0.05)
    assert (peer.ice.selected, moved) == (address(2000), [address(2000)])
    assert answer(peer, outgoing, address(2000), now + 0.04) is None, "an answer counts once"


def test_who_moved_during_the_handshake_must_answer_or_is_gone() -> None:
    for answers in (True, False):
        outgoing: Outgoing = []
        peer = make_peer(outgoing, "view")
        assert check(peer, address(2000), 0.0)
        now = meet(peer, Client(), outgoing)
        assert check(peer, address(1000), now + 1.0), "every check is a reason to ask again"
        if answers:
            assert answer(peer, outgoing, address(1000), now + 1.1) is not None
        for second in range(2, 7):
            assert check(peer, address(1000), now + second)
            peer.on_deadline(now + second)
        assert peer.state is (PeerState.CONNECTED if answers else PeerState.GONE)


def test_the_table_of_proven_addresses_is_bounded_and_keeps_the_selected_one() -> None:
    ice = IceLite()
    for port in range(100):
        request = parse_binding(pack_request(b"t" * 12, f"{ice.ufrag}:x", ice.password, use_candidate=port == 0))
        assert request is not None
        ice.receive(request, address(port), float(port))
    assert len(ice.verified) == MAX_VERIFIED
    assert ice.selected == address(0)
    assert address(0) in ice.verified


def test_an_answer_is_never_longer_than_its_request() -> None:
    outgoing: Outgoing = []
    peer = make_peer(outgoing)
    check(peer, address(1), 0.0)
    request = pack_request(b"t" * 12, f"{peer.ice.ufrag}:x", peer.ice.password, use_candidate=True)
    assert len(outgoing[0][1]) <= len(request)


def test_a_peer_that_never_connects_has_failed_and_a_silent_one_is_silent() -> None:
    outgoing: Outgoing = []
    late = make_peer(outgoing)
    late.on_deadline(CONNECT_S + 1)
    assert (late.state, late.gone_reason) == (PeerState.GONE, "failed")
    peer = make_peer(outgoing)
    meet(peer, Client(), outgoing)
    peer.on_deadline(peer.last_seen + SILENCE_S + 0.1)
    assert (peer.state, peer.gone_reason) == (PeerState.GONE, "silent")


def test_goodbye_is_heard_at_once_and_forged_goodbyes_are_not() -> None:
    outgoing: Outgoing = []
    peer, client = make_peer(outgoing), Client()
    meet(peer, client, outgoing)
    peer.receive_dtls(bytes.fromhex("15fefd000000000000000500020100"), 1.0)
    peer.receive_dtls(bytes.fromhex("15fefd0001000000000005001a") + bytes(26), 1.0)
    assert peer.state is PeerState.CONNECTED
    client.dtls.close()
    for datagram in client.dtls.drain():
        peer.receive_dtls(datagram, 1.0)
    assert (peer.state, peer.gone_reason) == (PeerState.GONE, "closed")


def test_a_member_cannot_make_us_keep_a_stream_per_packet() -> None:
    outgoing: Outgoing = []
    peer, client = make_peer(outgoing), Client()
    meet(peer, client, outgoing)
    sender = Sender(client.dtls.established().keys)
    packet = Lecture().sound()
    accepted = 0
    for ssrc in range(500):
        protected = sender.protect(packet[:8] + ssrc.to_bytes(4, "big") + packet[12:])
        assert protected is not None
        accepted += peer.unprotect(protected, 1.0) is not None
    assert accepted == MAX_SSRCS


def test_nothing_is_decrypted_twice() -> None:
    material = bytes(range(56))
    ours = split_keys(material, b"SRTP_AEAD_AES_128_GCM", is_server=True)
    theirs = split_keys(material, b"SRTP_AEAD_AES_128_GCM", is_server=False)
    assert ours.sending == theirs.receiving
    protected = Sender(ours).protect(Lecture().sound())
    assert protected is not None
    receiver = Receiver(theirs)
    assert receiver.unprotect(protected) is not None
    assert receiver.unprotect(protected) is None
