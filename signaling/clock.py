"""Time for rooms: Unix seconds that never jump."""

import time


class SteadyClock:
    """The wall clock is read while nothing depends on it; from then on time only passes, whatever somebody sets the clock to."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._offset_s + time.monotonic()

    def set_by_wall(self) -> None:
        """Only while no room is open."""
        self._offset_s = time.time() - time.monotonic()
