"""Refresh? Key frame requests of many viewers become at most one per source and half second (pure)."""

COALESCE_S = 0.5
PER_VIEWER_S = 0.001
"""A key frame is some forty packets: for 1,500 viewers a fifth of a second of a core, in which everything else waits."""


class KeyframeRequests:
    """Requests for one source: a PLI on any simulcast layer makes all layers key [sfu-facts §4]."""

    __slots__ = ("_asked_at", "_wanted")

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._wanted = False

    def want(self) -> None:
        """Somebody needs a key frame."""
        self._wanted = True

    def receive_keyframe(self) -> None:
        """One came: all who wanted it have it."""
        self._wanted = False

    def is_due(self, now: float, audience: int = 0) -> bool:
        """True when a request should go out now; it then counts as sent.

        audience: how many a key frame is sent to; who enters a great crowd waits up to a second or two for the picture.
        It stays wanted until a key frame comes, so a lost request is repeated.
        """
        if not self._wanted or now - self._asked_at < max(COALESCE_S, audience * PER_VIEWER_S):
            return False
        self._asked_at = now
        return True

    def deadline(self) -> float | None:
        """When `is_due` may next be true."""
        return self._asked_at + COALESCE_S if self._wanted else None
