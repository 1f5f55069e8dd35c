"""Which of a layer's frames may be left out? From the Dependency Descriptor (AV1 RTP specification, appendix A); pure.

Browsers send three temporal layers: 7.5, 15 and 30 pictures a second. The descriptor names a template per frame; the templates
are told once, with a key frame. All packets of a frame are judged alike, by the first that came: half a frame helps
nobody.
"""

MAX_LEVELS = 4
MAX_TEMPLATES = 64
REMEMBERED = 64
FORGET_BYTES = 400_000
"""Shares are of about the last seconds."""


class Temporal:
    """The temporal structure of one layer."""

    __slots__ = ("_bytes", "_levels_of", "_offset", "_recent", "count")

    def __init__(self) -> None:
        self.count = 1
        """Temporal layers known."""
        self._offset = 0
        self._levels_of: list[int] = []
        """Template → temporal layer."""
        self._recent: dict[int, int] = {}
        """Timestamp → temporal layer, of the last frames."""
        self._bytes = [0] * MAX_LEVELS

    def level(self, descriptor: bytes | None, timestamp: int, size: int) -> int:
        """The temporal layer of a packet's frame: 0 must never be left out. Never raises."""
        level = self._recent.get(timestamp)
        if level is None:
            level = self._read(descriptor) if descriptor is not None else 0
            if len(self._recent) >= REMEMBERED:
                del self._recent[next(iter(self._recent))]
            self._recent[timestamp] = level
        self._bytes[level] += size
        if self._bytes[0] > FORGET_BYTES:
            self._bytes = [each // 2 for each in self._bytes]
        return level

    def share(self, limit: int) -> float:
        """What part of the bit rate the layers up to `limit` are."""
        total = sum(self._bytes)
        return sum(self._bytes[: limit + 1]) / total if total else 1.0

    def _read(self, descriptor: bytes) -> int:
        if len(descriptor) < 3:
            return 0
        if len(descriptor) > 3 and descriptor[3] & 0x80:
            self._read_structure(descriptor)
        place = (descriptor[0] & 63) - self._offset & 63
        return self._levels_of[place] if place < len(self._levels_of) else 0

    def _read_structure(self, descriptor: bytes) -> None:
        """template_id_offset (6 bits), decode targets (5), then per template what the next one is: 0 same, 1 faster, 2 larger."""
        bits = int.from_bytes(descriptor, "big")
        left = 8 * len(descriptor) - 29  # 24 bits are mandatory, 5 are flags
        if left < 13:
            return
        offset = bits >> left - 6 & 63
        left -= 11
        levels: list[int] = []
        level = 0
        while left >= 2 and len(levels) < MAX_TEMPLATES:
            levels.append(level)
            left -= 2
            following = bits >> left & 3
            if following == 3:
                self._offset, self._levels_of = offset, levels
                self.count = max(levels) + 1
                return
            level = 0 if following == 2 else min(level + following, MAX_LEVELS - 1)
