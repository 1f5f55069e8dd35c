"""What a datagram is by its first byte, and where it comes from."""

import pytest

from media.address import pack_sockaddr, unpack_sockaddr
from media.demux import Kind, kind_of


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
