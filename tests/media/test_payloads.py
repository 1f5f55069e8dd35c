"""Which payloads are passed on, and why others are not; pure."""

import pytest

from media import payloads
from media.payloads import DESCRIPTOR, EMPTY, FRAME_HEADER, OVERSIZE
from tests.media.light import Lecture
from tests.media.test_rarer_codecs import VP9_KEY

KEY = b"\x10\x02\x00\x9d\x01\x2a\0\5\xd0\2"


@pytest.mark.parametrize(
    ("codec", "payload", "reason"),
    [
        ("vp8", b"\x10" + KEY, None),
        ("vp8", b"\x10\x11", None),  # a frame that needs others, cut after its first byte
        ("vp8", b"\x00\xff", None),  # goes on with a frame: any bytes do
        ("vp8", b"\x11\x00", None),  # a later partition begins: no frame header
        ("vp8", b"\x90\xe0\x81\x02\x05\x20" + KEY, None),  # 15-bit picture number, TL0PICIDX, temporal layer
        ("vp8", b"\x90\x10\x20" + KEY, None),
        ("vp8", b"\x58" + KEY, None),  # reserved bits are ignored
        ("vp8", b"\x10", DESCRIPTOR),
        ("vp8", b"\x90", DESCRIPTOR),
        ("vp8", b"\x90\x80", DESCRIPTOR),
        ("vp8", b"\x90\xf0\x81\x02\x05\x20", DESCRIPTOR),
        ("vp8", b"\x10" + KEY[:9], FRAME_HEADER),
        ("vp8", b"\x10" + KEY[:3] + b"\x9d\x01\x2b" + KEY[6:], FRAME_HEADER),
        ("vp8", b"\x10\x09" + KEY[1:], FRAME_HEADER),  # version 4
        ("h264", b"\x65\x88\x84", None),
        ("h264", b"\x09\xf0", None),
        ("h264", b"\x0b", None),  # the stream ends: nothing but its head
        ("h264", b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", None),
        ("h264", b"\x7c\x85\x88", None),
        ("h264", b"\x7c\xc5\x88", None),  # begins and ends a fragment: forbidden, and harmless
        ("h264", b"\xe5\x88\x84", DESCRIPTOR),  # its forbidden bit
        ("h264", b"\x7c\x85", DESCRIPTOR),
        ("h264", b"\x78", DESCRIPTOR),
        ("h264", b"\x78\x00\x00", DESCRIPTOR),
        ("h264", b"\x78\x00\x09\x67\x42", DESCRIPTOR),
        ("h264", b"\x78\x00\x02\x67\x42\x00", DESCRIPTOR),
        ("h264", b"\x78" + b"\0\1\x67" * 200, DESCRIPTOR),
        ("h264", b"\x60\x00", DESCRIPTOR),
        ("h264", b"\x7d\x85\x00\x00\x00", DESCRIPTOR),  # FU-B: only in a mode nobody negotiated
        ("h264", b"\x65", FRAME_HEADER),
        ("vp9", b"\x08" + VP9_KEY, None),
        ("vp9", b"\x8c\x05video", None),
        ("vp9", b"\x8c", DESCRIPTOR),
        ("vp9", b"\x08", DESCRIPTOR),
        ("vp9", b"\xf0\x05\x40\x03\x03\x03\x03", DESCRIPTOR),
        ("av1", b"\x18\x0a\x0b", None),
        ("av1", b"\x28\x02\x08\x00\x30", None),
        ("av1", b"\x00\x02\x08\x00", None),  # not counted: each has its length
        ("av1", b"\x90\x30", None),  # goes on from the packet before
        ("av1", b"\x18", DESCRIPTOR),
        ("av1", b"\x98\x0a", DESCRIPTOR),
        ("av1", b"\x28\x05\x08\x00", DESCRIPTOR),
        ("av1", b"\x28\x02\x08\x00", DESCRIPTOR),  # two are counted, one is there
        ("av1", b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff", DESCRIPTOR),
        ("av1", b"\x00" + b"\0" * 300, DESCRIPTOR),
        ("opus", b"\xfc", None),
    ],
)
def test_what_no_receiver_could_use_has_a_reason(codec: str, payload: bytes, reason: str | None) -> None:
    assert payloads.fault(codec, payload, is_padded=False) == reason


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1", "opus"])
def test_a_probe_is_no_garbage_and_an_empty_or_oversize_packet_is(codec: str) -> None:
    assert payloads.fault(codec, b"", is_padded=True) is None
    assert payloads.fault(codec, b"", is_padded=False) == EMPTY
    assert payloads.fault(codec, bytes(1441), is_padded=False) == OVERSIZE


def test_emptied_keeps_header_and_extensions_and_no_padding() -> None:
    packet = Lecture().frame(key=True)[0]
    padded = bytes((packet[0] | 0x20,)) + packet[1:] + b"\0\0\3"
    assert payloads.emptied(padded, 20) == packet[:20]
