"""How much can this viewer take? (pure)

A receiver's REMB tells within a fifth of a second that a line became narrow, but first names far too much: it takes half a second
to come down to what really arrives. So a steep fall halves what it says, at once, and trials find the rest. As proof for stepping
up it is useless: it stays near 1.5 times what comes in [sfu-facts §3]. So the budget falls on loss, on a queue that grows and on
a REMB that drops, or stays flat, below what is sent (one that still rises only has not caught up with a larger stream); it rises
only by trial: one step up, watched for some seconds, with a longer pause after every trial that failed. What tells of a trial are
loss and the queue (receiver reports, `receive_delay`).

When even the least that is sent is too much, `sacrifice` rises: first only the cheapest picture is kept, then sound alone. Its
clock counts the time the estimate lies below the need. Loss does not restart it, nor excuse a low estimate, and an estimate that
creeps is no recovery: only one that suffices sets the clock back.
"""

from collections import deque
from collections.abc import Callable

from media.nearest import Nearest

SETTLE_S = 8.0
"""The first REMBs of a connection start far too low."""
WATCH_S = 4.0
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 20.0
BACK_OFF = 1.7
LOSS_LIMIT = 0.10
HEADROOM = 0.95
DROP = 0.85
"""A fall to less than this of the recent best is congestion …"""
STEEP = 0.7
"""… and below this share of what is sent it is believed at once; a milder one must be said twice: busy computers stammer."""
STEEP_CUT = 0.55
FLAT_S = 2.0
RISE = 1.03
STEP_GAP_S = 1.0
EMPTY_S = 0.1
FAR_SHARE = 0.25
"""A long way varies by so much of itself without a queue."""
EMPTY_NEWS_S = 1.2
PROBING_S = 20.0
"""Reports come about once a second. Once a line was found narrow, and for a while after the last trial, the estimate lags far
behind, or falls because a computer was busy: as long as nothing waits on the way, a low one is no reason to send less. A fall
after the last trial was watched is believed again: it may be a new squeeze."""
OLD_LOSS_S = 2.0
"""What was lost before a step down is still reported for so long."""
DELAY_LIMIT_S = 0.4
"""A packet under way for so long stands in a queue that grows; nobody's network is that far away for long."""
DOUBTED_DELAY_S = 0.1
"""The same, while the estimate lies far below what is sent: after a squeeze it lags for half a minute and cannot fall again."""
TRIAL_DELAY_S = 0.25
"""The same during a trial, when the estimate always lags."""
SILENCE_LIMIT_S = 0.2
"""So much longer than lately two checks of ours wait for their answer: a queue has begun to grow."""
ASKED_FOR_S = 40.0
"""After the last trial the estimate lags for so long."""
LEAST_GAP_S = 0.15
"""Two delays closer together than this say nothing about how fast the queue grows."""
LEAST_SHARE = 0.2
"""Of what is sent: the least a growing queue is taken to mean."""
STARVE_S = 3.0
CATCH_UP_S = 10.0
"""After a trial began, a low estimate that rises is only behind."""
SOUND_ONLY = 2
"""`sacrifice` at which no picture is sent."""
LEAST_BPS = 30_000.0
UNLIMITED = float("inf")


class Downlink:
    """One viewer's budget in bit/s; infinite until something speaks against it."""

    __slots__ = (
        "_dropped_before",
        "_empty_at",
        "_estimates",
        "_gave_back",
        "_nearest",
        "_nearest_trip",
        "_pause_s",
        "_queue",
        "_raised_at",
        "_settled_until",
        "_short_s",
        "_stepped_down_at",
        "_tried_at",
        "budget_bps",
        "is_narrow",
        "sacrifice",
    )

    def __init__(self, now: float) -> None:
        self.budget_bps = UNLIMITED
        self.is_narrow = False
        """The line itself is too small, as the estimate or the queue says; loss alone may have other reasons."""
        self.sacrifice = 0
        """0: the screen and the instructor are sent whatever the budget says; 1: only the cheaper of them; 2: sound only."""
        self._estimates: deque[tuple[float, int]] = deque(maxlen=24)
        """(when, bit/s) of the last seconds, about four a second."""
        self._pause_s = FIRST_PAUSE_S
        self._stepped_down_at = now
        self._raised_at: float | None = None
        self._tried_at = float("-inf")
        self._settled_until = now + SETTLE_S
        self._dropped_before = False
        self._short_s = 0.0
        """How long the estimate has been below the need."""
        self._gave_back = False
        """The trial under way took a sacrifice back."""
        self._nearest = Nearest()
        """Delays: the least is the empty line."""
        self._nearest_trip = Nearest()
        """How long checks of ours took to be answered."""
        self._empty_at = float("-inf")
        """When packets last arrived without having waited."""
        self._queue: tuple[float, float] | None = None
        """(when, how long) of the last wait reported."""

    @property
    def is_limited(self) -> bool:
        return self.budget_bps != UNLIMITED

    def receive_remb(self, bitrate_bps: int, sending_bps: float, least_bps: Callable[[], float], now: float) -> bool:
        """Take an estimate while `sending_bps` goes to this viewer; True when the budget fell or something is sacrificed.

        least_bps: what is sent to it however small the budget is; asked for only when the line may be narrow.
        """
        estimates = self._estimates
        gap_s = now - estimates[-1][0] if estimates else 0.0
        estimates.append((now, bitrate_bps))
        if self.sacrifice == SOUND_ONLY:
            return False  # nothing less can be sent, and without a picture it stands still, however wide the line is again
        suffices = bitrate_bps >= sending_bps * HEADROOM
        if suffices and not self.is_limited:  # nearly always, of every viewer, four times a second: no more work than this
            self._dropped_before, self._short_s = False, 0.0
            return False
        if now < self._settled_until and self._raised_at is None:
            return False
        before = [value for at, value in estimates if FLAT_S <= now - at <= 2 * FLAT_S]
        is_empty = now - self._empty_at < EMPTY_NEWS_S
        if is_empty and (self.is_limited or now - self._tried_at < WATCH_S):
            return False
        catches_up = now - self._tried_at < CATCH_UP_S and bool(before) and bitrate_bps > RISE * before[-1]
        if self._starves(bitrate_bps, least_bps(), 0.0 if catches_up else min(gap_s, 1.0), now):
            return True
        if suffices:
            self._dropped_before = False
            return False
        recent = [value for at, value in estimates if now - at <= 2 * FLAT_S]
        if bitrate_bps < DROP * max(recent):
            is_steep = bitrate_bps < STEEP * sending_bps
            twice, self._dropped_before = self._dropped_before, True
            if is_steep or twice:
                return self._step_down(bitrate_bps * (STEEP_CUT if is_steep else HEADROOM), now)
            return False
        self._dropped_before = False
        if is_empty and now - self._tried_at < PROBING_S:
            return False
        stays = bool(before) and bitrate_bps <= RISE * before[-1] and now >= self._settled_until
        return stays and self._step_down(bitrate_bps * HEADROOM, now)

    def receive_loss(self, fraction: float, sending_bps: float, now: float) -> bool:
        """Take a receiver report's lost fraction (0–1); True when the budget fell."""
        if now - self._stepped_down_at < OLD_LOSS_S and self.is_limited:
            return False
        return fraction > LOSS_LIMIT and self._step_down(sending_bps * (1 - fraction) * 0.8, now, narrow=self.is_narrow)

    def receive_delay(self, delay_s: float, sending_bps: float, now: float) -> bool:
        """Take how long a packet has been under way at least; True when the budget fell.

        For receivers that send no REMB, and for lines with so deep a queue that nothing is ever lost. How fast the queue grows
        tells which share of what is sent the line carries. What left before the last step down says nothing about it, and what
        left soon afterwards still stood in the old queue: then only a queue that grows tells that the step was too small.
        """
        nearest_s = self._nearest.receive(delay_s, now)
        waited_s = delay_s - nearest_s
        before, self._queue = self._queue, (now, waited_s)
        if waited_s < EMPTY_S + FAR_SHARE * nearest_s:
            self._empty_at = now
            return False
        self._empty_at = float("-inf")
        if self.is_limited and self._raised_at is None:
            left_at = now - delay_s
            if left_at <= self._stepped_down_at or before is None or before[0] <= self._stepped_down_at:
                return False
        if waited_s <= self._delay_limit(sending_bps, now):
            return False
        grows_by = 0.0
        if before is not None and now - before[0] >= LEAST_GAP_S:
            grows_by = (waited_s - before[1]) / (now - before[0])
            if grows_by <= 0:
                return False  # it drains
        share = min(STEEP_CUT, max(LEAST_SHARE, 1 - grows_by))
        estimate_bps = self._estimates[-1][1] if self._estimates else UNLIMITED
        return self._step_down(min(sending_bps * share, estimate_bps), now)

    def receive_arrival(self, age_s: float, now: float) -> None:
        """Take that all has arrived, the last of it sent `age_s` ago: nothing waits, and the way is no longer than that."""
        self._nearest.receive(age_s, now)
        self._queue = (now, 0.0)
        self._empty_at = now

    def is_doubted(self, sending_bps: float, now: float) -> bool:
        """The estimate lies far below what is sent, and for want of a queue is not believed: it can tell of no squeeze either."""
        return bool(self._estimates) and now >= self._settled_until and self._estimates[-1][1] < STEEP * sending_bps

    def is_worth_asking(self, sending_bps: float, now: float) -> bool:
        """It is doubted because the line was narrow lately; a stream that has only become larger is no reason."""
        if self.sacrifice == SOUND_ONLY:
            return False
        return (self.is_limited or now - self._tried_at < ASKED_FOR_S) and self.is_doubted(sending_bps, now)

    def receive_round_trip(self, took_s: float, now: float) -> None:
        """Take how long a check of ours took to be answered."""
        self._nearest_trip.receive(took_s, now)

    def receive_silence(self, waiting_s: float, sending_bps: float, now: float) -> bool:
        """Take for how long two checks of ours have been waiting for their answers; True when the budget fell.

        Receiver reports come once a second, and what is sent by then into a line that became narrow fills its queue.
        """
        if waiting_s - self._nearest_trip.least_s <= SILENCE_LIMIT_S:
            return False
        if self.is_limited and now - waiting_s <= self._stepped_down_at:
            return False  # they stand in the old queue
        return self._step_down(min(STEEP_CUT * sending_bps, self._estimates[-1][1]), now)

    def _delay_limit(self, sending_bps: float, now: float) -> float:
        if self._raised_at is not None and now - self._raised_at < WATCH_S:
            return TRIAL_DELAY_S
        return DOUBTED_DELAY_S if self.is_doubted(sending_bps, now) else DELAY_LIMIT_S

    def receive_line_rate(self, bitrate_bps: float, now: float) -> bool:
        """Take what a TCP connection was seen to take while packets queued up for it; True when the budget fell."""
        return self._step_down(bitrate_bps * 0.8, now)

    def may_raise(self, now: float) -> bool:
        """True when it is time to try one layer more."""
        if not self.is_limited:
            return False
        if self._raised_at is not None and now - self._raised_at >= WATCH_S:
            self._raised_at = None
            self._pause_s = max(FIRST_PAUSE_S, self._pause_s / BACK_OFF)  # the trial stood
            self._stepped_down_at = now - self._pause_s
        return self._raised_at is None and now - self._stepped_down_at >= self._pause_s

    def put_off(self, now: float) -> None:
        """The line was asked and carries no more yet: the next trial waits as long again, no longer."""
        self._stepped_down_at = now

    def lift(self) -> None:
        """Everything wanted is sent already, and the line takes it: no limit any more."""
        self.budget_bps = UNLIMITED
        self.is_narrow = False

    def raise_to(self, budget_bps: float, now: float) -> None:
        """Begin a trial with this budget."""
        self.budget_bps = budget_bps
        self.is_narrow = self.is_narrow and self.is_limited
        self._gave_back = self.sacrifice > 0
        self.sacrifice = max(0, self.sacrifice - 1)
        self._short_s = 0.0
        self._raised_at = self._tried_at = now
        self._settled_until = now + 3.0  # the estimate needs a moment to follow the larger stream

    def _starves(self, bitrate_bps: int, least_bps: float, passed_s: float, now: float) -> bool:
        """Count the time in which the least is too much; True when something more is sacrificed."""
        if bitrate_bps >= 0.9 * least_bps:
            self._short_s = 0.0
            return False
        self._short_s += passed_s
        if self._short_s < STARVE_S:
            return False
        self.sacrifice += 1
        self.is_narrow = True
        self._short_s = 0.0
        self._fail_trial(now)
        self.budget_bps = min(self.budget_bps, max(LEAST_BPS, bitrate_bps * HEADROOM))
        return True

    def _step_down(self, budget_bps: float, now: float, *, narrow: bool = True) -> bool:
        if now - self._stepped_down_at < STEP_GAP_S and budget_bps > 0.5 * self.budget_bps:
            return False  # let the last step take effect
        if self._fail_trial(now) and self._gave_back:
            self.sacrifice += 1
        self.budget_bps = max(LEAST_BPS, min(self.budget_bps, budget_bps))
        self.is_narrow = narrow
        return True

    def _fail_trial(self, now: float) -> bool:
        """No trial runs any more; True when one did."""
        failed = self._raised_at is not None and now - self._raised_at < WATCH_S
        if failed:
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * BACK_OFF)
        self._raised_at = None
        self._stepped_down_at = now
        return failed
