"""When a course opens, hundreds press in the same second: they share looks at the database, and transactions.

First one look for all who ask tells most of them that nothing is left, without a lock. The others stand in the course's line
and are taken from it in the order they came, as many at once as wait: each gets their own answer from one transaction.
"""

from collections.abc import Callable
from datetime import datetime

from classroom.actions.applications import apply_in_turn, refusals_in_sight
from classroom.courses import Course
from classroom.enrolment import Enrolment
from classroom.errors import ClassroomError, NotFound, Refused
from classroom.people import CourseId, MunicipalityCode, PersonId
from web.crowd import Crowd
from web.services import Store

Answer = tuple[Course, Refused | None]
AT_ONCE = 50
"""Applications in one transaction: some 50 ms on SQLite, where others wait to write."""


class Rush:
    """One per application."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._crowd: Crowd[tuple[str, str], PersonId, Answer] = Crowd(self._look)
        self._line: Crowd[CourseId, PersonId, Enrolment | ClassroomError] = Crowd(self._take, AT_ONCE)

    async def look(self, municipality: str, slug: str, person: PersonId) -> Answer | None:
        """The course and why this person would be refused for certain; None for no such course."""
        return await self._crowd.ask((municipality, slug), person)

    async def _look(self, key: tuple[str, str], people: list[PersonId]) -> dict[PersonId, Answer]:
        async with self._store.reading() as uow:
            course = await uow.courses.by_slug(MunicipalityCode(key[0]), key[1])
            if course is None:
                return {}
            refusals = await refusals_in_sight(uow, course, people, self._now())
        return {person: (course, refusals.get(person)) for person in people}

    async def apply(self, course: CourseId, person: PersonId) -> Enrolment:
        """`applications.apply`, in turn. Who presses twice in one moment gets the one answer twice."""
        outcome = await self._line.ask(course, person)
        if outcome is None:
            raise NotFound
        if isinstance(outcome, ClassroomError):
            raise outcome
        return outcome

    async def _take(self, course: CourseId, people: list[PersonId]) -> dict[PersonId, Enrolment | ClassroomError]:
        async with self._store.writing() as uow:
            return await apply_in_turn(uow, course=course, people=people, now=self._now())
