"""Which bytes of a growing WebM or MP4 file hold which seconds: what a browser's MediaSource is fed with.

A file is its head (what a decoder must know) and then fragments that follow each other: WebM clusters, MP4 pairs of moof and
mdat. Only whole fragments are reported. Reading costs a few hundred bytes per fragment, whatever its size.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

SEGMENT: Final = 0x18538067
CLUSTER: Final = 0x1F43B675
TIMESTAMP: Final = 0xE7
LONGEST_HEAD: Final = 1 << 20


class Fragment(NamedTuple):
    """Bytes start … end-1 begin at this second of the file."""

    at_s: float
    start: int
    end: int


@dataclass
class FragmentIndex:
    """Follows one file. `update` as often as you like; `head` is 0 until it is whole."""

    path: Path
    head: int = 0
    _at: int = 0
    _timescale: int = 0

    def update(self) -> list[Fragment]:
        """The fragments that became whole since the last call."""
        try:
            with open(self.path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                return self._webm(file, size) if self.path.suffix == ".webm" else self._mp4(file, size)
        except FileNotFoundError:
            return []

    # -- WebM -----------------------------------------------------------------------------------------------------------

    def _webm(self, file: BinaryIO, size: int) -> list[Fragment]:
        found: list[Fragment] = []
        while self._at < size:
            file.seek(self._at)
            element = _ebml(file.read(12))
            if element is None:
                break
            number, length, header = element
            if number == SEGMENT:  # its length is known at the very end only
                self._at += header
                continue
            if length is None or self._at + header + length > size:
                break
            if number == CLUSTER:
                self.head = self.head or self._at
                file.seek(self._at + header)
                at_s = _cluster_time(file.read(64))
                found.append(Fragment(at_s, self._at, self._at + header + length))
            self._at += header + length
        return found

    # -- MP4 ------------------------------------------------------------------------------------------------------------

    def _mp4(self, file: BinaryIO, size: int) -> list[Fragment]:
        found: list[Fragment] = []
        while True:
            moof = self._box(file, self._at, size)
            if moof is None:
                return found
            kind, length = moof
            if kind == b"moov":
                file.seek(self._at)
                self._timescale = _timescale(file.read(min(length, LONGEST_HEAD)))
                self.head = self._at + length
            if kind != b"moof":
                self._at += length
                continue
            mdat = self._box(file, self._at + length, size)
            if mdat is None or mdat[0] != b"mdat":
                return found
            file.seek(self._at)
            ticks = _decode_time(file.read(min(length, LONGEST_HEAD)))
            end = self._at + length + mdat[1]
            found.append(Fragment(ticks / (self._timescale or 1), self._at, end))
            self._at = end

    @staticmethod
    def _box(file: BinaryIO, at: int, size: int) -> tuple[bytes, int] | None:
        """Kind and length of a box that is wholly there."""
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return None
        length, kind = struct.unpack_from(">I4s", header)
        if length == 1 and len(header) == 16:
            length = struct.unpack_from(">Q", header, 8)[0]
        return (kind, length) if length >= 8 and at + length <= size else None


def _ebml(data: bytes) -> tuple[int, int | None, int] | None:
    """Element id, length (None: unknown yet) and header length; None when cut off."""
    if len(data) < 2 or data[0] == 0:
        return None
    id_length = 9 - data[0].bit_length()
    if len(data) <= id_length or data[id_length] == 0:
        return None
    size_length = 9 - data[id_length].bit_length()
    if len(data) < id_length + size_length:
        return None
    raw = int.from_bytes(data[id_length : id_length + size_length], "big")
    mask = (1 << 7 * size_length) - 1
    value = raw & mask
    return int.from_bytes(data[:id_length], "big"), None if value == mask else value, id_length + size_length


def _cluster_time(data: bytes) -> float:
    """The cluster's time in seconds (scale 1 ms, as ffmpeg writes); its first child, or after a checksum."""
    at = 0
    while (element := _ebml(data[at:])) is not None and element[1] is not None:
        number, length, header = element
        if number == TIMESTAMP and length is not None:
            return int.from_bytes(data[at + header : at + header + length], "big") / 1000
        at += header + (length or 0)
    return 0.0


def _timescale(moov: bytes) -> int:
    """Ticks a second of the first track."""
    at = moov.find(b"mdhd")
    if at < 0:
        return 0
    skip = 16 if moov[at + 4] == 1 else 8
    return int(struct.unpack_from(">I", moov, at + 8 + skip)[0])


def _decode_time(moof: bytes) -> int:
    """When the first track of a fragment begins, in its ticks."""
    at = moof.find(b"tfdt")
    if at < 0:
        return 0
    return int(struct.unpack_from(">Q" if moof[at + 4] == 1 else ">I", moof, at + 8)[0])
