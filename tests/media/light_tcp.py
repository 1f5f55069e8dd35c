"""A light peer whose media goes over TCP, framed as RFC 4571 says; and a bare stranger for attacks."""

import socket
import weakref

from media.framing import Deframer, pack_frames
from tests.media.light import LightPeer


class FramedSocket:
    """A TCP connection that looks like the datagram socket of a light peer; it connects when something is sent first."""

    def __init__(self, receive_buffer: int | None = None) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        weakref.finalize(self, self._sock.close)
        if receive_buffer is not None:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._deframer = Deframer()
        self._packets: list[bytes] = []
        self._timeout: float | None = 0.05
        self._is_connected = False

    def sendto(self, packet: bytes, server: tuple[str, int]) -> None:
        if not self._is_connected:
            self._sock.settimeout(5)
            self._sock.connect(server)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._is_connected = True
        self._sock.settimeout(5)
        self._sock.sendall(pack_frames([packet]))

    def recv(self, _: int) -> bytes:
        """The next packet; b"" when the worker closed. Raises TimeoutError or BlockingIOError."""
        while not self._packets:
            self._sock.settimeout(self._timeout)
            data = self._sock.recv(65536)
            if not data:
                return b""
            self._packets += self._deframer.receive(data)
        return self._packets.pop(0)

    def settimeout(self, timeout_s: float | None) -> None:
        self._timeout = timeout_s

    def setblocking(self, blocking: bool) -> None:
        self._timeout = None if blocking else 0.0

    def setsockopt(self, *arguments: int) -> None:
        self._sock.setsockopt(*arguments)

    def getsockname(self) -> tuple[str, int]:
        name: tuple[str, int] = self._sock.getsockname()
        return name

    def close(self) -> None:
        self._sock.close()


def over_tcp(light: LightPeer, receive_buffer: int | None = None) -> LightPeer:
    """Let a light peer that has not begun use TCP (or, when it has, a new TCP connection)."""
    light.sock.close()
    light.sock = FramedSocket(receive_buffer)  # type: ignore[assignment]  # it does what a light peer needs of a socket
    return light
