"""How busy is this worker? Share of a core, packets a second, and how late its loop is (pure).

Lateness is measured on the 20 ms timer of the packet loop: what the timer waits, packets wait too.
"""

LAG_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
WINDOW_S = 2.0
"""Shares are over so long, and the greatest lateness is of the last one or two of them."""


class Load:
    """Fed by the loop; read by whoever asks for figures."""

    def __init__(self, now: float) -> None:
        self.cpu_share = 0.0
        self.packets_per_s = 0.0
        self.lag_counts = [0] * (len(LAG_BUCKETS_S) + 1)
        """How many ticks were so late, by bucket (not cumulated); the last is everything above."""
        self.lag_sum_s = 0.0
        self.lag_mean_s = 0.0
        """Over the last window: one late tick is an accident, a late average is a worker without air."""
        self._window_lag_s = 0.0
        self._window_ticks = 0
        self._lag_max_s = 0.0
        self._lag_max_before_s = 0.0
        self._sampled_at = now
        self._cpu_s: float | None = None
        self._packets = 0

    @property
    def lag_max_s(self) -> float:
        """The greatest lateness of the last seconds."""
        return max(self._lag_max_s, self._lag_max_before_s)

    def tick(self, late_s: float) -> None:
        """The timer came this late."""
        late_s = max(0.0, late_s)
        place = 0
        for limit_s in LAG_BUCKETS_S:
            if late_s <= limit_s:
                break
            place += 1
        self.lag_counts[place] += 1
        self.lag_sum_s += late_s
        self._window_lag_s += late_s
        self._window_ticks += 1
        self._lag_max_s = max(self._lag_max_s, late_s)

    def is_due(self, now: float) -> bool:
        """True when `sample` should be called."""
        return now - self._sampled_at >= WINDOW_S

    def sample(self, cpu_s: float, packets: int, now: float) -> None:
        """End a window. cpu_s: CPU time of the process so far; packets: sent so far."""
        passed_s = now - self._sampled_at
        if self._cpu_s is not None and passed_s > 0:
            self.cpu_share = max(0.0, cpu_s - self._cpu_s) / passed_s
            self.packets_per_s = max(0, packets - self._packets) / passed_s
        self._cpu_s, self._packets, self._sampled_at = cpu_s, packets, now
        self._lag_max_before_s, self._lag_max_s = self._lag_max_s, 0.0
        self.lag_mean_s = self._window_lag_s / max(1, self._window_ticks)
        self._window_lag_s, self._window_ticks = 0.0, 0
