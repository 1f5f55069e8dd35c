"""AV1 from RTP (AV1 RTP specification §4): a temporal unit's packets → its OBUs as a file holds them. Pure.

In RTP an OBU has no length of its own and may lie in several packets; in a file each has one, and the delimiters between units
are left out. Of several spatial layers in one stream the lowest is taken, which decodes by itself.
"""

from collections.abc import Iterator

from recording.depacketize import Frame

CONTINUES, GOES_ON = 0x80, 0x40
"""Of a packet: its first element belongs to the OBU of the packet before; its last one goes on in the next."""
HAS_EXTENSION, HAS_SIZE = 0x04, 0x02
SEQUENCE_HEADER, TEMPORAL_DELIMITER, FRAME_HEADER, FRAME, TILE_LIST, PADDING = 1, 2, 3, 6, 8, 15
LEFT_OUT = (TEMPORAL_DELIMITER, TILE_LIST, PADDING)
MAX_LENGTH_BYTES = 8


def read_av1(payload: bytes) -> tuple[bool, bytes]:
    """(may begin a picture, the packet behind its length): elements join over packets, so a picture is read when it is whole."""
    return not payload[0] & CONTINUES, len(payload).to_bytes(4, "big") + payload


def finish_av1(data: bytes) -> Frame | None:
    """The packets of one temporal unit → one block of a file; None when they are no such thing."""
    try:
        units = list(_units(data))
        size = next((_size(body) for kind, _, body in units if kind == SEQUENCE_HEADER), None)
        first = next((body for kind, _, body in units if kind in (FRAME, FRAME_HEADER)), None)
    except (ValueError, IndexError):
        return None
    if not first:
        return None
    joined = b"".join(bytes((head[0] | HAS_SIZE,)) + head[1:] + _pack_length(len(body)) + body for _, head, body in units)
    # 1 bit shows an earlier frame, 2 bits of type: 0 is a key frame
    if size is not None and not first[0] & 0xE0:
        return Frame(0, 0.0, True, joined, *size)
    return Frame(0, 0.0, False, joined)


def _units(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(type, header without size, body) of every OBU that belongs into a file."""
    for unit in _elements(data):
        head_bytes = 2 if unit[0] & HAS_EXTENSION else 1
        kind, head, body = unit[0] >> 3 & 15, bytes((unit[0] & ~HAS_SIZE,)) + unit[1:head_bytes], unit[head_bytes:]
        if unit[0] & HAS_SIZE:
            length, at = _read_length(body, 0)
            body = body[at : at + length]
        is_upper_layer = head_bytes == 2 and unit[1] >> 3 & 3
        if kind not in LEFT_OUT and not is_upper_layer:
            yield kind, head, body


def _elements(data: bytes) -> Iterator[bytes]:
    """The OBUs as they were before they were cut to packets. Raises ValueError, IndexError."""
    at, open_ = 0, b""
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        packet, at = data[at + 4 : end], end
        count, place = packet[0] >> 4 & 3, 1
        parts: list[bytes] = []
        while place < len(packet):
            length = len(packet) - place
            if len(parts) + 1 != count:  # the last of a counted packet has no length
                length, place = _read_length(packet, place)
            if place + length > len(packet):
                raise ValueError("an OBU is longer than its packet")
            parts.append(packet[place : place + length])
            place += length
        if bool(packet[0] & CONTINUES) != bool(open_):
            raise ValueError("a part of an OBU is missing")
        for index, part in enumerate(parts):
            whole, open_ = open_ + part, b""
            if index + 1 == len(parts) and packet[0] & GOES_ON:
                open_ = whole
            elif whole:
                yield whole
    if open_:
        raise ValueError("the last OBU is not whole")


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends): seven bits a byte, lowest first (AV1 bitstream §4.10.5)."""
    number = 0
    for shift in range(MAX_LENGTH_BYTES):
        number |= (data[at + shift] & 0x7F) << 7 * shift
        if not data[at + shift] & 0x80:
            return number, at + shift + 1
    raise ValueError("a length of more than eight bytes")


def _pack_length(number: int) -> bytes:
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._number, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("a sequence header is cut short")
        return self._number >> self._left & (1 << count) - 1

    def take_unary_number(self) -> int:
        """uvlc() of the specification, §4.10.3."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return self.take(zeros) + (1 << zeros) - 1


def _size(header: bytes) -> tuple[int, int]:
    """Largest width and height of a sequence header (AV1 bitstream §5.5.1). Raises ValueError."""
    bits = _Bits(header)
    bits.take(3 + 1)  # profile, still picture
    if bits.take(1):  # a header for one picture only
        bits.take(5)
    else:
        delay_bits = _skip_timing(bits)
        has_delays = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:
                bits.take(1)
            if delay_bits and bits.take(1):
                bits.take(2 * delay_bits + 1)
            if has_delays and bits.take(1):
                bits.take(4)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_timing(bits: _Bits) -> int:
    """Read over timing and decoder model; how many bits its delays have, 0 without one."""
    if not bits.take(1):
        return 0
    bits.take(64)
    if bits.take(1):
        bits.take_unary_number()
    if not bits.take(1):
        return 0
    delay_bits = bits.take(5) + 1
    bits.take(32 + 5 + 5)
    return delay_bits
