"""What waits for one TCP connection: bounded, and it tells when pictures must stop and when they may come back (pure).

A line slower than its pictures would make sound later and later. So when the oldest byte has waited for half a second, pictures
are *held*: nothing of them is encrypted or queued any more, sound goes on. Once the queue is empty they begin again, at a key
frame and no larger than what the line was seen to take.
"""

from collections import deque

HOLD_AFTER_S = 0.5
HOLD_BYTES = 192 * 1024
"""Two large key frames: a burst alone is no reason."""
MAX_BYTES = 512 * 1024
"""Beyond this everything is thrown away, sound too: nobody waits in our memory."""
STALLED_S = 10.0
"""A line that takes nothing for so long is dead."""
MEASURE_S = 0.25


class Backlog:
    """The unsent bytes of one connection, oldest first."""

    __slots__ = ("_busy_since", "_chunks", "_drained", "_progress_at", "is_held", "waiting_bytes")

    def __init__(self) -> None:
        self.waiting_bytes = 0
        self.is_held = False
        """Pictures are stopped."""
        self._chunks: deque[tuple[memoryview, float]] = deque()
        self._busy_since = 0.0
        self._progress_at = 0.0
        self._drained = 0

    def offer(self, data: bytes, now: float) -> bool:
        """Queue whole frames (or the rest of one that is under way); False: full, thrown away."""
        if not self._chunks:
            self._busy_since = self._progress_at = now
            self._drained = 0
        elif self.waiting_bytes + len(data) > MAX_BYTES:
            return False
        self._chunks.append((memoryview(data), now))
        self.waiting_bytes += len(data)
        return True

    def next_chunk(self) -> memoryview | None:
        """What to give to the kernel next."""
        return self._chunks[0][0] if self._chunks else None

    def took(self, count: int, now: float) -> None:
        """The kernel took `count` bytes of `next_chunk()`."""
        chunk, queued_at = self._chunks[0]
        self.waiting_bytes -= count
        self._drained += count
        self._progress_at = now
        if count == len(chunk):
            self._chunks.popleft()
        else:
            self._chunks[0] = (chunk[count:], queued_at)

    def review(self, now: float) -> bool | None:
        """True: hold the pictures from now on; False: they may come back; None: as before."""
        if not self.is_held:
            if self._chunks and (now - self._chunks[0][1] > HOLD_AFTER_S or self.waiting_bytes > HOLD_BYTES):
                self.is_held = True
                return True
        elif not self._chunks:
            self.is_held = False
            return False
        return None

    def line_bps(self, now: float) -> float | None:
        """What the line took while something waited; None: too short a time to tell."""
        busy_s = now - self._busy_since
        return self._drained * 8 / busy_s if self._chunks and busy_s >= MEASURE_S else None

    def is_stalled(self, now: float) -> bool:
        """Something waits and nothing has moved for long."""
        return bool(self._chunks) and now - self._progress_at > STALLED_S
