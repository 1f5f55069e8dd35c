"""Packets in a byte stream, each behind its length in two bytes (RFC 4571) (pure)."""

from media.errors import Malformed

MAX_FRAME_BYTES = 2048
"""As much as a datagram may have (`kernel.py`); browsers stay below 1500."""


def pack_frames(packets: list[bytes]) -> bytes:
    """Packets as they stand in the stream."""
    return b"".join([part for packet in packets for part in (len(packet).to_bytes(2, "big"), packet)])


class Deframer:
    """Cuts one incoming stream into packets; keeps at most one unfinished frame."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_unfinished(self) -> bool:
        """Part of a frame waits for the rest."""
        return bool(self._rest)

    def receive(self, data: bytes) -> list[bytes]:
        """The packets `data` completes; empty ones are possible. Raises Malformed: nothing after it can be read."""
        data = self._rest + data if self._rest else data
        packets: list[bytes] = []
        at, end = 0, len(data)
        while at + 2 <= end:
            size = data[at] << 8 | data[at + 1]
            if size > MAX_FRAME_BYTES:
                raise Malformed("TCP frame is longer than 2048 bytes")
            if at + 2 + size > end:
                break
            packets.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        self._rest = data[at:]
        return packets
