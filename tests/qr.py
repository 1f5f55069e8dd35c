"""Reads a QR code as a phone does, but for the camera: by the standard (ISO/IEC 18004), with nothing of the library that drew it.

Versions 1 to 6 with bytes: what an address of up to 106 characters becomes. Nothing is corrected: a module that is wrong makes a
syndrome that is not zero, and that is refused.
"""

import re
import zlib
from collections.abc import Iterator, Sequence

MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)
BLOCKS = {
    "L": (([19], 7), ([34], 10), ([55], 15), ([80], 20), ([108], 26), ([68] * 2, 18)),
    "M": (([16], 10), ([28], 16), ([44], 26), ([32] * 2, 18), ([43] * 2, 24), ([27] * 4, 16)),
    "Q": (([13], 13), ([22], 22), ([17] * 2, 18), ([24] * 2, 26), ([15, 15, 16, 16], 18), ([19] * 4, 24)),
    "H": (([9], 17), ([16], 28), ([13] * 2, 22), ([9] * 4, 16), ([11, 11, 12, 12], 22), ([15] * 4, 28)),
}
"""Level → for each version: codewords of data in every block, and of correction in each."""
LEVELS = "MLHQ"
"""As the format's first two bits number them."""
BYTES = 0b0100
FORMAT_PLACES = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]

STROKES = re.compile(r"([\d.]+) 0 0 -\1 [\d.]+ [\d.]+\n?\s?cm\s*/c1 cs 0 scn/c1 CS 0 SCN 4 M ((?:\d+ [\d.]+ [ml]\s)+)[SB]")
LINE = re.compile(r"(\d+) (\d+)\.5 m (\d+) \2\.5 l")
POINT_MM = 25.4 / 72

Matrix = Sequence[Sequence[bool]]
"""Rows of modules, True is dark; without the quiet zone."""


class Unreadable(Exception):
    """A phone might still guess; we do not."""


def drawn_in(pdf: bytes) -> tuple[list[list[bool]], float]:
    """The QR code as the page draws it, every row of modules in horizontal strokes, and how large a module is in millimetres."""
    for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            page = zlib.decompress(stream[1]).decode("latin-1")
        except zlib.error:
            continue
        if found := STROKES.search(page):
            lines = [(int(x), int(y), int(to)) for x, y, to in LINE.findall(found[2])]
            border = min(x for x, _, _ in lines)
            size = max(to for _, _, to in lines) - border
            dark = {(y - border, each - border) for x, y, to in lines for each in range(x, to)}
            return [[(y, x) in dark for x in range(size)] for y in range(size)], float(found[1]) * POINT_MM
    raise AssertionError("no QR code is drawn")


def read(matrix: Matrix) -> str:
    size = len(matrix)
    version, rest = divmod(size - 17, 4)
    if rest or not 1 <= version <= 6 or any(len(row) != size for row in matrix):
        raise Unreadable(f"{size} modules")
    form = sum(matrix[y][x] << (14 - place) for place, (y, x) in enumerate(FORMAT_PLACES)) ^ 0b101010000010010
    hides = MASKS[form >> 10 & 0b111]
    bits = [matrix[y][x] ^ (hides(y, x) == 0) for y, x in places_of_data(size, version)]
    words = [number_of(bits[start : start + 8]) for start in range(0, len(bits) - 7, 8)]
    sizes, correction = BLOCKS[LEVELS[form >> 13]][version - 1]
    blocks: list[list[int]] = [[] for _ in sizes]
    taken = iter(words)
    for turn in range(max(sizes)):  # a word for each block in turn; the shorter blocks are full first
        for block, length in zip(blocks, sizes, strict=True):
            if turn < length:
                block.append(next(taken))
    for _ in range(correction):
        for block in blocks:
            block.append(next(taken))
    if any(any(syndromes(block, correction)) for block in blocks):
        raise Unreadable("modules are wrong")
    data = [word for block, length in zip(blocks, sizes, strict=True) for word in block[:length]]
    message = [word >> bit & 1 == 1 for word in data for bit in range(7, -1, -1)]
    if number_of(message[:4]) != BYTES:
        raise Unreadable("not bytes")
    length = number_of(message[4:12])
    return bytes(number_of(message[12 + 8 * place : 20 + 8 * place]) for place in range(length)).decode()


def places_of_data(size: int, version: int) -> Iterator[tuple[int, int]]:
    """In pairs of columns from the right, up and down in turns, around what is the same in every code."""
    middle = size - 7
    """Of the one alignment pattern these versions have."""

    def is_pattern(y: int, x: int) -> bool:
        if y == 6 or x == 6 or (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9):
            return True
        return version > 1 and abs(y - middle) <= 2 and abs(x - middle) <= 2

    upwards = True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for y in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((y, x) for x in (right, right - 1) if not is_pattern(y, x))
        upwards = not upwards


def number_of(bits: Sequence[bool]) -> int:
    return sum(bit << place for place, bit in enumerate(reversed(bits)))


def syndromes(block: Sequence[int], count: int) -> list[int]:
    """Reed and Solomon's: all zero when nothing was changed."""
    found = []
    root = 1
    for _ in range(count):
        value = 0
        for word in block:
            value = times(value, root) ^ word
        found.append(value)
        root = times(root, 2)
    return found


def times(a: int, b: int) -> int:
    """In GF(256), modulo x⁸ + x⁴ + x³ + x² + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product
