"""Takes somebody out of a capture for good: their packets are no longer on the disk when `erase` returns.

Every segment is written anew beside the old one and takes its name when it is whole, so a crash leaves either. Where packets
were, sparse marks stay: they keep the clock of the replay (its first and last moment) as it was, so that edits and chat keep
their place. Doing it again changes nothing.
"""

import os
from pathlib import Path
from typing import BinaryIO, Final

from recording import log
from recording.log import LogReader, Record

MARK_EVERY_S: Final = 0.1


def erase(capture: Path, owners: frozenset[str]) -> int:
    """Returns how many packets were taken out. Only for a capture nobody writes to any more."""
    if not owners:
        return 0
    eraser = _Eraser(capture, owners)
    reader = LogReader(capture)
    while records := reader.read(last=True):
        eraser.receive(reader.segment, records)
    eraser.finish()
    return eraser.erased


class _Eraser:
    def __init__(self, capture: Path, owners: frozenset[str]) -> None:
        self._capture, self._owners = capture, owners
        self._gone: set[tuple[int, int]] = set()
        self._segment = ""
        self._file: BinaryIO | None = None
        self._changed = False
        self._marked_s = 0.0
        self.erased = 0

    def receive(self, segment: str, records: list[Record]) -> None:
        if segment != self._segment:
            self.finish()
            self._segment, self._changed, self._marked_s = segment, False, 0.0
            self._file = open(self._partial(), "wb")  # noqa: SIM115 — closed by finish()
            self._file.write(log.MAGIC)
        assert self._file is not None, "opened above"
        for record in records:
            kept = self._keep(record)
            if kept is not None:
                self._file.write(log.pack_record(kept.kind, kept.track, kept.at_s, kept.payload))

    def finish(self) -> None:
        """The segment read so far is complete."""
        if self._file is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        if self._changed:
            os.replace(self._partial(), self._capture / self._segment)
        else:
            self._partial().unlink()

    def _partial(self) -> Path:
        return self._capture / (self._segment + ".partial")

    def _keep(self, record: Record) -> Record | None:
        key = (record.run, record.track)
        if record.kind == log.TRACK_OPENED and record.document()["owner"] in self._owners:
            self._gone.add(key)
        if key not in self._gone or record.kind not in (log.TRACK_OPENED, log.TRACK_CLOSED, log.RTP, log.SENDER_REPORT):
            return record
        self._changed = True
        if record.kind != log.RTP:
            return None
        self.erased += 1
        if record.at_s - self._marked_s < MARK_EVERY_S:
            return None
        self._marked_s = record.at_s
        return record._replace(kind=log.ERASED, track=0, payload=b"")
