"""Where a worker listens, and the sockets for it: UDP and TCP on one port number."""

import contextlib
import errno
import socket
from dataclasses import dataclass

from media.errors import PortTaken
from media.tcp import open_listener

SOCKET_BUFFER_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a worker listens."""

    port: int
    """UDP and TCP port on every address; 0: the kernel chooses (tests)."""
    secret: str
    """What `Hello` must carry."""
    ips: tuple[str, ...] = ()
    """Addresses offered to browsers; empty: loopback and the machine's primary address."""


def default_ips() -> tuple[str, ...]:
    """Loopback, and the address the machine would reach the world from. (Firefox never tries 127.0.0.1 [sfu-facts §1].)"""
    ips = ["127.0.0.1"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # TEST-NET: nothing is sent by connecting
        primary = probe.getsockname()[0]
        if primary not in (*ips, "0.0.0.0"):
            ips.append(primary)
    return tuple(ips)


def open_sockets(ips: tuple[str, ...], port: int) -> tuple[list[socket.socket], list[socket.socket]]:
    """One UDP socket and one TCP listener per address, all on one port number.

    Raises PortTaken; an address the machine lacks is an OSError.
    """
    for _ in range(20):
        datagrams: list[socket.socket] = []
        listeners: list[socket.socket] = []
        chosen, protocol = port, "UDP"
        try:
            for ip in ips:
                sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
                datagrams.append(sock)
                for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                    sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
                sock.bind((ip, chosen))
                chosen = sock.getsockname()[1]
            protocol = "TCP"
            for ip in ips:
                listeners.append(open_listener(ip, chosen))
            return datagrams, listeners
        except OSError as wrong:
            for sock in (*datagrams, *listeners):
                sock.close()
            if wrong.errno != errno.EADDRINUSE:
                raise
            if port != 0:
                raise PortTaken(
                    f"{protocol} port {port} on {ip} is taken by another process; choose another with --media-port."
                ) from wrong
    raise PortTaken("No port is free for UDP and TCP on all addresses.")
