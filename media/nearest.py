"""How long the way is when nothing waits on it (pure)."""

KEPT_S = 15.0
"""The least of the last 15 to 30 seconds counts. A way that became longer (a VPN, another network, a neighbour's download in the
same queue) would else look like a queue of ours for ever; ours has been drained by then, because less was sent into it."""


class Nearest:
    """The least delay that was seen lately."""

    __slots__ = ("_before_s", "_began", "_least_s")

    def __init__(self) -> None:
        self._least_s = self._before_s = float("inf")
        self._began = float("-inf")

    @property
    def least_s(self) -> float:
        """Infinite while nothing is known."""
        return min(self._least_s, self._before_s)

    def receive(self, delay_s: float, now: float) -> float:
        """Take a delay; the least there was, this one included."""
        if now - self._began >= KEPT_S:
            self._before_s = self._least_s if now - self._began < 2 * KEPT_S else float("inf")
            self._least_s, self._began = float("inf"), now
        self._least_s = min(self._least_s, delay_s)
        return self.least_s
