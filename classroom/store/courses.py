"""Courses, lessons and online items."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update

from classroom.courses import Course, Lesson, OnlineItem
from classroom.people import CourseId, LessonId, MunicipalityCode
from classroom.store import rows
from classroom.store.index import CourseIndex
from classroom.store.repository import Repository
from classroom.store.tables import courses, lessons, online_items


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

    async def add(self, course: Course, draw_seed: str | None = None) -> None:
        await self.run(courses.insert().values(rows.course_values(course) | {"draw_seed": draw_seed}))
        await self._list(course.id)

    async def update(self, course: Course) -> None:
        await self.run(update(courses).where(courses.c.id == course.id).values(rows.course_values(course)))
        await self._list(course.id)

    async def draw_seed(self, course: CourseId) -> str | None:
        found = await self.scalar(select(courses.c.draw_seed).where(courses.c.id == course))
        return str(found) if found else None

    async def set_draw_seed(self, course: CourseId, seed: str) -> None:
        await self.run(update(courses).where(courses.c.id == course).values(draw_seed=seed))

    async def lesson(self, lesson: LessonId) -> Lesson | None:
        found = await self.first(self.locked(select(lessons).where(lessons.c.id == lesson)))
        return rows.lesson(found) if found else None

    async def lessons(self, course: CourseId, *, cancelled: bool = False) -> list[Lesson]:
        statement = select(lessons).where(lessons.c.course == course).order_by(lessons.c.number)
        found = await self.all(statement if cancelled else statement.where(lessons.c.cancelled_at.is_(None)))
        return [rows.lesson(row) for row in found]

    async def first_starts_at(self, course: CourseId) -> datetime | None:
        planned = (lessons.c.course == course) & lessons.c.cancelled_at.is_(None)
        first = func.min(lessons.c.starts_at, type_=lessons.c.starts_at.type)
        found: datetime | None = await self.scalar(select(first).where(planned))
        return found

    async def add_lesson(self, lesson: Lesson) -> None:
        await self.add_lessons([lesson])

    async def add_lessons(self, new: Collection[Lesson]) -> None:
        await self.run(lessons.insert().values([rows.lesson_values(each) for each in new]))
        for course in {each.course for each in new}:
            await self._list(course)

    async def update_lesson(self, lesson: Lesson) -> None:
        await self.run(update(lessons).where(lessons.c.id == lesson.id).values(rows.lesson_values(lesson)))
        await self._list(lesson.course)

    async def forget_reminder(self, lesson: LessonId) -> None:
        await self.run(update(lessons).where(lessons.c.id == lesson).values(reminded_at=None))

    async def mark_reminded(self, lesson: LessonId, now: datetime) -> bool:
        unmarked = (lessons.c.id == lesson) & lessons.c.reminded_at.is_(None)
        return (await self.run(update(lessons).where(unmarked).values(reminded_at=now))).rowcount == 1

    async def unsettle(self, which: Collection[LessonId]) -> None:
        """Whoever is settling them just now has to finish first, or sees the new facts."""
        theirs = select(lessons.c.id, lessons.c.settled_at).where(lessons.c.id.in_(which)).order_by(lessons.c.id)
        settled = [row.id for row in await self.all(self.locked(theirs)) if row.settled_at is not None]
        if settled:
            await self.run(update(lessons).where(lessons.c.id.in_(settled)).values(settled_at=None))

    async def _list(self, course: CourseId) -> None:
        await CourseIndex(self.connection, writes=self.writes).renew(course)


class OnlineItems(Repository):
    async def put(self, item: OnlineItem) -> None:
        values = rows.item_values(item)
        changes = {name: value for name, value in values.items() if name != "id"}
        statement = self.insert(online_items).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
