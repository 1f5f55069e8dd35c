"""The bus carries facts from rooms to whoever consumes them; here the Protocol, and the bus of a single process.

Publishing never waits and never fails. Delivery is at least once and in order per lesson: a consumer that raises gets the same
batch again, and recognises what it has by the fact's id.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from signaling.facts import AnyFact
from signaling.spool import Spool
from signaling.trace import where

Handle = Callable[[Sequence[AnyFact]], Awaitable[None]]

MAX_BATCH = 500
MAX_RETAINED = 100_000
RETRY_S = 0.5

log = structlog.get_logger()


class Bus(Protocol):
    def publish(self, fact: AnyFact) -> None:
        """Hand over one fact; returns at once."""

    async def subscribe(self, group: str, handle: Handle) -> None:
        """Give every fact to `handle`, in batches, until cancelled. Each group gets every fact once."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Return when everything published so far is out of this process, or cannot be."""


class MemoryBus:
    """Facts stay in this process, and on its disk with a `spool`: what nobody took when it was killed is its successor's.

    The first subscriber gets what was published before it, later ones only what comes.
    """

    def __init__(self, spool: Spool | None = None) -> None:
        self._spool = spool
        self._retained: deque[AnyFact] = deque()
        self._first = 0  # running number of self._retained[0]
        self._read: dict[str, int] = {}  # group → running number of the next fact it takes
        self._wake = asyncio.Event()
        self._consumed = asyncio.Event()

    def publish(self, fact: AnyFact) -> None:
        if len(self._retained) >= MAX_RETAINED:
            log.error("! fact dropped: nobody consumes", fact=fact.type, lesson=fact.lesson)
            self._retained.popleft()
            self._first += 1
        self._retained.append(fact)
        if self._spool is not None:
            self._spool.append(fact)
        self._wake.set()

    async def subscribe(self, group: str, handle: Handle) -> None:
        self._read.setdefault(group, self._first)
        while True:
            start = max(self._read[group], self._first)
            batch = self._retained_from(start)
            if not batch:
                self._wake.clear()
                await self._wake.wait()
                continue
            try:
                await handle(batch)
            except Exception as failure:
                log.error("! facts not consumed, trying again", group=group, facts=len(batch), failure=where(failure))
                await asyncio.sleep(RETRY_S)
                continue
            self._read[group] = start + len(batch)
            self._trim()

    async def start(self) -> None:
        """Before anything is published: take over what the process before left."""
        if self._spool is not None:
            self._retained.extendleft(reversed(self._spool.read()))
            if self._retained:
                log.info("= facts taken over", facts=len(self._retained))
                self._wake.set()

    async def caught_up(self, patience_s: float = 5.0) -> bool:
        """Wait until every group has taken everything; False when `patience_s` is over before."""
        try:
            async with asyncio.timeout(patience_s):
                while self._retained:
                    self._consumed.clear()
                    await self._consumed.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        if self._read and not await self.caught_up():
            log.error("! facts left behind", facts=len(self._retained))
        if self._spool is not None:
            self._spool.close()

    def _retained_from(self, start: int) -> list[AnyFact]:
        skip = start - self._first
        return [self._retained[index] for index in range(skip, min(skip + MAX_BATCH, len(self._retained)))]

    def _trim(self) -> None:
        """Forget what every group has taken."""
        done = min(self._read.values())
        while self._retained and self._first < done:
            self._retained.popleft()
            self._first += 1
        if self._spool is not None:
            self._spool.forget_all_but(self._retained)
        if not self._retained:
            self._consumed.set()
