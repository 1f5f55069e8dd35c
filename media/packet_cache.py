"""Recent packets of one stream, for retransmission: a ring over the unwrapped sequence number."""

CAPACITY = 512
"""1.8 s of a 720p layer at 290 packets/s, more than any receiver waits; must not exceed srtp.SEND_WINDOW."""


class PacketCache:
    """Keeps the last CAPACITY packets exactly as they were first sent."""

    __slots__ = ("_numbers", "_packets")

    def __init__(self) -> None:
        self._packets: list[bytes | None] = [None] * CAPACITY
        self._numbers: list[int] = [-1] * CAPACITY

    def put(self, number: int, packet: bytes) -> None:
        """Remember `packet` under its unwrapped number; never replace a packet by an older one or by another of its number."""
        place = number % CAPACITY
        if self._numbers[place] < number:
            self._numbers[place] = number
            self._packets[place] = packet

    def get(self, number: int) -> bytes | None:
        """The packet of that number while it is remembered."""
        place = number % CAPACITY
        return self._packets[place] if self._numbers[place] == number else None
