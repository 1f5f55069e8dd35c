"""Who may hold a TCP connection: bounded per source, bounded in all, and only for seconds without proof (pure).

A stranger who has not passed a STUN check can make us hold a socket and a little memory, nothing more; when the places for
strangers are full the one who waited longest goes, because an honest browser proves itself within a round trip.
"""

import itertools
from collections import Counter, defaultdict

from media.address import Address

UNVERIFIED_S = 5.0
MAX_UNVERIFIED = 512
MAX_UNVERIFIED_PER_SOURCE = 128
"""A class of forty behind one address arrives at once, with two connections each."""
MAX_PER_SOURCE = 512
WINDOW_S = 10.0
MAX_NEW_PER_SOURCE = 600
"""In one window; and so many sources are counted before all wait for the next window."""
MAX_SOURCES = 8192


def source_of(address: Address) -> bytes:
    """Whom to count a connection for: the IPv4 address, or the /64 of an IPv6 address."""
    raw = address[1]
    return raw[4:8] if len(raw) == 16 else raw[8:16]


class Door:
    """Every TCP connection by its address."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._strangers: dict[Address, float] = {}
        """Not proven yet → since when, oldest first."""
        self._strangers_of: defaultdict[bytes, dict[Address, None]] = defaultdict(dict)
        self._inside: Counter[bytes] = Counter()
        self._count = 0
        self._new: Counter[bytes] = Counter()
        self._window_at = float("-inf")

    def __len__(self) -> int:
        return self._count

    def enter(self, address: Address, now: float) -> tuple[bool, Address | None]:
        """A connection came: (may it stay, who has to go for it)."""
        source = source_of(address)
        if now - self._window_at >= WINDOW_S:
            self._window_at = now
            self._new.clear()
        if self._new[source] >= MAX_NEW_PER_SOURCE or len(self._new) > MAX_SOURCES:
            return False, None
        self._new[source] += 1
        evicted: Address | None = None
        of_source = self._strangers_of.get(source, {})
        if len(of_source) >= MAX_UNVERIFIED_PER_SOURCE:
            evicted = next(iter(of_source))
        elif self._inside[source] >= MAX_PER_SOURCE:
            return False, None
        elif len(self._strangers) >= MAX_UNVERIFIED or self._count >= self._capacity:
            evicted = next(iter(self._strangers), None)
            if evicted is None:
                return False, None
        if evicted is not None:
            self.leave(evicted)
        self._inside[source] += 1
        self._count += 1
        self._strangers[address] = now
        self._strangers_of[source][address] = None
        return True, evicted

    def verify(self, address: Address) -> None:
        """A STUN check came through it: no stranger any more."""
        if self._strangers.pop(address, None) is not None:
            self._forget_stranger(address)

    def leave(self, address: Address) -> None:
        """It is closed."""
        source = source_of(address)
        if self._strangers.pop(address, None) is not None:
            self._forget_stranger(address)
        self._inside[source] -= 1
        self._count -= 1
        if self._inside[source] <= 0:
            del self._inside[source]

    def expired(self, now: float) -> list[Address]:
        """Strangers whose time is over."""
        return list(itertools.takewhile(lambda address: now - self._strangers[address] > UNVERIFIED_S, self._strangers))

    def _forget_stranger(self, address: Address) -> None:
        of_source = self._strangers_of[source_of(address)]
        of_source.pop(address, None)
        if not of_source:
            del self._strangers_of[source_of(address)]
