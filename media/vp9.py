"""VP9 in RTP (RFC 9628), as far as the relay looks into it; pure.

Viewers get the shortest payload descriptor there is. Picture numbers, layer indices and references are those of one encoder: at
a switch to another layer or person they would jump, and receivers wait for what never comes. Without them a receiver goes by
the packets' numbers, which we make continuous, as with H.264. Spatial layers of one picture become one frame, which is what
decoders are given anyway.
"""

from media.errors import Malformed

PICTURE_ID, PREDICTED, LAYERS, FLEXIBLE, BEGINS, ENDS, STRUCTURE = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02
MAX_REFERENCES = 3
SYNC = b"\x49\x83\x42"


def starts_keyframe(payload: bytes) -> bool:
    """True when a picture begins here that needs no earlier one. Never raises."""
    return len(payload) > 1 and payload[0] & (PREDICTED | BEGINS) == BEGINS and _spatial_layer(payload) == 0


def plain(payload: bytes, *, ends: bool) -> bytes:
    """The same bytes of video behind a descriptor of one byte. ends: the packet has the marker. Raises Malformed."""
    frame_at = _descriptor_bytes(payload)
    first = payload[0] & (PREDICTED | 1)
    if payload[0] & BEGINS and _spatial_layer(payload) == 0:
        first |= BEGINS
    if ends:
        first |= ENDS
    return bytes((first,)) + payload[frame_at:]


def open_payload(payload: bytes) -> tuple[bool, int, bytes]:
    """(a picture begins here, spatial layer, bytes of video). Raises Malformed."""
    layer = _spatial_layer(payload)
    return bool(payload[0] & BEGINS) and layer == 0, layer, payload[_descriptor_bytes(payload) :]


def height(payload: bytes) -> int | None:
    """Picture height in a payload that begins a key frame of profile 0. Never raises."""
    try:
        found = size(payload[_descriptor_bytes(payload) :])
    except Malformed:
        return None
    return found[1] if found is not None else None


def size(frame: bytes) -> tuple[int, int] | None:
    """Width and height of a key frame of profile 0 (VP9 bitstream §6.2); None of any other. Never raises."""
    # 2 bits marker, 2 profile, 1 shows an earlier frame, 1 is no key frame, 2 flags; then sync, 4 bits of colour, 16 + 16 bits
    if len(frame) < 9 or frame[0] & 0xFC != 0x80 or frame[1:4] != SYNC:
        return None
    numbers = int.from_bytes(frame[4:9], "big") >> 4
    return (numbers >> 16 & 0xFFFF) + 1, (numbers & 0xFFFF) + 1


def _spatial_layer(payload: bytes) -> int:
    """The layer within its picture; 0 when the descriptor names none."""
    if not payload[0] & LAYERS:
        return 0
    at = 1
    if payload[0] & PICTURE_ID:
        at += 2 if len(payload) > 1 and payload[1] & 0x80 else 1
    return payload[at] >> 1 & 7 if at < len(payload) else 0


def _descriptor_bytes(payload: bytes) -> int:
    """Where the video lies behind the descriptor (RFC 9628 §4.2). Raises Malformed."""
    try:
        first = payload[0]
        at = 1
        if first & PICTURE_ID:
            at += 2 if payload[at] & 0x80 else 1
        if first & LAYERS:
            at += 1 if first & FLEXIBLE else 2
        if first & FLEXIBLE and first & PREDICTED:
            for _ in range(MAX_REFERENCES):
                at += 1
                if not payload[at - 1] & 1:
                    break
            else:
                raise Malformed("VP9 descriptor has more than three references")
        if first & STRUCTURE:
            at = _structure_end(payload, at)
    except IndexError:
        raise Malformed("VP9 descriptor is truncated") from None
    if at >= len(payload):
        raise Malformed("VP9 packet carries no video")
    return at


def _structure_end(payload: bytes, at: int) -> int:
    """Behind the scalability structure. Raises IndexError when it is cut short."""
    head = payload[at]
    at += 1
    if head & 0x10:
        at += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + (payload[at] >> 2 & 3)
    return at
