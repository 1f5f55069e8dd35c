"""Ticking people off in a hall: facts like those of a room, so that the sheet is derived in one way only."""

from collections.abc import Collection
from datetime import datetime

from classroom.actions.courses import course_of, lesson_of, must_lead
from classroom.actions.learning import my_course
from classroom.actions.lessons import record_facts
from classroom.courses import Lesson
from classroom.events import MARK_TYPES, Fact
from classroom.people import LessonId, PersonId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.rollcall import marked, may_mark


async def check_in(uow: UnitOfWork, lesson: LessonId, *, by: Viewer, now: datetime) -> list[Fact]:
    """Somebody scanned the code: there from now until the end. Again is silent.

    Raises Refused: "not-yet-open", "lesson-over"; NotFound for who is not in the course.
    """
    found = await lesson_of(uow, lesson)
    course = await my_course(uow, found.course, by)
    if by.id in marked(await uow.facts.of_lesson(lesson, MARK_TYPES)):
        return []
    may_mark(course, found, now)
    return await record_facts(uow, [_present(found, by.id, by.person.name, now, now, by, "code")], now)


async def call_roll(uow: UnitOfWork, lesson: LessonId, *, present: Collection[PersonId], by: Viewer, now: datetime) -> list[Fact]:
    """The instructor's list: who is on it was there from the start; who no longer is, is taken off it. Raises NotFound."""
    found = await lesson_of(uow, lesson)
    course = await course_of(uow, found.course)
    must_lead(by, course)
    names = await uow.enrolments.enrolled(course.id)
    known = marked(await uow.facts.of_lesson(lesson, MARK_TYPES))
    facts = [
        _present(found, person, names[person], found.starts_at, now, by, "list")
        for person in present
        if person in names and person not in known
    ]
    gone = [person for person in known if person in names and person not in present]
    facts += [Fact(new_id(), lesson, now, "mark-withdrawn", {"person": person, "by": by.id}) for person in gone]
    return await record_facts(uow, facts, now) if facts else []


def _present(lesson: Lesson, person: PersonId, name: str, since: datetime, now: datetime, by: Viewer, how: str) -> Fact:
    data = {
        "person": person,
        "name": name,
        "since": since.isoformat(),
        "until": lesson.ends_at.isoformat(),
        "by": by.id,
        "how": how,
    }
    return Fact(new_id(), lesson.id, now, "marked-present", data)
