"""TCP without a socket: framing, the bounded queue, the door, and what the SDP and ICE say of it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import sdp
from media.address import STREAMS, Address, pack_sockaddr
from media.backlog import HOLD_AFTER_S, HOLD_BYTES, MAX_BYTES, STALLED_S, Backlog
from media.door import MAX_NEW_PER_SOURCE, MAX_UNVERIFIED, MAX_UNVERIFIED_PER_SOURCE, UNVERIFIED_S, WINDOW_S, Door
from media.errors import Malformed
from media.framing import MAX_FRAME_BYTES, Deframer, pack_frames
from media.ice_lite import IceLite
from media.offers import TransportText, answer_publisher
from media.stun import Binding, pack_request, parse_binding


def at(ip: str, port: int) -> Address:
    return (STREAMS, pack_sockaddr(ip, port))


# -- framing ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=300), max_size=12), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_packets_come_out_as_they_went_in_however_the_stream_is_cut(packets: list[bytes], sizes: list[int]) -> None:
    stream, deframer, found = pack_frames(packets), Deframer(), []
    position, pieces = 0, itertools.cycle(sizes)
    while position < len(stream):
        size = next(pieces)
        found += deframer.receive(stream[position : position + size])
        position += size
    assert found == packets
    assert not deframer.is_unfinished


def test_a_frame_longer_than_a_datagram_ends_the_stream() -> None:
    assert Deframer().receive(pack_frames([bytes(MAX_FRAME_BYTES)])) == [bytes(MAX_FRAME_BYTES)]
    with pytest.raises(Malformed, match="longer than 2048"):
        Deframer().receive((MAX_FRAME_BYTES + 1).to_bytes(2, "big"))


# -- the queue --------------------------------------------------------------------------------------------------------


def test_pictures_stop_when_bytes_grow_old_and_come_back_when_none_waits() -> None:
    backlog = Backlog()
    assert backlog.review(0.0) is None
    backlog.offer(bytes(1000), 0.0)
    assert backlog.review(HOLD_AFTER_S - 0.1) is None
    assert backlog.review(HOLD_AFTER_S + 0.1) is True
    assert backlog.review(HOLD_AFTER_S + 0.2) is None
    backlog.took(600, 1.0)
    assert backlog.line_bps(1.0) == 600 * 8
    assert backlog.review(1.0) is None
    backlog.took(400, 1.1)
    assert backlog.review(1.1) is False
    assert not backlog.is_held


def test_a_burst_too_large_for_any_line_stops_pictures_at_once() -> None:
    backlog = Backlog()
    backlog.offer(bytes(HOLD_BYTES + 1), 0.0)
    assert backlog.review(0.0) is True


def test_the_queue_is_bounded_and_a_line_that_takes_nothing_is_dead() -> None:
    backlog = Backlog()
    while backlog.offer(bytes(10_000), 0.0):
        pass
    assert MAX_BYTES - 10_000 < backlog.waiting_bytes <= MAX_BYTES
    assert not backlog.is_stalled(STALLED_S)
    assert backlog.is_stalled(STALLED_S + 0.1)
    backlog.took(1, STALLED_S + 0.2)
    assert not backlog.is_stalled(STALLED_S + 0.3)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 7000)), max_size=60))
def test_no_byte_is_lost_or_sent_twice(steps: list[tuple[int, int]]) -> None:
    backlog, went_in, came_out, clock = Backlog(), b"", b"", 0.0
    for size, taken in steps:
        clock += 0.01
        data = bytes(range(256)) * (size // 256) + bytes(size % 256)
        if backlog.offer(data, clock):
            went_in += data
        chunk = backlog.next_chunk()
        if chunk is not None:
            count = min(taken, len(chunk))
            came_out += bytes(chunk[:count])
            backlog.took(count, clock)
    while (chunk := backlog.next_chunk()) is not None:
        came_out += bytes(chunk)
        backlog.took(len(chunk), clock)
    assert came_out == went_in
    assert backlog.waiting_bytes == 0


# -- the door ---------------------------------------------------------------------------------------------------------


def test_strangers_of_one_source_push_each_other_out_and_nobody_else() -> None:
    door = Door(1000)
    other = at("10.0.0.2", 1)
    assert door.enter(other, 0.0) == (True, None)
    for port in range(1, MAX_UNVERIFIED_PER_SOURCE + 1):
        assert door.enter(at("10.0.0.1", port), 0.0) == (True, None)
    assert door.enter(at("10.0.0.1", 5000), 0.1) == (True, at("10.0.0.1", 1))
    assert len(door) == MAX_UNVERIFIED_PER_SOURCE + 1
    assert other in door.expired(UNVERIFIED_S + 0.1)


def test_whoever_proved_itself_is_not_pushed_out_and_does_not_expire() -> None:
    door = Door(1000)
    door.enter(at("10.0.0.1", 1), 0.0)
    door.verify(at("10.0.0.1", 1))
    for n in range(2 * MAX_UNVERIFIED):
        may_stay, evicted = door.enter(at(f"10.1.{n // 100}.{n % 100}", 7), 1.0)
        assert may_stay
        assert evicted != at("10.0.0.1", 1)
    assert len(door) == MAX_UNVERIFIED + 1
    assert at("10.0.0.1", 1) not in door.expired(100.0)
    assert len(door.expired(100.0)) == MAX_UNVERIFIED


def test_a_full_house_takes_nobody_and_a_hasty_source_waits_for_the_next_window() -> None:
    door = Door(2)
    for port in (1, 2):
        door.enter(at("10.0.0.1", port), 0.0)
        door.verify(at("10.0.0.1", port))
    assert door.enter(at("10.0.0.9", 1), 0.0) == (False, None)
    door.leave(at("10.0.0.1", 1))
    assert door.enter(at("10.0.0.9", 1), 0.0) == (True, None)
    hasty = Door(1000)
    for n in range(MAX_NEW_PER_SOURCE):
        hasty.enter(at("10.0.0.1", n + 1), 0.0)
        hasty.leave(at("10.0.0.1", n + 1))
    assert hasty.enter(at("10.0.0.1", 7), 0.1) == (False, None)
    assert hasty.enter(at("10.0.0.1", 7), WINDOW_S) == (True, None)


def test_an_ipv6_source_is_its_network_of_64_bits() -> None:
    door = Door(1000)
    for n in range(MAX_UNVERIFIED_PER_SOURCE):
        door.enter(at(f"2001:db8::{n + 1:x}", 9), 0.0)
    assert door.enter(at("2001:db8::ffff", 9), 0.0) == (True, at("2001:db8::1", 9))


# -- ICE and SDP ------------------------------------------------------------------------------------------------------


def check(ice: IceLite, source: Address, *, use_candidate: bool) -> None:
    request = parse_binding(pack_request(bytes(12), f"{ice.ufrag}:x", ice.password, use_candidate=use_candidate))
    assert isinstance(request, Binding)
    assert ice.receive(request, source, 0.0) is not None


def test_when_a_connection_ends_media_moves_to_what_is_proven_or_waits_for_the_next_check() -> None:
    ice, udp = IceLite(), (0, pack_sockaddr("10.0.0.1", 9))
    check(ice, udp, use_candidate=False)
    check(ice, at("10.0.0.1", 1), use_candidate=True)
    assert ice.forget(at("10.0.0.1", 1)) == udp
    check(ice, at("10.0.0.1", 2), use_candidate=True)
    ice.verified.pop(udp)
    assert ice.forget(at("10.0.0.1", 2)) is None
    check(ice, at("10.0.0.1", 3), use_candidate=False)
    assert ice.selected == at("10.0.0.1", 3)


def test_every_address_is_offered_over_udp_first_and_behind_all_of_them_over_tcp() -> None:
    lines = TransportText("u", "p", "F", [("10.0.0.1", 40000), ("10.0.0.2", 40000)]).lines("actpass")
    candidates = [line.split() for line in lines if line.startswith("a=candidate:")]
    assert [(c[2], c[4]) for c in candidates] == [
        ("udp", "10.0.0.1"),
        ("udp", "10.0.0.2"),
        ("tcp", "10.0.0.1"),
        ("tcp", "10.0.0.2"),
    ]
    assert sorted((int(c[3]) for c in candidates), reverse=True) == [int(c[3]) for c in candidates]
    assert all(c[-2:] == ["tcptype", "passive"] for c in candidates[2:])
    assert len({c[0] for c in candidates}) == 4, "foundations differ"


FIREFOX = """v=0
o=mozilla 1 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 {digest}
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 109
a=ice-ufrag:x
a=ice-pwd:y
a=mid:0
a=sendonly
a=setup:actpass
a=rtpmap:109 opus/48000/2
m=video 0 UDP/TLS/RTP/SAVPF 120
a=bundle-only
a=mid:1
a=sendonly
a=setup:actpass
a=rtpmap:120 VP8/90000
m=video 0 UDP/TLS/RTP/SAVPF 120
a=mid:2
a=sendonly
a=rtpmap:120 VP8/90000
"""


def test_firefox_m_lines_that_are_bundle_only_are_taken_and_rejected_ones_are_not() -> None:
    offer = sdp.parse(FIREFOX.format(digest=":".join(["AB"] * 32)))
    agreement = answer_publisher(offer, TransportText("u", "p", "F", [("10.0.0.1", 40000)]), {})
    assert [section.mid for section in agreement.incoming] == ["0", "1"]
    assert "a=group:BUNDLE 0 1\r\n" in agreement.answer
    assert "m=video 0 UDP/TLS/RTP/SAVPF 120\r\nc=IN IP4 0.0.0.0\r\na=mid:2" in agreement.answer
