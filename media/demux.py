"""First byte → STUN, DTLS, RTP, RTCP (RFC 7983 §7; RFC 5761 §4 for RTP against RTCP)."""

from enum import Enum


class Kind(Enum):
    """What a datagram claims to be."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    OTHER = "other"


_BY_FIRST_BYTE = [
    Kind.STUN if byte < 4 else Kind.DTLS if 20 <= byte <= 63 else Kind.RTP if 128 <= byte <= 191 else Kind.OTHER
    for byte in range(256)
]


def kind_of(datagram: bytes) -> Kind:
    """Tell a datagram's protocol. Empty and unknown ones are OTHER; RTP and RTCP have at least two bytes."""
    if len(datagram) < 2:
        return Kind.OTHER
    kind = _BY_FIRST_BYTE[datagram[0]]
    if kind is Kind.RTP and 192 <= datagram[1] <= 223:
        return Kind.RTCP
    return kind
