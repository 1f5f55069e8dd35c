"""A small world in the store: an open site, people, a course, a lesson."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from classroom.actions.applications import enrol
from classroom.actions.courses import create_course, open_site, schedule_lesson
from classroom.actions.lessons import record_facts, settle_lessons
from classroom.actions.people import add_person, grant_role
from classroom.courses import Course, CourseKind, Lesson
from classroom.people import MunicipalityCode, Person, PersonId, Role, Viewer
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START, SUWON, ended, joined, left, started

NOW = START - timedelta(days=5)
SEONGNAM = MunicipalityCode("seongnam")


@dataclass
class World:
    store: Store
    teacher: Person
    course: Course
    lessons: list[Lesson]

    @property
    def lesson(self) -> Lesson:
        return self.lessons[0]

    async def person(self, name: str, home: str = "suwon") -> Person:
        async with self.store.writing() as uow:
            return await add_person(uow, f"{name}@example.test", name, "unusable", "ko", MunicipalityCode(home), NOW)

    async def people(self, number: int) -> list[Person]:
        async with self.store.writing() as uow:
            return [
                await add_person(uow, f"crowd{i}@example.test", f"crowd{i:03}", "unusable", "ko", SUWON, NOW)
                for i in range(number)
            ]

    async def viewer(self, person: PersonId) -> Viewer:
        found = await self.store.queries.person(person)
        assert found is not None
        return found

    async def staff(self, name: str, role: Role, municipality: str | None) -> Viewer:
        person = await self.person(name, municipality or "suwon")
        code = MunicipalityCode(municipality) if municipality else None
        async with self.store.writing() as uow:
            await grant_role(uow, person=person.id, role=role, municipality=code, by=None, now=NOW)
        return await self.viewer(person.id)

    async def enrol(self, *people: Person) -> None:
        async with self.store.writing() as uow:
            for person in people:
                await enrol(uow, course=self.course.id, person=person.id, by=None, now=NOW)


async def make_world(store: Store, *, lessons: int = 1, slug: str = "photo", municipality: str = "suwon", **course: Any) -> World:
    code = MunicipalityCode(municipality)
    async with store.writing() as uow:
        teacher = await add_person(uow, f"{municipality}-{slug}@example.test", "teacher", "unusable", "ko", code, NOW)
        await open_site(uow, code, by=None, now=NOW)
        fields: dict[str, Any] = {
            "municipality": code,
            "slug": slug,
            "title": Text("사진 교실", "Photography"),
            "summary": Text("빛을 배웁니다", "Learn about light"),
            "category": "arts",
            "kind": CourseKind.LIVE,
            "instructor": teacher.id,
            "capacity": 30,
            "applies_from": NOW - timedelta(days=1),
            "applies_until": NOW + timedelta(days=2),
            "by": None,
        }
        made = await create_course(uow, **(fields | course))
        planned = [
            await schedule_lesson(
                uow,
                course=made.id,
                title=Text(f"{week + 1}주", f"Week {week + 1}"),
                starts_at=START + timedelta(days=7 * week),
                ends_at=END + timedelta(days=7 * week),
                by=None,
            )
            for week in range(lessons)
        ]
    return World(store, teacher, made, planned)


async def complete(world: World, *names: str) -> list[Any]:
    people = [await world.person(name) for name in names]
    await world.enrol(*people)
    facts = []
    for lesson in world.lessons:
        facts += [started(lesson.starts_at, lesson.id)]
        for person in people:
            peer = f"{lesson.id}-{person.id}"
            facts += [
                joined(lesson.starts_at, peer, person.id, lesson=lesson.id),
                left(lesson.ends_at, peer, person.id, lesson.id),
            ]
        facts += [ended(lesson.ends_at, lesson.id)]
    async with world.store.writing() as uow:
        new = await record_facts(uow, facts, world.lessons[-1].ends_at)
    await settle_lessons(world.store, new, world.lessons[-1].ends_at)
    return people
