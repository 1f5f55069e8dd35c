"""Courses, lessons, seats and online items."""

from collections.abc import Collection

from sqlalchemy import func, select, update

from classroom.courses import Course, Lesson, OnlineItem
from classroom.enrolment import Enrolment, EnrolmentState
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.tables import courses, enrolments, lessons, online_items, people


class Courses(Repository):
    async def get(self, course: CourseId) -> Course | None:
        found = await self.first(select(courses).where(courses.c.id == course))
        return rows.course(found) if found else None

    async def lock(self, course: CourseId) -> Course | None:
        found = await self.first(self.locked(select(courses).where(courses.c.id == course)))
        return rows.course(found) if found else None

    async def by_slug(self, municipality: MunicipalityCode, slug: str) -> Course | None:
        mine = (courses.c.municipality == municipality) & (courses.c.slug == slug)
        found = await self.first(select(courses).where(mine))
        return rows.course(found) if found else None

    async def add(self, course: Course) -> None:
        await self.run(courses.insert().values(rows.course_values(course)))

    async def update(self, course: Course) -> None:
        await self.run(update(courses).where(courses.c.id == course.id).values(rows.course_values(course)))

    async def lesson(self, lesson: LessonId) -> Lesson | None:
        found = await self.first(self.locked(select(lessons).where(lessons.c.id == lesson)))
        return rows.lesson(found) if found else None

    async def lessons(self, course: CourseId) -> list[Lesson]:
        found = await self.all(select(lessons).where(lessons.c.course == course).order_by(lessons.c.number))
        return [rows.lesson(row) for row in found]

    async def add_lesson(self, lesson: Lesson) -> None:
        await self.run(lessons.insert().values(rows.lesson_values(lesson)))

    async def update_lesson(self, lesson: Lesson) -> None:
        await self.run(update(lessons).where(lessons.c.id == lesson.id).values(rows.lesson_values(lesson)))

    async def unsettle(self, which: Collection[LessonId]) -> None:
        """Whoever is settling them just now has to finish first, or sees the new facts."""
        theirs = select(lessons.c.id, lessons.c.settled_at).where(lessons.c.id.in_(which)).order_by(lessons.c.id)
        settled = [row.id for row in await self.all(self.locked(theirs)) if row.settled_at is not None]
        if settled:
            await self.run(update(lessons).where(lessons.c.id.in_(settled)).values(settled_at=None))


class Enrolments(Repository):
    async def get(self, course: CourseId, person: PersonId) -> Enrolment | None:
        mine = (enrolments.c.course == course) & (enrolments.c.person == person)
        found = await self.first(select(enrolments).where(mine))
        return rows.enrolment(found) if found else None

    async def put(self, enrolment: Enrolment, municipality: MunicipalityCode) -> None:
        values = {
            "course": enrolment.course,
            "person": enrolment.person,
            "municipality": municipality,
            "state": str(enrolment.state),
            "applied_at": enrolment.applied_at,
            "changed_at": enrolment.changed_at,
        }
        changes = {name: values[name] for name in ("state", "applied_at", "changed_at")}
        statement = self.insert(enrolments).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["course", "person"], set_=changes))

    async def taken(self, course: CourseId) -> int:
        seated = (enrolments.c.course == course) & (enrolments.c.state == EnrolmentState.ENROLLED)
        return int(await self.scalar(select(func.count()).select_from(enrolments).where(seated)))

    async def enrolled(self, course: CourseId) -> dict[PersonId, str]:
        statement = (
            select(people.c.id, people.c.name)
            .join(enrolments, enrolments.c.person == people.c.id)
            .where(enrolments.c.course == course, enrolments.c.state == EnrolmentState.ENROLLED)
        )
        return {row.id: row.name for row in await self.all(statement)}


class OnlineItems(Repository):
    async def put(self, item: OnlineItem) -> None:
        values = rows.item_values(item)
        changes = {name: value for name, value in values.items() if name != "id"}
        statement = self.insert(online_items).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
