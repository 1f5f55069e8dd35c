"""Excuses and what was decided on them."""

from typing import Any

from sqlalchemy import case, func, select, update

from classroom.excuses import Excuse, ExcuseId, ExcuseState
from classroom.people import CourseId, LessonId, PersonId
from classroom.store.assessment_tables import excuses, uploads
from classroom.store.assignments import UPLOAD_COLUMNS, upload_of
from classroom.store.repository import Repository
from classroom.store.tables import people
from classroom.uploads import Upload


class Excuses(Repository):
    async def get(self, excuse: ExcuseId) -> Excuse | None:
        found = await self.first(self.locked(select(excuses).where(excuses.c.id == excuse)))
        return _excuse(found) if found else None

    async def of_person(self, course: CourseId, person: PersonId) -> list[Excuse]:
        mine = (excuses.c.course == course) & (excuses.c.person == person)
        return [_excuse(row) for row in await self.all(select(excuses).where(mine).order_by(excuses.c.at, excuses.c.id))]

    async def of_course(self, course: CourseId) -> list[tuple[Excuse, str, Upload | None]]:
        waits = case((excuses.c.state == ExcuseState.WAITING, 0), else_=1)
        statement = (
            select(excuses, people.c.name.label("person_name"), *UPLOAD_COLUMNS)
            .join(people, people.c.id == excuses.c.person)
            .outerjoin(uploads, uploads.c.id == excuses.c.upload)
            .where(excuses.c.course == course)
            .order_by(waits, excuses.c.at.desc(), excuses.c.id)
        )
        return [(_excuse(row), row.person_name, upload_of(row)) for row in await self.all(statement)]

    async def waiting(self, course: CourseId) -> int:
        waits = (excuses.c.course == course) & (excuses.c.state == ExcuseState.WAITING)
        return int(await self.scalar(select(func.count()).select_from(excuses).where(waits)))

    async def known(self, lesson: LessonId, person: PersonId) -> ExcuseState | None:
        mine = (excuses.c.lesson == lesson) & (excuses.c.person == person)
        found = await self.scalar(select(excuses.c.state).where(mine).order_by(excuses.c.at.desc()).limit(1))
        return ExcuseState(found) if found else None

    async def add(self, excuse: Excuse) -> None:
        names = ("id", "lesson", "course", "municipality", "person", "reason", "upload", "at", "answer")
        values = {name: getattr(excuse, name) for name in names} | {"state": str(excuse.state)}
        await self.run(excuses.insert().values(values))

    async def decide(self, excuse: Excuse) -> None:
        changes = {
            "state": str(excuse.state),
            "decided_by": excuse.decided_by,
            "decided_at": excuse.decided_at,
            "answer": excuse.answer,
        }
        await self.run(update(excuses).where(excuses.c.id == excuse.id).values(changes))


def _excuse(row: Any) -> Excuse:
    return Excuse(
        row.id,
        row.lesson,
        row.course,
        row.municipality,
        row.person,
        row.reason,
        row.upload,
        ExcuseState(row.state),
        row.at,
        row.decided_by,
        row.decided_at,
        row.answer,
    )
