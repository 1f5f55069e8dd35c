"""Can this payload be video of the codec agreed on? Looked at once per incoming packet, as far as its first bytes tell; pure.

Only what a receiver could do nothing with is a fault: RFC 7741, RFC 6184, RFC 9628 and the AV1 RTP specification (§4.4) tell
what a descriptor is. Reserved bits are not looked at, because receivers must ignore them. Whether the compressed bits behind it
mean anything only a decoder could say, and we have none.
"""

from collections.abc import Callable
from typing import Final

from media import rtp, vp9
from media.errors import Malformed

DESCRIPTOR: Final = "broken descriptor"
"""It is longer than the packet, or what it says cannot be."""
FRAME_HEADER: Final = "broken frame header"
"""A frame begins here and its first bytes are not those of one."""
EMPTY: Final = "empty payload"
OVERSIZE: Final = "oversize payload"

MAX_PAYLOAD_BYTES = 1440
"""What fits an Ethernet frame with our header, the cipher's tag, UDP and IP; browsers and encoders stay at 1200."""
MAX_ELEMENTS = 128
"""Parts of one packet: encoders make a handful."""
_VP8_VERSIONS = 3


def fault(codec: str, payload: bytes, *, is_padded: bool) -> str | None:
    """Why viewers must not get this payload; None when nothing speaks against it. Never raises.

    is_padded: the packet has padding; then nothing else in it is a probe, as browsers send them.
    """
    if not payload:
        return None if is_padded else EMPTY
    if len(payload) > MAX_PAYLOAD_BYTES:
        return OVERSIZE
    check = CHECKS.get(codec)
    return check(payload) if check is not None else None


def emptied(packet: bytes, start: int) -> bytes:
    """The header and extensions of `packet` alone: a receiver counts it and goes on."""
    return bytes((packet[0] & 0xDF,)) + packet[1:start]


def _vp8(payload: bytes) -> str | None:
    """RFC 7741 §4.2 and §4.3; RFC 6386 §9.1 for the frame's own header."""
    at = rtp.vp8_data_start(payload)
    if at is None:
        return DESCRIPTOR
    if not rtp.begins_vp8_frame(payload):
        return None
    if payload[at] >> 1 & 7 > _VP8_VERSIONS:
        return FRAME_HEADER
    is_key = not payload[at] & 1
    return FRAME_HEADER if is_key and rtp.vp8_height(payload) is None else None


def _h264(payload: bytes) -> str | None:
    """RFC 6184 §5.2 to §5.8, packetization modes 0 and 1."""
    kind, size = payload[0] & 31, len(payload)
    if payload[0] & 0x80:
        return DESCRIPTOR  # "a syntax violation" (§1.3)
    if kind == 28:
        return DESCRIPTOR if size < 3 else None
    if kind == 24:
        return _aggregate(payload)
    if kind == 0 or kind > 24:
        return DESCRIPTOR
    return FRAME_HEADER if kind <= 5 and size < 2 else None


def _aggregate(payload: bytes) -> str | None:
    """The units of a STAP-A fill it exactly."""
    at, size = 1, len(payload)
    for _ in range(MAX_ELEMENTS):
        length = int.from_bytes(payload[at : at + 2], "big")
        at += 2 + length
        if length == 0 or at > size:
            return DESCRIPTOR
        if at == size:
            return None
    return DESCRIPTOR


def _vp9(payload: bytes) -> str | None:
    try:
        vp9.open_payload(payload)
    except Malformed:
        return DESCRIPTOR
    return None


def _av1(payload: bytes) -> str | None:
    """The lengths of the elements stay within the packet."""
    size, head = len(payload), payload[0]
    if size < 2 or head & 0x88 == 0x88:  # what begins a sequence goes on from nothing
        return DESCRIPTOR
    count = head >> 4 & 3
    at = 1
    for place in range(1, MAX_ELEMENTS + 1):
        if place == count:  # the last of a counted packet has no length
            return None if at < size else DESCRIPTOR
        length = 0
        for shift in range(0, 56, 7):
            if at >= size:
                return DESCRIPTOR
            byte = payload[at]
            at += 1
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        else:
            return DESCRIPTOR
        at += length
        if at > size:
            return DESCRIPTOR
        if at == size and count == 0:
            return None
    return DESCRIPTOR


CHECKS: dict[str, Callable[[bytes], str | None]] = {"vp8": _vp8, "h264": _h264, "vp9": _vp9, "av1": _av1}
