"""How large is an H.264 picture? Read from the sequence parameter set with which a key frame begins (H.264 §7.3.2.1.1; pure).

Every bit is looked at once and at most LONGEST_BYTES are looked at: what is in a packet decides nothing about our time.
"""

SPS, STAP_A = 7, 24
LONGEST_BYTES = 256
"""Those of encoders are 10–60 bytes; scaling lists make them longer."""
LARGEST = 16384
HIGH_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))


class _Ended(Exception):
    """The parameter set is shorter than it says, or says what cannot be."""


class _Bits:
    """Reads a payload bit by bit, leaving out the bytes that keep it from looking like a start code (§7.4.1)."""

    def __init__(self, data: bytes) -> None:
        kept = bytearray()
        zeros = 0
        for byte in data[:LONGEST_BYTES]:
            if zeros >= 2 and byte == 3:
                zeros = 0
                continue
            zeros = zeros + 1 if byte == 0 else 0
            kept.append(byte)
        self._data = kept
        self._position = 0

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            place = self._position >> 3
            if place >= len(self._data):
                raise _Ended
            value = value << 1 | self._data[place] >> (7 - (self._position & 7)) & 1
            self._position += 1
        return value

    def number(self) -> int:
        """Exp-Golomb (§9.1); signed ones have the same length and are only passed over."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 31:
                raise _Ended
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        value = self.number()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def read_size(nal: bytes) -> tuple[int, int]:
    """Width and height a sequence parameter set tells; (0, 0) when it makes no sense. Never raises."""
    try:
        width, height = _read(_Bits(nal[1:]))
    except _Ended:
        return 0, 0
    return (width, height) if 0 < width <= LARGEST and 0 < height <= LARGEST else (0, 0)


def height(payload: bytes) -> int | None:
    """Picture height in a payload that is, or begins with, a sequence parameter set; None when it tells none. Never raises."""
    parameters = _parameter_set(payload)
    return (read_size(parameters)[1] or None) if parameters is not None else None


def _parameter_set(payload: bytes) -> bytes | None:
    if not payload:
        return None
    kind = payload[0] & 31
    if kind == SPS:
        return payload
    if kind != STAP_A or len(payload) < 4 or payload[3] & 31 != SPS:
        return None
    return payload[3 : 3 + (payload[1] << 8 | payload[2])]


def _read(bits: _Bits) -> tuple[int, int]:
    profile = bits.bits(8)
    bits.bits(16)
    bits.number()
    chroma = 1
    if profile in HIGH_PROFILES:
        chroma = bits.number()
        if chroma == 3:
            bits.bits(1)
        bits.number()
        bits.number()
        bits.bits(1)
        if bits.bits(1):
            for place in range(12 if chroma == 3 else 8):
                if bits.bits(1):
                    _pass_scaling_list(bits, 16 if place < 6 else 64)
    bits.number()
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.bits(1)
        bits.number()
        bits.number()
        for _ in range(min(bits.number(), 255)):
            bits.number()
    bits.number()
    bits.bits(1)
    width, rows = 16 * (bits.number() + 1), bits.number() + 1
    frames_only = bits.bits(1)
    height = 16 * rows * (2 - frames_only)
    if not frames_only:
        bits.bits(1)
    bits.bits(1)
    if bits.bits(1):
        across, down = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= across * (bits.number() + bits.number())
        height -= down * (bits.number() + bits.number())
    return width, height


def _pass_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed() + 256) % 256
        last = following or last
