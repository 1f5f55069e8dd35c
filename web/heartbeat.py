"""A child's loop says twice a second that it still turns; the supervisor ends a child that has fallen silent.

A pipe carries it: the child writes a byte, the parent remembers when. Nothing is asked of a child before its first beat, because
a start may take long (a migration), and nothing of one that was never given a pipe.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

VARIABLE: Final = "CLASSROOM_INTERNAL_BEAT_FD"
EVERY_S: Final = 0.5


class Pulse:
    """The parent's end for one start of a child."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        """What the child inherits; close it here once the child has it (`handed_over`)."""
        os.set_blocking(self._reading, False)
        self._heard_at: float | None = None
        self._is_open = True

    def handed_over(self) -> None:
        os.close(self.writing)

    def has_beaten(self, now: float) -> bool:
        """Its loop turned at least once."""
        self.silent_s(now)
        return self._heard_at is not None

    def silent_s(self, now: float) -> float:
        """How long the child has said nothing; 0 before its first beat."""
        with contextlib.suppress(BlockingIOError):
            while self._is_open and os.read(self._reading, 4096):
                self._heard_at = now
        return now - self._heard_at if self._heard_at is not None else 0.0

    def forgive(self, now: float) -> None:
        """We were not looking ourselves (the machine slept): begin again to count."""
        if self._heard_at is not None:
            self._heard_at = now

    def close(self) -> None:
        """Twice is silent."""
        if self._is_open:
            self._is_open = False
            os.close(self._reading)


def beater() -> Callable[[], None] | None:
    """In a child: what its loop calls as often as it likes; None when nobody listens."""
    number = os.environ.pop(VARIABLE, "")
    if not number.isdigit():
        return None
    descriptor = int(number)
    os.set_blocking(descriptor, False)
    os.set_inheritable(descriptor, False)
    said_at = float("-inf")

    def beat() -> None:
        nonlocal said_at
        now = time.monotonic()
        if now - said_at >= EVERY_S:
            said_at = now
            with contextlib.suppress(OSError):  # full: the parent does not look; gone: `stop_with_parent` ends us
                os.write(descriptor, b".")

    return beat


async def beat_forever() -> None:
    """As a task of a child whose loop has no timer of its own."""
    beat = beater()
    while beat is not None:
        beat()
        await asyncio.sleep(EVERY_S)
