"""Network addresses as the kernel writes them, so that the packet loop compares bytes and never builds tuples."""

import socket
import struct

Address = tuple[int, bytes]
"""(number of our socket, the sender's sockaddr): answers must leave through the socket the packet came in by."""

STREAMS = 1 << 8
"""Socket numbers from here on are TCP listeners: the address then names one connection."""

_V4 = struct.Struct("=HH4s8x")
_V6 = struct.Struct("=HHI16sI")


def pack_sockaddr(ip: str, port: int) -> bytes:
    """sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes)."""
    if ":" in ip:
        return _V6.pack(socket.AF_INET6, socket.htons(port), 0, socket.inet_pton(socket.AF_INET6, ip), 0)
    return _V4.pack(socket.AF_INET, socket.htons(port), socket.inet_pton(socket.AF_INET, ip))


def unpack_sockaddr(raw: bytes) -> tuple[str, int]:
    """(ip, port) of what `pack_sockaddr` or recvmsg wrote."""
    if len(raw) == _V6.size:
        _, port, _, packed, _ = _V6.unpack(raw)
        return socket.inet_ntop(socket.AF_INET6, packed), socket.ntohs(port)
    _, port, packed = _V4.unpack(raw)
    return socket.inet_ntop(socket.AF_INET, packed), socket.ntohs(port)


def is_stream(address: Address) -> bool:
    """True for a TCP connection, false for a UDP address."""
    return address[0] >= STREAMS


def pack_ip(ip: str) -> bytes:
    """4 or 16 bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in ip else socket.AF_INET, ip)
