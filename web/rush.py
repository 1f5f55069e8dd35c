"""When a course opens, hundreds ask in the same second whether a seat is left: they share one look at the database.

Somebody who asks waits for the next look to begin, so nobody is answered by what was true before they asked. Looks follow one
another; each answers all who came before it began.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from classroom.actions.applications import refusals_in_sight
from classroom.courses import Course
from classroom.errors import Refused
from classroom.people import MunicipalityCode, PersonId
from web.services import Store

AT_ONCE = 400
Answer = tuple[Course | None, Refused | None]


class Rush:
    """One per application."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._waiting: dict[tuple[str, str], list[tuple[PersonId, asyncio.Future[Answer]]]] = {}
        self._looking: set[asyncio.Task[None]] = set()

    async def look(self, municipality: str, slug: str, person: PersonId) -> Answer:
        """(the course, why this person would be refused for certain); (None, None) for no such course."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        key = (municipality, slug)
        if key in self._waiting:
            self._waiting[key].append((person, answer))
        else:
            self._waiting[key] = [(person, answer)]
            task = asyncio.create_task(self._answer(key))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)
        return await answer

    async def _answer(self, key: tuple[str, str]) -> None:
        """Until nobody waits for this course any more."""
        while self._waiting.get(key):
            asked, self._waiting[key] = self._waiting[key][:AT_ONCE], self._waiting[key][AT_ONCE:]
            try:
                course, refusals = await self._look(key, [person for person, _ in asked])
            except Exception as error:
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for person, answer in asked:
                if not answer.done():
                    answer.set_result((course, refusals.get(person)))
        self._waiting.pop(key, None)

    async def _look(self, key: tuple[str, str], people: list[PersonId]) -> tuple[Course | None, dict[PersonId, Refused]]:
        async with self._store.reading() as uow:
            course = await uow.courses.by_slug(MunicipalityCode(key[0]), key[1])
            if course is None:
                return None, {}
            return course, await refusals_in_sight(uow, course, people, self._now())
