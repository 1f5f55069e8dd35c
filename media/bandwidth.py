"""How much can this viewer take? (pure)

A receiver's REMB is good for stepping down and useless as proof for stepping up: it stays near 1.5 times what comes in
[sfu-facts §3]. So the budget falls on loss and on a REMB that drops, or stays flat, below what is sent (one that still rises only
has not caught up with a larger stream); it rises only by trial: one step up, watched for some seconds, with a longer pause after
every trial that failed.
"""

from collections import deque

SETTLE_S = 8.0
"""The first REMBs of a connection start far too low."""
WATCH_S = 4.0
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0
LOSS_LIMIT = 0.10
HEADROOM = 0.95
DROP = 0.85
"""A fall to less than this of the recent best is congestion."""
FLAT_S = 2.0
RISE = 1.03


class Downlink:
    """One viewer's budget in bit/s; infinite until something speaks against it."""

    __slots__ = ("_estimates", "_pause_s", "_raised_at", "_settled_until", "_stepped_down_at", "budget_bps")

    def __init__(self, now: float) -> None:
        self.budget_bps = float("inf")
        self._estimates: deque[tuple[float, int]] = deque(maxlen=16)
        """(when, bit/s) of the last seconds, about four a second."""
        self._pause_s = FIRST_PAUSE_S
        self._stepped_down_at = now
        self._raised_at: float | None = None
        self._settled_until = now + SETTLE_S

    def receive_remb(self, bitrate_bps: int, sending_bps: float, now: float) -> bool:
        """Take an estimate while `sending_bps` goes to this viewer; True when the budget fell."""
        estimates = self._estimates
        estimates.append((now, bitrate_bps))
        if bitrate_bps >= sending_bps * HEADROOM or now < self._settled_until:
            return False
        recent = [value for at, value in estimates if now - at <= 2 * FLAT_S]
        earlier = [value for at, value in estimates if FLAT_S <= now - at <= 2 * FLAT_S]
        drops = bitrate_bps < DROP * max(recent)
        stays = bool(earlier) and bitrate_bps <= RISE * earlier[-1]
        return (drops or stays) and self._step_down(bitrate_bps * HEADROOM, now)

    def receive_loss(self, fraction: float, sending_bps: float, now: float) -> bool:
        """Take a receiver report's lost fraction (0–1); True when the budget fell."""
        return fraction > LOSS_LIMIT and self._step_down(sending_bps * (1 - fraction) * 0.8, now)

    def receive_line_rate(self, bitrate_bps: float, now: float) -> bool:
        """Take what a TCP connection was seen to take while packets queued up for it; True when the budget fell."""
        return self._step_down(bitrate_bps * 0.8, now)

    def may_raise(self, now: float) -> bool:
        """True when it is time to try one layer more."""
        if self.budget_bps == float("inf"):
            return False
        if self._raised_at is not None and now - self._raised_at >= WATCH_S:
            self._raised_at = None
            self._pause_s = max(FIRST_PAUSE_S, self._pause_s / 2)  # the trial stood
            self._stepped_down_at = now - self._pause_s
        return self._raised_at is None and now - self._stepped_down_at >= self._pause_s

    def raise_to(self, budget_bps: float, now: float) -> None:
        """Begin a trial with this budget (infinite: everything wanted is sent)."""
        self.budget_bps = budget_bps
        self._raised_at = now
        self._settled_until = now + 1.5  # the estimate needs a moment to follow the larger stream

    def _step_down(self, budget_bps: float, now: float) -> bool:
        if now - self._stepped_down_at < 1.0:
            return False  # let the last step take effect
        if self._raised_at is not None and now - self._raised_at < WATCH_S:
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        self._raised_at = None
        self._stepped_down_at = now
        self.budget_bps = max(100_000.0, budget_bps)
        return True
