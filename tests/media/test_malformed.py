"""Whatever a stranger sends, a parser raises Malformed or nothing."""

import contextlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp, rtp, sdp
from media.demux import kind_of
from media.dtls import DtlsTransport, Handshake
from media.errors import Malformed, Refused
from media.offers import TransportText, answer_player, answer_publisher, offer_viewer, read_viewer_answer
from media.stun import pack_request, parse_request
from tests.media.light import Lecture, LightPeer, shared_identity

TRANSPORT = TransportText("u", "p", "AA", [("127.0.0.1", 40000)])
STUN = pack_request(b"t" * 12, "ours:theirs", b"key", use_candidate=True)
FRAME = Lecture().frame(key=True)[0]
COMPOUND = rtcp.pack_receiver_report([(1, 2, 3, 4, 5, 6, 7)]) + rtcp.pack_nack(9, [1, 2, 40]) + rtcp.pack_remb(1_000_000, [1])
OFFER = LightPeer().publisher_offer()
many = settings(max_examples=400, deadline=None)


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """`original` with bytes replaced, cut off or appended."""
    data = bytearray(original)
    for _ in range(draw(st.integers(0, 6))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(data)))
    return bytes(data[:cut]) + draw(st.binary(max_size=40)) if draw(st.booleans()) else bytes(data)


@many
@given(st.one_of(st.binary(max_size=700), damaged(STUN)))
def test_stun(data: bytes) -> None:
    kind_of(data)
    with contextlib.suppress(Malformed):
        request = parse_request(data)
        assert request is None or not request.is_authentic(b"another key")


@many
@given(st.one_of(st.binary(max_size=300), damaged(FRAME)))
def test_rtp(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        start, end = rtp.payload_span(data)
        assert 12 <= start <= end <= len(data)
        rtp.read_extensions(data)
        for codec in ("vp8", "h264", "opus"):
            rtp.starts_keyframe(codec, data[start:end])
        if start < end:
            rtp.vp8_height(data[start:end])
        rtp.unwrap_rtx(data, start, end, 96, 1)


@many
@given(st.one_of(st.binary(max_size=300), damaged(COMPOUND)))
def test_rtcp(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        rtcp.parse(data)


@many
@given(st.one_of(st.text(max_size=500), damaged(OFFER.encode()).map(lambda b: b.decode("latin-1"))))
def test_sdp(text: str) -> None:
    with contextlib.suppress(Malformed, Refused):
        description = sdp.parse(text)
        with contextlib.suppress(Refused):
            read_viewer_answer(description)
        with contextlib.suppress(Refused):
            answer_player(description, TRANSPORT)
        answer_publisher(description, TRANSPORT, {})


@st.composite
def shuffled_lines(draw: st.DrawFn) -> str:
    lines = (OFFER + offer_viewer(TRANSPORT)).splitlines()
    chosen = draw(st.lists(st.sampled_from(lines), max_size=60))
    return "v=0\r\n" + "\r\n".join(chosen)


@many
@given(shuffled_lines())
def test_sdp_of_true_lines_in_false_order(text: str) -> None:
    with contextlib.suppress(Malformed, Refused):
        answer_publisher(sdp.parse(text), TRANSPORT, {})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.binary(min_size=1, max_size=200), damaged(bytes([22, 254, 253]) + bytes(22))), max_size=8))
def test_dtls_survives_junk_before_its_peer_speaks(datagrams: list[bytes]) -> None:
    server = DtlsTransport(shared_identity(), "server")
    for datagram in datagrams:
        server.receive(datagram)
        server.drain()
    assert server.state in (Handshake.RUNNING, Handshake.FAILED)


@pytest.mark.parametrize("size", [48_001, 5_000_000])
def test_a_huge_sdp_is_refused_by_its_length(size: int) -> None:
    with pytest.raises(Malformed, match="longer than 48,000 characters"):
        sdp.parse("v=0\r\n" + "a" * size)


def test_noise_is_no_request() -> None:
    for _ in range(1000):
        with contextlib.suppress(Malformed):
            assert parse_request(os.urandom(60)) is None
