"""Holds the lock on a shared database and does what follows from it (`ownership.py` decides)."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from classroom.store.session_lock import where_runs
from web.ownership import Away, Free, Heard, Held, Ownership, Say, State, StepDown, Taken, TakeOver


class Lock(Protocol):
    """`classroom.store.session_lock.SessionLock`."""

    lost: asyncio.Event

    async def take(self, patience_s: float) -> str | None: ...

    async def look(self, patience_s: float) -> str | None: ...


class Owner:
    def __init__(self, lock: Lock, say: Callable[[str], None], what: str = "the classes") -> None:
        """what: it is the lock of, for sentences."""
        self._lock = lock
        self._say = say
        self._what = what
        self._ownership = Ownership(what)

    async def begin(self) -> bool:
        """At the start, with a person looking: whether the database is ours; else somebody is there, and we stand by.

        Raises DatabaseAway.
        """
        heard = Taken() if (held := await self._lock.take(self._ownership.patience_s)) is None else Held(where_runs(held))
        self._say_all(self._ownership.receive(heard, time.monotonic()))
        return self._ownership.state is State.OWNER

    async def watch(self, take_over: Callable[[], Awaitable[None]], step_down: Callable[[], None]) -> None:
        """Ask again and again, until somebody else has it for good, or a mistake of ours ends the asking: either steps down."""
        try:
            while True:
                effects = self._ownership.receive(await self._ask(), time.monotonic())
                self._say_all(effects)
                if TakeOver() in effects:
                    await take_over()
                if StepDown() in effects:
                    break
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._ownership.pause_s):
                        await self._lock.lost.wait()
                self._lock.lost.clear()
        except Exception as wrong:  # who does not watch its lock any more must not go on as if it did
            self._say(f"the lock of {self._what} is not watched any more ({wrong!r}); they begin anew")
        step_down()

    async def _ask(self) -> Heard:
        ownership, lock = self._ownership, self._lock
        try:
            if ownership.may_take(time.monotonic()):
                held = await lock.take(ownership.patience_s)
                return Taken() if held is None else Held(where_runs(held))
            held = await lock.look(ownership.patience_s)
            return Free() if held is None else Held(where_runs(held))
        except Exception:  # whatever it is: who cannot ask does not know, and nobody may stop asking
            return Away()

    def _say_all(self, effects: list[Say | TakeOver | StepDown]) -> None:
        for effect in effects:
            if isinstance(effect, Say):
                self._say(effect.sentence)
