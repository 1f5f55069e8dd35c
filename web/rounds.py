"""What happens by the clock, without anybody pressing a button: offers lapse, lotteries are drawn, classes are reminded."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from classroom.actions.applications import round_of_offers
from classroom.actions.timetable import remind
from web.services import Store

log = structlog.get_logger()
EVERY_S = 15.0


class Rounds:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def forever(self) -> None:
        while True:
            try:
                await self.round()
            except Exception as error:
                log.error("! a round by the clock failed; trying again", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def round(self) -> None:
        """Any number of processes may: every step locks what it changes and looks again."""
        now = self._now()
        lapsed, drawable = await self._store.queries.due_seats(now)
        await round_of_offers(self._store, lapsed, drawable, now)
        for lesson in await self._store.queries.due_reminders(now):
            async with self._store.writing() as uow:
                await remind(uow, lesson, now)
