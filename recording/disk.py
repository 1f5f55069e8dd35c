"""How much room a disk has left: when to warn, and when to stop so that the rest of the machine goes on (pure but for statvfs).

Captures stop before the disk is full. Database, log and mail live on the same disk more often than not: a class whose recording
stands still is unharmed, one whose attendance cannot be written is not.
"""

import os
from collections import deque
from pathlib import Path
from typing import Final, Literal, NamedTuple

LOW_BYTES: Final = 2_000_000_000
"""Two hours of a class with screen."""
LOW_SHARE: Final = 0.1
"""… or this share of a small disk."""
LOW_S: Final = 1_800.0
"""Half an hour at the present rate, …"""
NEAR: Final = 10
"""… believed only within so many times `LOW_BYTES`: on a large disk a copy of some files is no alarm."""
ENOUGH: Final = 1.25
"""So much more than what we warn at is enough again: no flapping."""
RESERVE_BYTES: Final = 256 << 20
RESERVE_SHARE: Final = 0.02
WINDOW_S: Final = 120.0
SHORTEST_S: Final = 20.0
"""A rate is not judged by less."""


class Space(NamedTuple):
    free: int
    total: int

    @property
    def reserve(self) -> int:
        """What recordings leave to everybody else."""
        return min(RESERVE_BYTES, int(self.total * RESERVE_SHARE))

    @property
    def low(self) -> int:
        return self.reserve + min(LOW_BYTES, int(self.total * LOW_SHARE))

    def is_short(self, times: float = 1.0) -> bool:
        """Less is left than so many reserves."""
        return self.free < self.reserve * times


def read_space(folder: Path) -> Space | None:
    """None where the system does not tell (some network folders)."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return Space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize) if found.f_blocks else None


def is_short(folder: Path, times: float = 1.0) -> bool:
    """Recording work that can wait should: `times` says how much later it may go on than captures."""
    space = read_space(folder)
    return space is not None and space.is_short(times)


class DiskWatch:
    """Tells once when room gets low, and once when there is enough again."""

    def __init__(self) -> None:
        self.is_low = False
        self.left_s: float | None = None
        """At the present rate; None: it is not getting less."""
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, space: Space, now: float) -> Literal["disk-low", "disk-enough"] | None:
        """Call every second or two."""
        self._seen.append((now, space.free))
        while now - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()
        since_s, before = self._seen[0]
        shrinks = (before - space.free) / (now - since_s) if now - since_s >= SHORTEST_S else 0.0
        self.left_s = max(0, space.free - space.reserve) / shrinks if shrinks > 0 else None
        factor = ENOUGH if self.is_low else 1.0
        soon = self.left_s is not None and self.left_s < LOW_S * factor and space.free < space.low * NEAR * factor
        low = soon or space.free < space.low * factor
        if low == self.is_low:
            return None
        self.is_low = low
        return "disk-low" if low else "disk-enough"
