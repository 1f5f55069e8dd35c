"""Who is heard now? From the audio levels in the packets (RFC 6464); pure.

Level: 0 = loudest, 127 = silence, in −dBov. The voice flag is useless: browsers always set it [sfu-facts §9].
"""

ACTIVE_LEVEL = 50
"""A voice at a laptop is 15–45; a quiet room 60 and more."""
HOLD_S = 0.6
"""Pauses between words do not end a turn."""
SMOOTHING = 0.2
REPORT_GAP_S = 0.2


class Speakers:
    """The speakers of one room, by a key of the caller's (an owner)."""

    def __init__(self) -> None:
        self._levels: dict[str, float] = {}
        self._heard_at: dict[str, float] = {}
        self._reported: list[str] = []
        self._reported_at = float("-inf")

    def receive(self, owner: str, level: int, now: float) -> None:
        """Take one packet's level."""
        smooth = self._levels.get(owner, 127.0)
        smooth += SMOOTHING * (level - smooth)
        self._levels[owner] = smooth
        if smooth < ACTIVE_LEVEL:
            self._heard_at[owner] = now

    def forget(self, owner: str) -> None:
        """The owner has left."""
        self._levels.pop(owner, None)
        self._heard_at.pop(owner, None)

    def heard_at(self, owner: str) -> float:
        """When this owner was last heard; −∞ for never."""
        return self._heard_at.get(owner, float("-inf"))

    def now_heard(self, now: float) -> list[str]:
        """Owners heard now, loudest first."""
        active = [owner for owner, at in self._heard_at.items() if now - at < HOLD_S]
        return sorted(active, key=lambda owner: (self._levels.get(owner, 127.0), owner))

    def changes(self, now: float) -> list[str] | None:
        """The new list when it differs from the last reported one, at most every REPORT_GAP_S; else None."""
        if now - self._reported_at < REPORT_GAP_S:
            return None
        current = self.now_heard(now)
        if set(current) == set(self._reported) and current[:1] == self._reported[:1]:
            return None
        self._reported, self._reported_at = current, now
        return current
