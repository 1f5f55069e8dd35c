"""Rights that end while a class is on: accounts that stop working, captioners whose name was taken away.

A ticket is good for a minute and a place's resume token for longer than any lesson, so neither is enough: at the door and every
few seconds the store is asked which of these people are shut out (suspended, closed, erased, made one with another), and which
captioners are named no more. Who is in is put out within seconds; where a page of this process took the name away, at once
(`look`). A store that does not answer keeps nobody out: the next round asks again.
"""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from typing import Final, TypeVar

import structlog

from signaling.errors import Refused
from signaling.hall import Hall
from signaling.host import RoomHost
from signaling.ports import Lessons
from signaling.trace import where
from signaling.vocabulary import Role

EVERY_S: Final = 2.0
ASK_S: Final = 2.0
CODE: Final = "account-closed"
UNNAMED: Final = "no-captioner"
Asked = TypeVar("Asked")

log = structlog.get_logger()


class ShutOut:
    def __init__(self, lessons: Lessons, hall: Hall) -> None:
        self._lessons = lessons
        self._hall = hall

    async def check(self, person: str, lesson: str, role: Role) -> None:
        """At the door, and for every line a program writes. Raises Refused("account-closed"), Refused("no-captioner")."""
        if await self._ask(self._lessons.shut_out({person})):
            raise Refused(CODE)
        if role == "captioner" and await self._ask(self._lessons.unnamed({(lesson, person)})):
            raise Refused(UNNAMED)

    async def watch(self) -> None:
        """For ever: whoever is in a room and shut out leaves it, with every tab, device and program of theirs."""
        while True:
            await asyncio.sleep(EVERY_S)
            hosts = list(self._hall.hosts.values())
            persons = {place.person for host in hosts for place in host.room.places.values()}
            for person in await self._ask(self._lessons.shut_out(persons)) if persons else ():
                for host in hosts:
                    self._put_out(host, person, CODE)
            await self._look(hosts)

    async def look(self, lesson: str) -> None:
        """Somebody else writes this lesson's captions, or nobody."""
        host = self._hall.hosts.get(lesson)
        if host is not None:
            await self._look([host])

    async def _look(self, hosts: Sequence[RoomHost]) -> None:
        places = [(host, place) for host in hosts for place in host.room.places.values()]
        named = {(host.lesson, place.person): host for host, place in places if place.role == "captioner"}
        for gone in await self._ask(self._lessons.unnamed(named.keys())) if named else ():
            self._put_out(named[gone], gone[1], UNNAMED, only="captioner")

    def _put_out(self, host: RoomHost, person: str, code: str, only: Role | None = None) -> None:
        if effects := host.room.put_out(person, code, self._hall.now(), only=only):
            host.apply(effects)
            self._hall.weigh(host)
            log.info("= put out", person=person, lesson=host.lesson, code=code)

    async def _ask(self, question: Awaitable[Collection[Asked]]) -> Collection[Asked]:
        try:
            async with asyncio.timeout(ASK_S):
                return await question
        except Exception as failure:
            log.error("! accounts not asked", failure=where(failure))
            return ()
