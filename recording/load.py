"""When films wait: while classes run and the machine is busy with them (pure but for reading /proc).

Films run at low priority, so what they use is counted as "nice" time; everything else is somebody who must not wait. Even so a
film costs a class pictures (20 instead of 30 a second, with browsers on the same two cores), so films stand still early.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BUSY: Final = 0.4
"""Share of all cores that ordinary work uses: from here on films stand still …"""
CALM: Final = 0.25
"""… until it is below this."""
WINDOW_S: Final = 2.0

Times = tuple[float, float]
"""Ordinary work and everything, in ticks since the start of the machine."""


def read_times() -> Times | None:
    """None where the system does not tell."""
    try:
        line = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, idle, iowait, irq, softirq, steal = (float(value) for value in line[1:9])
    work = user + system + irq + softirq + steal
    return work, work + nice + idle + iowait


@dataclass
class LoadGate:
    """`closed` tells whether films must stand still now; ask about once a second."""

    live: Callable[[], bool]
    """A class is being held."""
    times: Callable[[], Times | None] = read_times
    clock: Callable[[], float] = time.monotonic
    _last: Times | None = None
    _last_s: float = field(default=-1e9)
    _shut: bool = False

    def closed(self) -> bool:
        if not self.live():
            self._shut, self._last = False, None
            return False
        now = self.clock()
        if self._last is not None and now - self._last_s < WINDOW_S:
            return self._shut
        times = self.times()
        if times is not None and self._last is not None and times[1] > self._last[1]:
            busy = (times[0] - self._last[0]) / (times[1] - self._last[1])
            self._shut = busy > (CALM if self._shut else BUSY)
        self._last, self._last_s = times, now
        return self._shut
