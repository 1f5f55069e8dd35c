"""serial, clock, demux, stun, rtp, rtcp, sdp: bytes → parse → fields, held against aiortc's and aioice's codecs."""

import struct

import pytest
from aioice import stun as aioice_stun
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from media import offers, rtcp, rtp, sdp, slots, stun
from media.address import pack_sockaddr, unpack_sockaddr
from media.clock import PublisherClock, pack_ntp_64, unpack_ntp_64
from media.demux import Kind, kind_of
from media.errors import Malformed, Refused
from media.serial import distance_16, distance_32, unwrap_16, unwrap_32
from tests.media.light import Lecture, LightPeer

TRANSPORT = offers.TransportText("ufrag", "password", ":".join(["AB"] * 32), [("127.0.0.1", 40000), ("10.0.0.1", 40000)])


@given(st.integers(0, 1 << 40), st.integers(-32000, 32000))
def test_unwrapping_finds_the_nearest_number(near: int, step: int) -> None:
    assert unwrap_16((near + step) & 0xFFFF, near) == near + step
    assert unwrap_32((near + step * 1000) & 0xFFFFFFFF, near) == near + step * 1000
    assert distance_16((near + step) & 0xFFFF, near & 0xFFFF) == step
    assert distance_32((near + step) & 0xFFFFFFFF, near & 0xFFFFFFFF) == step


def test_ntp_times_come_back() -> None:
    assert unpack_ntp_64(pack_ntp_64(1_800_000_000.25)) == pytest.approx(1_800_000_000.25, abs=1e-6)


def test_a_publishers_sound_and_picture_keep_their_distance_whatever_its_clock_says() -> None:
    clock = PublisherClock()
    clock.to_monotonic(pack_ntp_64(500.0), 10.0)
    first = clock.to_monotonic(pack_ntp_64(501.0), 11.02)
    second = clock.to_monotonic(pack_ntp_64(501.04), 11.09)
    assert second - first == pytest.approx(0.04, abs=1e-6)
    assert first == pytest.approx(11.0, abs=1e-6)


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        (b"", Kind.OTHER),
        (b"\x16", Kind.OTHER),
        (b"\x00\x01", Kind.STUN),
        (b"\x16\xfe", Kind.DTLS),
        (b"\x80\x60", Kind.RTP),
        (b"\x80\xc8", Kind.RTCP),
        (b"\xff\xff", Kind.OTHER),
        (b"\x40\x00", Kind.OTHER),
    ],
)
def test_the_first_byte_tells_the_protocol(datagram: bytes, kind: Kind) -> None:
    assert kind_of(datagram) is kind


@pytest.mark.parametrize(("ip", "size"), [("192.0.2.7", 16), ("2001:db8::7", 28)])
def test_addresses_come_back(ip: str, size: int) -> None:
    assert len(pack_sockaddr(ip, 40000)) == size
    assert unpack_sockaddr(pack_sockaddr(ip, 40000)) == (ip, 40000)


# -- STUN -------------------------------------------------------------------------------------------------------------


def test_aioice_understands_our_answer_and_we_its_request() -> None:
    asked = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
    asked.attributes["USERNAME"] = "ours:theirs"
    asked.attributes["PRIORITY"] = 1
    asked.attributes["USE-CANDIDATE"] = None
    asked.add_message_integrity(b"key")
    request = stun.parse_binding(bytes(asked))
    assert request is not None
    assert request.local_ufrag == "ours"
    assert request.use_candidate
    assert request.is_authentic(b"key")
    assert not request.is_authentic(b"other")
    answer = stun.pack_success(request.transaction_id, ("192.0.2.1", 1234), b"key")
    assert len(answer) <= len(bytes(asked))
    parsed = aioice_stun.parse_message(answer)
    assert parsed.check_message_integrity(b"key")
    assert parsed.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 1234)


def test_a_request_without_integrity_is_never_authentic() -> None:
    naked = struct.pack("!HHI12sHH4s", 1, 8, stun.MAGIC_COOKIE, b"t" * 12, stun.USERNAME, 4, b"ours")
    request = stun.parse_binding(naked)
    assert request is not None
    assert not request.is_authentic(b"")


def test_what_follows_the_integrity_is_ignored() -> None:
    sealed = stun.pack_request(b"t" * 12, "ours:theirs", b"key", use_candidate=False)[:-8]
    smuggled = sealed + struct.pack("!HH", stun.USE_CANDIDATE, 0)
    smuggled = smuggled[:2] + struct.pack("!H", len(smuggled) - 20) + smuggled[4:]
    request = stun.parse_binding(smuggled)
    assert request is not None
    assert request.is_authentic(b"key")
    assert not request.use_candidate


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\0\1" + bytes(10), "STUN message length is less than 20 bytes"),
        (b"\0\1\0\0" + bytes(16), "STUN magic cookie is wrong"),
        (b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12), "STUN message length does not match the datagram"),
        (b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12) + b"\0\6\0\x09", "STUN attribute is truncated"),
        (bytes(2) + bytes(600), "STUN message is longer than 548 bytes"),
    ],
)
def test_broken_stun_is_told_what_is_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        stun.parse_binding(data)
    assert str(wrong.value) == sentence


# -- RTP --------------------------------------------------------------------------------------------------------------


def test_rtp_fields_are_those_aiortc_reads() -> None:
    for packet in [*Lecture().frame(key=True), Lecture().sound()]:
        start, end = rtp.payload_span(packet)
        assert packet[start:end] == RtpPacket.parse(packet).payload


def test_padding_is_no_payload() -> None:
    packet = struct.pack("!BBHII", 0xA0, 96, 1, 2, 3) + b"abc" + b"\0\0\x03"
    assert rtp.payload_span(packet) == (12, 15)


def test_both_forms_of_header_extensions_are_read() -> None:
    one = struct.pack("!BBHIIHH", 0x90, 96, 1, 2, 3, 0xBEDE, 2) + b"\x40a\x31bc\0\0\0"
    two = struct.pack("!BBHIIHH", 0x90, 96, 1, 2, 3, 0x1000, 2) + b"\x04\x01a\x03\x02bc\0"
    assert rtp.read_extensions(one) == rtp.read_extensions(two) == {4: b"a", 3: b"bc"}


def test_a_retransmission_becomes_the_packet_it_repairs() -> None:
    original = struct.pack("!BBHII", 0x80, 96 | 0x80, 777, 5555, 1) + b"payload"
    repair = struct.pack("!BBHII", 0x80, 97 | 0x80, 9, 5555, 2) + struct.pack("!H", 777) + b"payload"
    assert rtp.unwrap_rtx(repair, 12, len(repair), 96, 1) == original
    assert rtp.unwrap_rtx(repair[:12], 12, 12, 96, 1) is None


@pytest.mark.parametrize(
    ("codec", "payload", "is_key"),
    [
        ("vp8", b"\x10\x00\x00\x00", True),
        ("vp8", b"\x10\x01\x00\x00", False),
        ("vp8", b"\x00\x00\x00\x00", False),
        ("vp8", b"\x90\x80\x01\x00\x00", True),
        ("vp8", b"\x90\xe0\x81\x02\x03\x40\x00", True),
        ("h264", b"\x65\x88", True),
        ("h264", b"\x67\x42", True),
        ("h264", b"\x61\x88", False),
        ("h264", b"\x18\x00\x0a\x67\x42", True),
        ("h264", b"\x7c\x85\x88", True),
        ("h264", b"\x7c\x05\x88", False),
        ("h264", b"\x7c\x81\x88", False),
        ("vp8", b"", False),
    ],
)
def test_where_key_frames_begin(codec: str, payload: bytes, is_key: bool) -> None:
    assert rtp.starts_keyframe(codec, payload) is is_key


def test_a_vp8_key_frame_tells_its_height() -> None:
    packet = Lecture().frame(key=True)[0]
    start, end = rtp.payload_span(packet)
    assert rtp.vp8_height(packet[start:end]) == 720


# -- RTCP -------------------------------------------------------------------------------------------------------------


def test_we_read_what_aiortc_writes() -> None:
    block = RtcpReceiverInfo(7, 64, -3, 70000, 5, 9, 65536)
    compound = bytes(RtcpRrPacket(1, [block]))
    compound += bytes(RtcpSrPacket(2, RtcpSenderInfo(1 << 40, 5, 6, 7)))
    compound += bytes(RtcpRtpfbPacket(1, 1, 7, [65530, 65531, 65540]))
    compound += bytes(RtcpPsfbPacket(1, 1, 7)) + bytes(RtcpPsfbPacket(15, 1, 0, pack_remb_fci(1_234_567, [7])))
    reports = rtcp.parse(compound)
    assert reports[0] == rtcp.ReceiverReport(7, 0.25, 70000, 9, 1.0)
    assert reports[1] == rtcp.SenderReport(2, 1 << 40, 5)
    assert reports[2] == rtcp.Nack(7, [65530, 65531, 4])
    assert reports[3] == rtcp.KeyframeRequest(7)
    assert isinstance(reports[4], rtcp.Remb)
    assert reports[4].bitrate_bps == pytest.approx(1_234_567, rel=1e-4)


def test_aiortc_reads_what_we_write() -> None:
    written = rtcp.pack_receiver_report([(7, 64, 3, 70000, 5, 9, 65536)])
    written += rtcp.pack_nack(7, [65535, 0, 40]) + rtcp.pack_pli(7) + rtcp.pack_remb(8_000_000, [7, 8])
    written += rtcp.pack_sender_report(5, 1 << 40, 6, 7, 8, b"class")
    report, nack, pli, remb, sender, _ = RtcpPacket.parse(written)
    assert report.reports[0] == RtcpReceiverInfo(7, 64, 3, 70000, 5, 9, 65536)
    assert [n & 0xFFFF for n in nack.lost] == [65535, 0, 40]
    assert (pli.fmt, pli.media_ssrc) == (1, 7)
    assert unpack_remb_fci(remb.fci)[1] == [7, 8]
    assert unpack_remb_fci(remb.fci)[0] == pytest.approx(8_000_000, rel=1e-4)
    assert sender.sender_info == RtcpSenderInfo(1 << 40, 6, 7, 8)


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=60))
def test_nacks_come_back(numbers: set[int]) -> None:
    ordered = [n & 0xFFFF for n in sorted(n + 64_000 for n in numbers)]
    [nack] = rtcp.parse(rtcp.pack_nack(1, ordered))
    assert isinstance(nack, rtcp.Nack)
    assert nack.sequences == ordered


def test_transport_feedback_names_every_arrival() -> None:
    packet = rtcp.pack_transport_feedback(9, [(100, 64_000), (101, 64_500), (105, 200_000)], 3)
    assert len(packet) % 4 == 0
    base, count, reference = struct.unpack_from("!HHI", packet, 12)
    assert (base, count, reference >> 8, reference & 255) == (100, 6, 1, 3)
    chunk = int.from_bytes(packet[20:22], "big")
    assert [chunk >> (12 - 2 * k) & 3 for k in range(7)] == [1, 1, 0, 0, 0, 2, 0]
    assert packet[22:24] == b"\x00\x02"
    assert struct.unpack_from("!h", packet, 24)[0] == (200_000 - 64_500) // 250


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x80\xc9\x00", "RTCP packet length is less than 4 bytes"),
        (b"\x40\xc9\x00\x00", "RTCP packet has invalid version"),
        (b"\x80\xc9\x00\x05", "RTCP packet is truncated"),
        (b"\x81\xc9\x00\x01\0\0\0\1", "RTCP report block is truncated"),
        (b"\x80\xc8\x00\x01\0\0\0\1", "RTCP sender report is truncated"),
        (b"\x81\xce\x00\x01\0\0\0\1", "RTCP payload feedback is truncated"),
        (b"\x80\xcb\x00\x00" * 65, "RTCP compound has too many packets"),
    ],
)
def test_broken_rtcp_is_told_what_is_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        rtcp.parse(data)
    assert str(wrong.value) == sentence


# -- SDP --------------------------------------------------------------------------------------------------------------

SIMULCAST = (
    LightPeer()
    .publisher_offer()
    .replace(
        "a=mid:0\r\n",
        f"a=mid:0\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\na=extmap:10/sendonly {sdp.RID}\r\n"
        f"a=extmap:11 {sdp.REPAIRED_RID}\r\na=extmap:12 {sdp.DEPENDENCY_DESCRIPTOR}\r\n",
    )
)


def test_a_simulcast_offer_is_taken_with_all_its_layers() -> None:
    agreement = offers.answer_publisher(sdp.parse(SIMULCAST), TRANSPORT, {"0": "screen"})
    assert agreement.is_dtls_server
    video, audio = agreement.incoming
    assert (video.source, video.rids, video.repair_payload_type) == ("screen", ["q", "h", "f"], 97)
    assert (audio.source, audio.codec.name) == ("microphone", "opus")
    assert "a=simulcast:recv q;h;f" in agreement.answer
    assert "a=setup:passive" in agreement.answer
    assert f"a=extmap:12 {sdp.DEPENDENCY_DESCRIPTOR}" in agreement.answer
    assert len(SessionDescription.parse(agreement.answer).media) == 2


def test_without_transport_feedback_a_publisher_is_offered_remb_and_never_both() -> None:
    plain = offers.answer_publisher(sdp.parse(SIMULCAST), TRANSPORT, {}).answer
    assert "goog-remb" in plain
    assert "transport-cc" not in plain
    modern = SIMULCAST.replace(
        "a=rtcp-fb:96 nack\r\n", f"a=rtcp-fb:96 nack\r\na=rtcp-fb:96 transport-cc\r\na=extmap:3 {sdp.TRANSPORT_CC}\r\n"
    )
    both = offers.answer_publisher(sdp.parse(modern), TRANSPORT, {}).answer
    video = both[: both.index("m=audio")]
    assert "a=rtcp-fb:96 transport-cc" in video
    assert "goog-remb" not in video


def test_the_nearest_address_goes_first_and_every_viewer_gets_the_same_slots() -> None:
    text = offers.offer_viewer(TRANSPORT)
    parsed = SessionDescription.parse(text)
    assert len(parsed.media) == len(slots.OFFERED) == 13
    assert [c.ip for c in parsed.media[0].ice_candidates if c.protocol == "udp"] == ["127.0.0.1", "10.0.0.1"]
    assert [codec.mimeType for codec in parsed.media[0].rtp.codecs] == ["video/VP8", "video/H264", "video/VP9", "video/AV1"]
    assert len({m.ssrc[0].ssrc for m in parsed.media}) == 13


def test_a_viewer_without_h264_is_known_to_be_without() -> None:
    answer = LightPeer().viewer_answer(offers.offer_viewer(TRANSPORT))
    answer = answer.replace("a=rtpmap:102 H264/90000\r\n", "")
    accepted = offers.read_viewer_answer(sdp.parse(answer))
    assert accepted[0].payload_types == {"vp8": 96, "vp9": 98, "av1": 100}
    assert accepted[-1].payload_types == {"opus": 111}


def test_a_viewer_must_begin_the_handshake() -> None:
    answer = LightPeer().viewer_answer(offers.offer_viewer(TRANSPORT)).replace("setup:active", "setup:passive")
    with pytest.raises(Refused) as refused:
        offers.read_viewer_answer(sdp.parse(answer))
    assert refused.value.code == "bad-sdp"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "SDP does not begin with v=0"),
        ("v=0\nm=video 9", "SDP m-line has fewer than four fields"),
        ("v=0\na=fingerprint:sha-256 AB", "SDP fingerprint is not a sha-256 digest"),
        ("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 999", "SDP payload type is not a number up to 127"),
        ("v=0\nm=video 99999 UDP/TLS/RTP/SAVPF 96", "SDP port is not a number up to 65535"),
        ("v=0\na=setup:holdconn", "SDP setup is not understood"),
        ("v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 33, "SDP has too many m-lines"),
        ("v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n" * 2, "SDP repeats a mid"),
    ],
)
def test_broken_sdp_is_told_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        sdp.parse(text)
    assert str(wrong.value) == sentence
