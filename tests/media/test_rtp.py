"""RTP packets against aiortc's, and where key frames begin."""

import struct

import pytest
from aiortc.rtp import RtpPacket

from media import rtp
from tests.media.light import Lecture


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
