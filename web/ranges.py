"""`Range: bytes=…` → the part of a file to send (RFC 9110 §14.2). Pure."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII)
MAX_DIGITS = 18


class BadRange(Exception):
    """No byte of the file lies in it: 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Half-open: `end` is the first byte that is not sent."""

    start: int
    end: int


def choose_range(header: str | None, size: int) -> ByteRange | None:
    """The part asked for, or None for the whole file.

    Several ranges at once, other units and nonsense are ignored, as §14.2 allows. Raises BadRange.
    """
    found = _ONE.fullmatch(header.strip()) if header else None
    if found is None:
        return None
    first, last = found.groups()
    if len(first) > MAX_DIGITS or len(last) > MAX_DIGITS or not (first or last):
        return None
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise BadRange
        return ByteRange(max(0, size - length), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise BadRange
    return ByteRange(start, min(size, int(last) + 1) if last else size)
