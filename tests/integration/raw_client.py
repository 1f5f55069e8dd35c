"""A WebSocket client that costs next to nothing, so that a thousand of them measure the server and not themselves."""

import asyncio
import time

HANDSHAKE = (
    "GET /ws/rooms/{lesson} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def masked(text: str) -> bytes:
    """One text frame of a client, with the mask 0; for texts of 126 to 65,535 bytes."""
    payload = text.encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


class RawClient(asyncio.Protocol):
    """Says its hello after the handshake, waits for the whole first frame, then counts bytes."""

    def __init__(self, lesson: str, hello: str) -> None:
        loop = asyncio.get_running_loop()
        self.welcomed: asyncio.Future[float] = loop.create_future()
        """Seconds from `connection_made` to the last byte of the welcome."""
        self.head = b""
        self.received = 0
        self._handshake = HANDSHAKE.format(lesson=lesson).encode()
        self._hello = masked(hello)
        self._frame_ends = 0
        self._began = time.perf_counter()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.welcomed.done():
            return
        if self._frame_ends == 0:
            self.head += data
            self._read_head()
        if self._frame_ends and self.received >= self._frame_ends:
            self.welcomed.set_result(time.perf_counter() - self._began)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(f"ended before the welcome: {self.head[-200:]!r}"))

    def _read_head(self) -> None:
        """Where the first frame after the 101 ends."""
        start = self.head.find(b"\r\n\r\n") + 4
        if start >= 4 and self._hello:
            self.transport.write(self._hello)
            self._hello = b""
        if start < 4 or len(self.head) < start + 30:
            return
        length, header = self.head[start + 1], 2
        if length == 126:
            length, header = int.from_bytes(self.head[start + 2 : start + 4], "big"), 4
        elif length == 127:
            length, header = int.from_bytes(self.head[start + 2 : start + 10], "big"), 10
        if self.head[start + header :].startswith(b'{"type": "welcome"'):
            self._frame_ends = start + header + length


async def join_raw(port: int, lesson: str, hello: str) -> tuple[RawClient, float]:
    """A client that is in, and how long it took from dialling."""
    started = time.perf_counter()
    _, client = await asyncio.get_running_loop().create_connection(lambda: RawClient(lesson, hello), "127.0.0.1", port)
    await client.welcomed
    return client, time.perf_counter() - started
