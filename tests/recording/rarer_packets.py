"""VP9 and AV1 cut into RTP payloads as browsers do it; aiortc has no packers for these."""

from typing import Any

PAYLOAD_BYTES = 1_100
TEMPORAL_DELIMITER = 2


class Vp9Packer:
    """RFC 9628 §4.2, flexible mode off, with 15-bit picture numbers and without layers."""

    _picture = 0x7FF0

    def pack(self, packet: Any) -> tuple[list[bytes], int]:
        data = bytes(packet)
        parts = [data[at : at + PAYLOAD_BYTES] for at in range(0, len(data), PAYLOAD_BYTES)]
        self._picture = self._picture + 1 & 0x7FFF
        predicted = 0 if packet.is_keyframe else 0x40
        payloads = []
        for place, part in enumerate(parts):
            first = 0x80 | predicted | (0x08 if place == 0 else 0) | (0x04 if place == len(parts) - 1 else 0)
            payloads.append(bytes((first,)) + (0x8000 | self._picture).to_bytes(2) + part)
        return payloads, 0


class Av1Packer:
    """AV1 RTP specification §4: lengths taken off, delimiters left out, OBUs cut where a packet is full."""

    def pack(self, packet: Any) -> tuple[list[bytes], int]:
        units = [unit for unit in split_units(bytes(packet)) if unit[0] >> 3 & 15 != TEMPORAL_DELIMITER]
        stream = [(unit, at) for unit in units for at in range(0, len(unit), PAYLOAD_BYTES)]
        payloads, elements, first, open_ = [], [], True, False
        for place, (unit, at) in enumerate(stream):
            elements.append(unit[at : at + PAYLOAD_BYTES])
            goes_on = at + PAYLOAD_BYTES < len(unit)
            full = sum(map(len, elements)) > PAYLOAD_BYTES // 2
            if not goes_on and not full and place + 1 < len(stream):
                continue
            # one or two elements are counted, and the last then goes without its length; of more each has one
            count = len(elements) if len(elements) < 3 else 0
            head = (0x80 if open_ else 0) | (0x40 if goes_on else 0) | count << 4 | (0x08 if first and packet.is_keyframe else 0)
            body = b"".join(
                element if index + 1 == count else pack_length(len(element)) + element for index, element in enumerate(elements)
            )
            payloads.append(bytes((head,)) + body)
            elements, first, open_ = [], False, goes_on
        return payloads, 0


def split_units(data: bytes) -> list[bytes]:
    """The OBUs of a temporal unit, without their lengths."""
    units, at = [], 0
    while at < len(data):
        head = data[at]
        at += 1
        extension = data[at : at + 1] if head & 4 else b""
        at += len(extension)
        length, shift = 0, 0
        while True:
            length |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 0x80:
                break
        units.append(bytes((head & ~2,)) + extension + data[at : at + length])
        at += length
    return units


def pack_length(number: int) -> bytes:
    packed = b""
    while number > 0x7F:
        packed += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return packed + bytes((number,))
