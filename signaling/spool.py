"""Facts on this machine's disk until they are written down elsewhere: what a killed process leaves to its successor.

Appending is one `write` without fsync: what the kernel has, survives the process, and the machine's death costs what it costs
the class itself. The file is emptied whenever everything is written down, that is nearly always. It holds names: only its owner
may read it. A disk that takes nothing any more is said once; the facts then wait in memory as before.
"""

import contextlib
import errno
import os
from collections.abc import Collection, Iterable
from pathlib import Path

import structlog
from pydantic import ValidationError

from signaling.facts import FACT, AnyFact

KEPT_BYTES = 4_000_000
"""Once so large, what was written down meanwhile is thrown out, though never all of it was at once."""

log = structlog.get_logger()


class Spool:
    """One process writes; `read` is for the next one, before it writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._bytes = 0
        self._most = KEPT_BYTES
        self._failing = False

    def read(self) -> list[AnyFact]:
        """What the process before left; a line that was torn when it died is skipped."""
        facts: list[AnyFact] = []
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return facts
        except OSError as wrong:
            self._say(wrong)
            return facts
        self._bytes = len(text)
        if text and not text.endswith(b"\n"):
            self._write(b"\n")
        for line in text.splitlines():
            try:
                facts.append(FACT.validate_json(line))
            except ValidationError:
                log.error("! unreadable fact skipped", bytes=len(line))
        return facts

    def append(self, fact: AnyFact) -> None:
        self._write(_line(fact))

    def forget_all_but(self, rest: Collection[AnyFact]) -> None:
        """All others are written down."""
        try:
            if not rest:
                self._cut(0)
            elif self._bytes > self._most:
                self._write_anew(rest)
        except OSError as wrong:
            self._say(wrong)

    def close(self) -> None:
        """Twice is silent; it opens again by itself."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def _write(self, line: bytes) -> None:
        try:
            if os.write(self._open(), line) < len(line):
                self._cut(self._bytes)  # half a line would spoil the next one
                raise OSError(errno.ENOSPC, "half a line")
        except OSError as wrong:
            self._say(wrong)
            return
        self._bytes += len(line)
        self._failing = False

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return self._file

    def _cut(self, to: int) -> None:
        if self._bytes != to or to:
            os.ftruncate(self._open(), to)
            self._bytes = to

    def _write_anew(self, facts: Iterable[AnyFact]) -> None:
        text = b"".join(_line(fact) for fact in facts)
        scratch = self._path.with_suffix(".partial")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as writing:
            writing.write(text)
        scratch.replace(self._path)  # whole or not at all
        self.close()
        self._bytes, self._most = len(text), max(KEPT_BYTES, 2 * len(text))

    def _say(self, wrong: OSError) -> None:
        if not self._failing:
            log.error("! facts wait in memory only", reason=os.strerror(wrong.errno or 0))
        self._failing = True


def _line(fact: AnyFact) -> bytes:
    return fact.model_dump_json().encode() + b"\n"
