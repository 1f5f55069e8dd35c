"""AV1 in RTP (AV1 RTP specification §4.4), as far as the relay looks into it; pure."""

CONTINUES, FIRST_OF_SEQUENCE = 0x80, 0x08
SEQUENCE_HEADER, TEMPORAL_DELIMITER = 1, 2
MAX_ELEMENTS = 2
"""A delimiter ought not to be sent, but may stand before the sequence header."""
MAX_LENGTH_BYTES = 8


def starts_keyframe(payload: bytes) -> bool:
    """True when a coded video sequence begins here: the aggregation header says so, and its header is there. Never raises."""
    if not payload or payload[0] & (CONTINUES | FIRST_OF_SEQUENCE) != FIRST_OF_SEQUENCE:
        return False
    count = payload[0] >> 4 & 3
    at = 1
    for place in range(1, MAX_ELEMENTS + 1):
        length = 0
        if place != count:  # the last element of a counted packet has no length
            for shift in range(MAX_LENGTH_BYTES):
                if at >= len(payload):
                    return False
                length |= (payload[at] & 0x7F) << 7 * shift
                at += 1
                if not payload[at - 1] & 0x80:
                    break
        if at >= len(payload):
            return False
        kind = payload[at] >> 3 & 15
        if kind != TEMPORAL_DELIMITER:
            return kind == SEQUENCE_HEADER
        at += length
    return False
