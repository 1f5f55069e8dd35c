"""What is lost? Upstream: what to ask a publisher for again. Downstream: which of a viewer's requests to honour (pure)."""

from media.serial import unwrap_16

FIRST_WAIT_S = 0.010
"""Reordering heals by itself within 10 ms on real networks; asking sooner wastes upstream."""
RETRY_S = 0.060
MAX_TRIES = 8
MAX_MISSING = 256
"""A larger hole is an outage: only a key frame helps."""
RESEND_GAP_S = 0.020
"""The same packet to the same viewer at most every 20 ms."""
MAX_REMEMBERED = 512


class LossDetector:
    """Notices holes in one incoming stream, by unwrapped sequence number, and duplicates."""

    __slots__ = ("_missing", "duplicates", "first", "highest", "lost", "received")

    def __init__(self) -> None:
        self.first = -1
        self.highest = -1
        self.received = 0
        self.duplicates = 0
        self.lost = 0
        """Given up for good."""
        self._missing: dict[int, tuple[float, int]] = {}
        """Number → (when to ask next, tries left)."""

    def receive(self, sequence: int, now: float) -> int | None:
        """Take a 16-bit sequence number; its unwrapped number, or None for a duplicate."""
        if self.highest < 0:
            self.first = self.highest = 0x10000 + sequence  # room below for late packets of the beginning
            self.received = 1
            return self.highest
        number = unwrap_16(sequence, self.highest)
        ahead = number - self.highest
        if ahead > 0:
            if ahead > 1:
                if ahead > MAX_MISSING:
                    self.lost += len(self._missing) + ahead - 1
                    self._missing.clear()
                else:
                    for gap in range(self.highest + 1, number):
                        self._missing[gap] = (now + FIRST_WAIT_S, MAX_TRIES)
            self.highest = number
        elif self._missing.pop(number, None) is None:
            self.duplicates += 1
            return None
        self.received += 1
        return number

    def due(self, now: float) -> list[int]:
        """Numbers (unwrapped, ascending) to ask for now."""
        if not self._missing:
            return []
        due = []
        for number, (ask_at, tries) in list(self._missing.items()):
            if now < ask_at:
                continue
            if tries == 0 or len(self._missing) > MAX_MISSING:
                del self._missing[number]
                self.lost += 1
                continue
            self._missing[number] = (now + RETRY_S * (1 + MAX_TRIES - tries), tries - 1)
            due.append(number)
        return due

    @property
    def is_waiting(self) -> bool:
        return bool(self._missing)


class ResendLimiter:
    """Honours a viewer's request for one packet at most once per RESEND_GAP_S, and no more bytes than its budget allows."""

    __slots__ = ("_at", "_burst", "_packets_per_s", "_tokens", "_tokens_at")

    PACKETS_PER_S = 400.0
    BURST = 200.0
    SHARE = 0.25
    """Of a line known to be narrow, so much may repeat what was lost; more would keep its queue full."""
    PACKET_BITS = 9_600.0

    def __init__(self) -> None:
        self._at: dict[tuple[int, int], float] = {}
        self._packets_per_s = self.PACKETS_PER_S
        self._burst = self.BURST
        self._tokens = self._burst
        self._tokens_at = 0.0

    def limit(self, budget_bps: float, now: float) -> None:
        """What the line takes from now on, as far as known."""
        self._packets_per_s = min(self.PACKETS_PER_S, self.SHARE * budget_bps / self.PACKET_BITS)
        self._burst = min(self.BURST, max(5.0, self._packets_per_s / 2))
        self._tokens = min(self._tokens, self._burst)
        self._tokens_at = now

    def allows(self, ssrc: int, sequence: int, now: float) -> bool:
        """True when this packet may be sent again now; counts it."""
        key = (ssrc, sequence)
        last = self._at.get(key)
        if last is not None and now - last < RESEND_GAP_S:
            return False
        self._tokens = min(self._burst, self._tokens + (now - self._tokens_at) * self._packets_per_s)
        self._tokens_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        if len(self._at) >= MAX_REMEMBERED:
            self._at.clear()
        self._at[key] = now
        return True
