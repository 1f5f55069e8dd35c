"""Facts from the bus → the log, and what follows from them: lesson times, recording entries, final attendance, certificates."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from classroom.actions.administration import count_figures
from classroom.actions.aside import set_fact_aside
from classroom.actions.closing import erase_due
from classroom.actions.lessons import record_facts, settle_due, settle_lessons
from classroom.errors import DatabaseAway
from classroom.events import Fact
from classroom.store.transaction import is_passing
from classroom.store.unit_of_work import Store
from signaling.facts import AnyFact
from signaling.trace import where

log = structlog.get_logger()
DUE_EVERY_S = 30.0
COUNT_EVERY_S = 3_600.0
TRIES, PATIENT_TRIES = 2, 240
"""Before a fact is given up: again at once helps against a race, two minutes of half seconds against a database that is away."""


OWNED_FOR_S = 1.0
"""So long after it was asked, we still own the rooms: whoever takes over needs longer to open them."""
CUT_OFF = "another server had taken over"
"""Why a fact is set aside that a server observed while it was cut off from the database and replaced."""


class FactKeeper:
    """The one consumer of room facts on this machine."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], drop_file: Callable[[str], Awaitable[None]], owner: str = ""
    ) -> None:
        """owner: as what we have the lock on the database, where others may have it (`web/owner.py`)."""
        self._store = store
        self._owner = owner
        self._owned_at_s = float("-inf")
        self._now = now
        self._drop_file = drop_file
        self._failures = 0
        """In a row: the bus brings nothing else meanwhile."""

    async def receive(self, facts: Sequence[AnyFact]) -> None:
        """Append a batch; an exception makes the bus bring it again, and what was appended already is not new then.

        A fact that can never be stored is set aside, whole: those of all classes wait behind it. So is what we saw of people
        who were with another owner of the rooms by then: it would end their presence. Raises DatabaseAway while nobody owns.
        """
        if not await self._is_ours():
            for fact in facts:
                await set_fact_aside(self._store, fact.model_dump(mode="json"), CUT_OFF, self._now())
            log.error("! facts set aside: " + CUT_OFF + "; `classroom facts` shows them", facts=len(facts))
            return
        try:
            new = await self._record(facts)
        except Exception as failure:
            if not self._is_hopeless(failure):
                self._failures += 1
                raise
            new = [each for fact in facts for each in await self._record_or_set_aside(fact)]
        self._failures = 0
        # Facts of a lesson that is over change its final sheet: so does one that arrived late.
        certificates = await settle_lessons(self._store, new, self._now())
        for certificate in certificates:
            log.info("= certificate issued", certificate=certificate.id)

    async def _is_ours(self) -> bool:
        """Whether we may write down what happens in rooms."""
        if not self._owner or time.monotonic() - self._owned_at_s < OWNED_FOR_S:
            return True
        asked_at_s = time.monotonic()
        owner = await self._store.owner()
        if owner is None:  # our parent is about to take the lock again, or was too late
            raise DatabaseAway
        if owner == self._owner:
            self._owned_at_s = asked_at_s
        return owner == self._owner

    async def _record(self, facts: Sequence[AnyFact]) -> list[Fact]:
        rows = [Fact.from_json(fact.model_dump(mode="json")) for fact in facts]
        async with self._store.writing() as uow:
            return await record_facts(uow, rows, self._now())

    async def _record_or_set_aside(self, fact: AnyFact) -> list[Fact]:
        try:
            return await self._record([fact])
        except Exception as failure:
            if not self._is_hopeless(failure):
                raise
            # This raises too when it is the database that is away or full, not the fact that is at fault: all is brought again.
            await set_fact_aside(self._store, fact.model_dump(mode="json"), where(failure), self._now())
            log.error("! fact set aside: `classroom facts` shows it", fact=fact.type, lesson=fact.lesson, failure=where(failure))
            return []

    def _is_hopeless(self, failure: Exception) -> bool:
        """Tried often enough; longer when the database seems to be at fault."""
        return self._failures >= (PATIENT_TRIES if is_passing(failure) else TRIES)

    async def settle_forever(self) -> None:
        """Lessons that ended without anybody saying so (nobody came, the server was down) are settled too."""
        while True:
            try:
                now = self._now()
                await settle_due(self._store, await self._store.queries.due_lessons(now), now)
            except Exception:
                log.exception("! settling failed; trying again")
            await asyncio.sleep(DUE_EVERY_S)

    async def count_forever(self) -> None:
        """The figures, once an hour and at every start."""
        while True:
            try:
                await count_figures(self._store, self._store.queries, self._now())
            except Exception:
                log.exception("! counting the figures failed; trying again in an hour")
            await asyncio.sleep(COUNT_EVERY_S)

    async def erase_forever(self) -> None:
        """Accounts that were closed long enough ago."""
        while True:
            try:
                if erased := await erase_due(self._store, self._now(), self._drop_file):
                    log.info("= accounts erased", number=erased)
            except Exception as error:
                log.error("! erasing accounts failed; trying again in an hour", error=type(error).__name__)
            await asyncio.sleep(COUNT_EVERY_S)
