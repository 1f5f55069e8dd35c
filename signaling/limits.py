"""How often one connection may say what: token buckets, no clock inside."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class TokenBucket:
    """`burst` at once, `rate_per_s` in the long run."""

    rate_per_s: float
    burst: float
    _tokens: float = field(init=False)
    _filled_at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """One more? A clock that went back counts as standing still."""
        if self._filled_at is not None:
            self._tokens = min(self.burst, self._tokens + max(0.0, now - self._filled_at) * self.rate_per_s)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


LIMITS: Final[dict[str, tuple[float, float]]] = {
    # type → (per second, burst). A person writes about one line a second at most; eight allow for pasted lines and a reconnect.
    "send-chat": (1, 8),
    "post-caption": (2, 12),  # a trained stenographer writes about a line a second
    "react": (3, 8),
    "raise-hand": (1, 6),
    "lower-hand": (5, 60),  # an instructor clears a list of hands
    "publish": (1, 10),
    "view": (1, 10),
    "start-recording": (0.5, 5),
    "stop-recording": (0.5, 5),
}
ANY_MESSAGE: Final = (40.0, 160.0)
"""All messages together. A class of 500 cameras scrolled past makes bursts of `prefer-layer`."""

PATIENCE: Final = 200
"""Messages refused before the connection is: a client that does not stop is broken or hostile."""
