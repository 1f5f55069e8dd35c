"""How much one source may ask of us in a second (pure). Bounded in memory whatever comes."""

MAX_SOURCES = 4_096
"""Remembered in one second; beyond, nobody new is counted: who forges thousands must not shut out the next joiner."""


class Quota:
    """At most `limit` things a second; the second begins with the first of them."""

    __slots__ = ("_began", "_count", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._began = float("-inf")
        self._count = 0

    def takes(self, now: float) -> bool:
        """True when one more is allowed; counts it."""
        if now - self._began >= 1.0:
            self._began, self._count = now, 0
        self._count += 1
        return self._count <= self.limit


class Failures:
    """Sources that failed too often this second. Only failures count: who proves itself is never slowed by others' forgeries."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._began = float("-inf")
        self._counts: dict[object, int] = {}

    def is_over(self, source: object, now: float) -> bool:
        """True when this source is not listened to for the rest of the second."""
        if now - self._began >= 1.0:
            self._began = now
            self._counts.clear()
        return self._counts.get(source, 0) >= self.limit

    def add(self, source: object) -> None:
        """It failed once more."""
        if source in self._counts or len(self._counts) < MAX_SOURCES:
            self._counts[source] = self._counts.get(source, 0) + 1
