"""What happens by the clock, without anybody pressing a button: offers lapse, lotteries are drawn, classes are reminded."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from classroom.actions.applications import note_settled, round_of_offers
from classroom.actions.timetable import remind
from classroom.applying_ports import PaymentGateway
from classroom.fees import ChargeState
from web.services import Store

log = structlog.get_logger()
EVERY_S = 15.0
GATEWAY = "gateway"
"""The note of a charge that nobody of the staff settled."""


class Rounds:
    def __init__(self, store: Store, now: Callable[[], datetime], payments: PaymentGateway | None = None) -> None:
        self._store = store
        self._now = now
        self._payments = payments

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
        if self._payments is not None:
            await self._settle(self._payments)

    async def _settle(self, payments: PaymentGateway) -> None:
        """Ask the gateway about everything that is open; one charge it stumbles over keeps no other waiting."""
        for charge in await self._store.queries.open_charges():
            try:
                asked = payments.is_paid if charge.state is ChargeState.DUE else payments.give_back
                if await asked(charge):
                    async with self._store.writing() as uow:
                        known = await uow.charges.get(charge.course, charge.person)
                        if known is not None and known.state is charge.state:  # else staff were faster, or it was given up
                            await note_settled(uow, course=charge.course, person=charge.person, note=GATEWAY, now=self._now())
            except Exception as error:
                log.error("! the payment gateway failed; asking again", error=type(error).__name__)
