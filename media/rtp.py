"""RTP header views (RFC 3550 §5.1, RFC 8285) and the two things we read of a payload: does a key frame begin, how large is it.

aiortc's codec builds an object per packet (about 3 µs) and pulls in FFmpeg; the relay needs four fields. The tests hold this
file against aiortc's codec.
"""

import struct

from media import av1, vp9
from media.errors import Malformed

HEADER = struct.Struct("!BBHII")
HEADER_BYTES = 12
ONE_BYTE_PROFILE = 0xBEDE
MAX_EXTENSIONS = 32


def payload_span(packet: bytes) -> tuple[int, int]:
    """(start, end) of the payload without header, extensions and padding. Raises Malformed."""
    size = len(packet)
    if size < HEADER_BYTES:
        raise Malformed("RTP packet length is less than 12 bytes")
    first = packet[0]
    if first >> 6 != 2:
        raise Malformed("RTP packet has invalid version")
    start = HEADER_BYTES + 4 * (first & 15)
    if first & 16:
        if start + 4 > size:
            raise Malformed("RTP packet has a truncated extension header")
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    if start > size:
        raise Malformed("RTP packet has a truncated header")
    end = size
    if first & 32:
        padding = packet[-1]
        if padding == 0 or start + padding > size:
            raise Malformed("RTP packet padding length is invalid")
        end -= padding
    return start, end


def read_extensions(packet: bytes) -> dict[int, bytes]:
    """Header extensions by id, one- and two-byte form (RFC 8285 §4.2, §4.3). Raises Malformed. Call after `payload_span`."""
    found: dict[int, bytes] = {}
    if not packet[0] & 16:
        return found
    position = HEADER_BYTES + 4 * (packet[0] & 15)
    profile = packet[position] << 8 | packet[position + 1]
    end = position + 4 + 4 * (packet[position + 2] << 8 | packet[position + 3])
    position += 4
    if profile == ONE_BYTE_PROFILE:
        while position < end:
            head = packet[position]
            position += 1
            if head == 0:
                continue
            if head >> 4 == 15:
                break
            after = position + (head & 15) + 1
            if after > end:
                raise Malformed("RTP one-byte header extension is truncated")
            found[head >> 4] = packet[position:after]
            position = after
    elif profile & 0xFFF0 == 0x1000:
        while position < end:
            number = packet[position]
            position += 1
            if number == 0:
                continue
            if position >= end or position + 1 + packet[position] > end:
                raise Malformed("RTP two-byte header extension is truncated")
            after = position + 1 + packet[position]
            found[number] = packet[position + 1 : after]
            position = after
            if len(found) > MAX_EXTENSIONS:
                raise Malformed("RTP packet has too many header extensions")
    return found


def unwrap_rtx(packet: bytes, start: int, end: int, payload_type: int, ssrc: int) -> bytes | None:
    """The original packet inside a retransmission (RFC 4588 §4); None for a probe that carries nothing.

    Header extensions are left out: those of a retransmission are its own.
    """
    if end - start < 3:
        return None
    head = HEADER.pack(0x80, (packet[1] & 0x80) | payload_type, 0, int.from_bytes(packet[4:8], "big"), ssrc)
    return head[:2] + packet[start : start + 2] + head[4:] + packet[start + 2 : end]


def starts_keyframe(codec: str, payload: bytes) -> bool:
    """True when this payload is the beginning of a picture that needs no earlier one. Never raises."""
    if not payload:
        return False
    if codec == "vp8":
        frame_at = _vp8_frame_start(payload)
        return frame_at is not None and not payload[frame_at] & 1
    if codec == "h264":
        kind = payload[0] & 31
        if kind == 24:  # STAP-A: key frames of browsers begin with SPS and PPS aggregated
            return len(payload) > 3 and payload[3] & 31 in (5, 7)
        if kind == 28:  # FU-A: the first fragment of a large slice
            return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 31 in (5, 7)
        return kind in (5, 7)
    if codec == "vp9":
        return vp9.starts_keyframe(payload)
    if codec == "av1":
        return av1.starts_keyframe(payload)
    return True


def vp8_height(payload: bytes) -> int | None:
    """Picture height in a payload that begins a VP8 key frame (RFC 6386 §9.1). Never raises."""
    frame_at = _vp8_frame_start(payload)
    if frame_at is None or frame_at + 10 > len(payload) or payload[frame_at + 3 : frame_at + 6] != b"\x9d\x01\x2a":
        return None
    return (payload[frame_at + 8] | payload[frame_at + 9] << 8) & 0x3FFF


def _vp8_frame_start(payload: bytes) -> int | None:
    """Where the frame header lies; None when this is not a frame's first packet."""
    return vp8_data_start(payload) if begins_vp8_frame(payload) else None


def begins_vp8_frame(payload: bytes) -> bool:
    """By its descriptor's first byte: the start of the first partition."""
    return payload[0] & 0x17 == 0x10


def vp8_data_start(payload: bytes) -> int | None:
    """What lies behind the payload descriptor (RFC 7741 §4.2); None when nothing does. Never raises for one byte or more."""
    position = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return None
        flags = payload[1]
        position = 2
        if flags & 0x80:
            if len(payload) <= position:
                return None
            position += 2 if payload[position] & 0x80 else 1
        if flags & 0x40:
            position += 1
        if flags & 0x30:
            position += 1
    return position if position < len(payload) else None
