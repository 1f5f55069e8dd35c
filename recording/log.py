"""The capture log: an append-only file format for RTP with arrival times, and its reader.

A capture is a folder of segments `run-0001-000001.log` (run, segment), read in the order of their names. A segment is the 8 bytes
`MAGIC` and then records, each

    crc32  u32   over everything after this field
    length u32   of the payload
    kind   u8
    track  u16   0 = none
    time   u64   microseconds of the capturing process's monotonic clock
    payload

little-endian. The first record of every segment is RUN. A record that ends early or whose checksum is wrong was torn by a crash
(or a bad disk): the reader skips to the next record that is whole and remembers how many bytes it skipped.
"""

import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

MAGIC: Final = b"GKRTPL1\n"
HEADER: Final = struct.Struct("<IIBHQ")
_BODY: Final = struct.Struct("<IBHQ")
REPORT: Final = struct.Struct("<QI")
MAX_PAYLOAD_BYTES: Final = 66_000
"""An RTP packet fits in 64 KiB; a longer record is damage."""

RUN, TRACK_OPENED, RTP, SENDER_REPORT, TRACK_CLOSED, DROPPED, ALIVE, CLOSED, ERASED = range(1, 10)
"""Kinds. RUN, TRACK_OPENED and DROPPED carry JSON; SENDER_REPORT carries (ntp_64, timestamp_rtp); CLOSED is a clean stop;
ERASED stands where packets of somebody who took back consent were."""


class Record(NamedTuple):
    """One entry of the log, with the run it belongs to."""

    run: int
    kind: int
    track: int
    at_s: float
    payload: bytes

    def document(self) -> dict[str, Any]:
        """The payload of a RUN, TRACK_OPENED or DROPPED record."""
        document = json.loads(self.payload)
        assert isinstance(document, dict), "JSON records are written by us as objects"
        return document


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Where a run's monotonic clock stands in the world."""

    run: int
    wall_s: float
    """UTC, seconds since 1970, at `monotonic_s`."""
    monotonic_s: float
    boot: str
    """Identity of the machine's boot: monotonic clocks of two runs compare only when it is the same."""


def pack_record(kind: int, track: int, at_s: float, payload: bytes) -> bytes:
    """Make the bytes of one record."""
    body = _BODY.pack(len(payload), kind, track, int(at_s * 1e6)) + payload
    return zlib.crc32(body).to_bytes(4, "little") + body


def pack_document(kind: int, track: int, at_s: float, document: dict[str, Any]) -> bytes:
    """Make the bytes of one record that carries JSON."""
    return pack_record(kind, track, at_s, json.dumps(document, separators=(",", ":")).encode())


def segment_name(run: int, segment: int) -> str:
    return f"run-{run:04d}-{segment:06d}.log"


def last_run(directory: Path) -> int:
    """The number of the newest run in the folder, 0 when there is none."""
    return max((int(path.name[4:8]) for path in directory.glob("run-????-??????.log")), default=0)


@dataclass
class LogReader:
    """Reads a capture from its beginning and goes on where it stopped: call `read` again for what was appended since."""

    directory: Path
    damaged_bytes: int = 0
    _names: list[str] = field(default_factory=list)
    _current: str | None = None
    _offset: int = 0
    _rest: bytes = b""
    _started: bool = False
    _run: int = 0

    @property
    def segment(self) -> str:
        """Which segment the records read last came from."""
        return self._names[-1] if self._names else ""

    def read(self, limit_bytes: int = 1 << 20, *, last: bool = False) -> list[Record]:
        """The next whole records, up to about `limit_bytes`; empty when there are none yet.

        last: nothing will be appended any more, so an unfinished record is torn, not growing.
        """
        while True:
            if self._current is None and not self._next_segment():
                return []
            assert self._current is not None, "a segment is open"
            try:
                with open(self.directory / self._current, "rb") as file:
                    file.seek(self._offset)
                    fresh = file.read(limit_bytes)
            except FileNotFoundError:  # the writer took an empty segment back: the disk was full
                fresh = b""
            self._offset += len(fresh)
            records = self._parse(self._rest + fresh)
            if records:
                return records
            if fresh:
                continue
            if not (last or self._newer()):
                return []
            records = self._parse(self._rest, ended=True)
            self.damaged_bytes += len(self._rest)
            self._current, self._rest = None, b""
            if records:
                return records

    def _newer(self) -> list[str]:
        names = sorted(path.name for path in self.directory.glob("run-????-??????.log"))
        return [name for name in names if name > (self._names[-1] if self._names else "")]

    def _next_segment(self) -> bool:
        newer = self._newer()
        if not newer:
            return False
        self._current = newer[0]
        self._names.append(newer[0])
        self._run = int(newer[0][4:8])
        self._offset, self._rest, self._started = 0, b"", False
        return True

    def _parse(self, data: bytes, *, ended: bool = False) -> list[Record]:
        """ended: the segment grows no more, so a record that reaches beyond it is damage."""
        position = 0
        if not self._started:
            if len(data) < len(MAGIC):
                self._rest = data
                return []
            self._started = True
            if data.startswith(MAGIC):
                position = len(MAGIC)
        records: list[Record] = []
        unpack, crc32, size, end = HEADER.unpack_from, zlib.crc32, HEADER.size, len(data)
        view = memoryview(data)
        while position + size <= end:
            crc, length, kind, track, time_us = unpack(data, position)
            if length <= MAX_PAYLOAD_BYTES:
                after = position + size + length
                if after > end:
                    if not ended and RUN <= kind <= ERASED:
                        break
                elif crc32(view[position + 4 : after]) == crc:
                    records.append(Record(self._run, kind, track, time_us / 1e6, data[position + size : after]))
                    position = after
                    continue
            self.damaged_bytes += 1
            position += 1
        self._rest = data[position:]
        return records
