"""Accounts that stop working while a class is on: nobody enters with one, and who is in is put out within seconds.

A ticket is good for a minute and a place's resume token for longer than any lesson, so neither is enough: at the door and every
few seconds the store is asked which of these people are shut out (suspended, closed, erased, made one with another). A store that
does not answer keeps nobody out: the next round asks again.
"""

import asyncio
from typing import Final

import structlog

from signaling.errors import Refused
from signaling.hall import Hall
from signaling.ports import Lessons
from signaling.trace import where

EVERY_S: Final = 2.0
ASK_S: Final = 2.0
CODE: Final = "account-closed"

log = structlog.get_logger()


class ShutOut:
    def __init__(self, lessons: Lessons, hall: Hall) -> None:
        self._lessons = lessons
        self._hall = hall

    async def check(self, person: str) -> None:
        """At the door. Raises Refused("account-closed")."""
        if await self._ask({person}):
            raise Refused(CODE)

    async def watch(self) -> None:
        """For ever: whoever is in a room and shut out leaves it, with every tab, device and program of theirs."""
        while True:
            await asyncio.sleep(EVERY_S)
            hosts = list(self._hall.hosts.values())
            persons = {place.person for host in hosts for place in host.room.places.values()}
            for person in await self._ask(persons) if persons else ():
                for host in hosts:
                    host.apply(host.room.put_out(person, CODE, self._hall.now()))
                    self._hall.weigh(host)
                log.info("= put out of every room", person=person)

    async def _ask(self, persons: set[str]) -> set[str]:
        try:
            async with asyncio.timeout(ASK_S):
                return await self._lessons.shut_out(persons)
        except Exception as failure:
            log.error("! accounts not asked", failure=where(failure))
            return set()
