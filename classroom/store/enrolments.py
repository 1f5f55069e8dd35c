"""Who applied for a course, who holds a seat, who waits, and what is owed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from classroom.enrolment import SEATED, Book, Enrolment, EnrolmentState
from classroom.fees import Charge, ChargeState
from classroom.people import CourseId, MunicipalityCode, PersonId
from classroom.store import rows
from classroom.store.applying import charges
from classroom.store.index import CourseIndex
from classroom.store.repository import Repository
from classroom.store.tables import enrolments, people


class Enrolments(Repository):
    async def get(self, course: CourseId, person: PersonId) -> Enrolment | None:
        mine = (enrolments.c.course == course) & (enrolments.c.person == person)
        found = await self.first(select(enrolments).where(mine))
        return rows.enrolment(found) if found else None

    async def put(self, enrolment: Enrolment, municipality: MunicipalityCode) -> None:
        await self.put_all([enrolment], municipality)

    async def put_all(self, changed: Collection[Enrolment], municipality: MunicipalityCode) -> None:
        if not changed:
            return
        values = [
            {
                "course": each.course,
                "person": each.person,
                "municipality": municipality,
                "state": str(each.state),
                "applied_at": each.applied_at,
                "changed_at": each.changed_at,
                "number": each.number,
                "rank": each.rank,
                "home": each.home,
                "offer_until": each.offer_until,
            }
            for each in changed
        ]
        statement = self.insert(enrolments)
        changes = {name: statement.excluded[name] for name in values[0] if name not in ("course", "person", "municipality")}
        await self.run_for_each(statement.on_conflict_do_update(index_elements=["course", "person"], set_=changes), values)
        for course in {each.course for each in changed}:
            await CourseIndex(self.connection, writes=self.writes).recount(course)

    async def taken(self, course: CourseId) -> int:
        seated = (enrolments.c.course == course) & enrolments.c.state.in_(SEATED)
        return int(await self.scalar(select(func.count()).select_from(enrolments).where(seated)))

    async def book(self, course: CourseId) -> Book:
        """What the seats look like. Exact while the course is locked."""
        statement = (
            select(
                enrolments.c.state,
                enrolments.c.home,
                func.count().label("people"),
                func.max(enrolments.c.number).label("last"),
                func.max(enrolments.c.rank).label("last_rank"),
                func.min(enrolments.c.offer_until, type_=enrolments.c.offer_until.type).label("lapses_at"),
            )
            .where(enrolments.c.course == course)
            .group_by(enrolments.c.state, enrolments.c.home)
        )
        taken: dict[str | None, int] = {}
        waiting = last = last_rank = 0
        lapses_at: datetime | None = None
        for row in await self.all(statement):
            last, last_rank = max(last, row.last), max(last_rank, row.last_rank)
            if row.state in SEATED:
                taken[row.home] = taken.get(row.home, 0) + row.people
            if row.state == EnrolmentState.WAITING:
                waiting += row.people
            if row.state == EnrolmentState.OFFERED and row.lapses_at is not None:
                lapses_at = min(lapses_at or row.lapses_at, row.lapses_at)
        return Book(taken, waiting, last, last_rank, lapses_at)

    async def in_state(self, course: CourseId, *states: EnrolmentState) -> list[Enrolment]:
        """By rank."""
        wanted = (enrolments.c.course == course) & enrolments.c.state.in_(states)
        found = await self.all(select(enrolments).where(wanted).order_by(enrolments.c.rank, enrolments.c.number))
        return [rows.enrolment(row) for row in found]

    async def standing(
        self, course: CourseId, asked: Collection[PersonId]
    ) -> dict[PersonId, tuple[Enrolment | None, MunicipalityCode | None]]:
        mine = (enrolments.c.person == people.c.id) & (enrolments.c.course == course)
        statement = (
            select(people.c.id, people.c.home.label("lives_in"), enrolments)
            .join_from(people, enrolments, mine, isouter=True)
            .where(people.c.id.in_(list(asked)))
        )
        return {
            PersonId(row.id): (
                rows.enrolment(row) if row.course is not None else None,
                MunicipalityCode(row.lives_in) if row.lives_in else None,
            )
            for row in await self.all(statement)
        }

    async def home_of(self, person: PersonId) -> MunicipalityCode | None:
        found = await self.scalar(select(people.c.home).where(people.c.id == person))
        return MunicipalityCode(found) if found else None

    async def enrolled(self, course: CourseId) -> dict[PersonId, str]:
        statement = (
            select(people.c.id, people.c.name)
            .join(enrolments, enrolments.c.person == people.c.id)
            .where(enrolments.c.course == course, enrolments.c.state == EnrolmentState.ENROLLED)
        )
        return {row.id: row.name for row in await self.all(statement)}


class Charges(Repository):
    async def get(self, course: CourseId, person: PersonId) -> Charge | None:
        mine = (charges.c.course == course) & (charges.c.person == person)
        found = await self.first(self.locked(select(charges).where(mine)))
        return charge(found) if found else None

    async def put(self, each: Charge, municipality: MunicipalityCode) -> None:
        values: dict[str, Any] = {
            "course": each.course,
            "person": each.person,
            "municipality": municipality,
            "won": each.won,
            "state": str(each.state),
            "refund_won": each.refund_won,
            "note": each.note,
            "changed_at": each.changed_at,
        }
        changes = {name: value for name, value in values.items() if name not in ("course", "person", "municipality")}
        statement = self.insert(charges).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["course", "person"], set_=changes))


def charge(row: Any) -> Charge:
    return Charge(row.course, row.person, row.won, ChargeState(row.state), row.changed_at, row.refund_won, row.note)
