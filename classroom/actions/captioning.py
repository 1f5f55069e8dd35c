"""Who writes down what is said in a lesson: a stenographer, named by its instructor or staff, who needs no seat in the course."""

from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import lesson_to_come
from classroom.courses import Lesson
from classroom.errors import Invalid, NotFound
from classroom.messages import MessageKind, about_lesson
from classroom.people import LessonId, PersonId, Viewer
from classroom.ports import UnitOfWork


async def name_captioner(
    uow: UnitOfWork, lesson: LessonId, *, captioner: PersonId | None, by: Viewer | None, now: datetime
) -> Lesson:
    """From now on this person may enter the lesson to write captions, and nobody else may; None: nobody. They are told.

    Raises Invalid("captioner-leads", field "captioner"), Refused: "lesson-over", "lesson-cancelled"; NotFound.
    """
    found, course = await lesson_to_come(uow, lesson, by, now)
    if captioner is not None and await uow.people.get(captioner) is None:
        raise NotFound
    if captioner is not None and captioner in (course.instructor, found.substitute):
        raise Invalid("captioner-leads", field="captioner")
    if captioner == found.captioner:
        return found
    changed = replace(found, captioner=captioner)
    await uow.courses.update_lesson(changed)
    if captioner is not None:
        about = about_lesson(course, changed, href=f"/lessons/{lesson}/room")
        del about["slug"]  # it leads to where the captions are written, not to where one applies
        await uow.messages.send([captioner], MessageKind.CAPTIONER, about, now)
    return changed
