"""Taking facts in, and deriving from them what a lesson came to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from classroom.actions.certificates import issue_earned
from classroom.actions.courses import course_of, lesson_of, must_lead
from classroom.actions.recordings import start_recording
from classroom.attendance import Attendance, Verdict, sheet
from classroom.certificates import Certificate
from classroom.courses import Lesson
from classroom.errors import Invalid, NotFound
from classroom.events import PRESENCE_TYPES, Fact
from classroom.people import LessonId, PersonId, RecordingId, Viewer
from classroom.ports import Transactions, UnitOfWork


async def record_facts(uow: UnitOfWork, facts: Sequence[Fact], now: datetime) -> list[Fact]:
    """Append facts to the log and take over what they say of the lesson and its recording; returns those that were new.

    Facts known already, and facts of lessons nobody knows, change nothing (the latter are kept all the same).
    Call `settle_lessons` with the result afterwards, in its own transaction: what is derived can wait, the log cannot. Should
    that never happen, the lessons are due (`queries.due_lessons`) until `settle_due` has done it.
    """
    new = await uow.facts.append(facts, now)
    for fact in new:
        if fact.type in ("lesson-started", "lesson-ended"):
            await _take_time(uow, fact)
        elif fact.type == "recording-started":
            recording = RecordingId(str(fact.data["recording"]))
            await start_recording(uow, recording=recording, lesson=fact.lesson, now=fact.at)
    if lessons := {fact.lesson for fact in new if fact.type in PRESENCE_TYPES}:
        await uow.courses.unsettle(lessons)
    return new


async def record_fact(uow: UnitOfWork, fact: Fact, now: datetime) -> bool:
    """One of them; returns whether it was new."""
    return bool(await record_facts(uow, [fact], now))


async def _take_time(uow: UnitOfWork, fact: Fact) -> None:
    """The first start and the first end count."""
    lesson = await uow.courses.lesson(fact.lesson)
    if lesson is None:
        return
    if fact.type == "lesson-started" and lesson.started_at is None:
        await uow.courses.update_lesson(replace(lesson, started_at=fact.at))
    elif fact.type == "lesson-ended" and lesson.ended_at is None:
        await uow.courses.update_lesson(replace(lesson, ended_at=fact.at))


async def settle_lessons(store: Transactions, new: Iterable[Fact], now: datetime) -> list[Certificate]:
    """Bring the sheets of ended lessons up to date after `new` facts; returns certificates that were earned by it."""
    touched = list(dict.fromkeys(fact.lesson for fact in new if fact.type in PRESENCE_TYPES))
    if not touched:
        return []
    async with store.reading() as uow:
        found = [await uow.courses.lesson(lesson) for lesson in touched]
    return await settle_due(store, [each.id for each in found if each is not None and each.state(now) == "ended"], now)


async def settle_due(store: Transactions, due: Iterable[LessonId], now: datetime) -> list[Certificate]:
    """Settle lessons that are over and were not settled: pass what `queries.due_lessons(now)` answers, every half minute.

    They are those whose end came while no process ran, and those nobody ended. One that cannot be settled holds up no other: what
    hindered it is raised when all were tried.
    """
    issued: list[Certificate] = []
    failures: list[Exception] = []
    for lesson in due:
        try:
            issued += await settle_lesson(store, lesson, now)
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("lessons that could not be settled", failures)
    return issued


async def settle_lesson(store: Transactions, lesson: LessonId, now: datetime) -> list[Certificate]:
    """Final attendance of an ended lesson, and the certificates it completes. Any number of times with the same result.

    Two hours of a large class take a second to derive: that is done without holding up those who write.
    """
    for _ in range(3):
        async with store.reading() as uow:
            latest = await uow.facts.latest(lesson)
            found, rows = await _final_sheet(uow, lesson)
        async with store.writing() as uow:
            await lesson_of(uow, lesson)  # held until the end: one settles at a time
            if await uow.facts.latest(lesson) == latest:
                await uow.attendance.replace(found, rows, now)
                return await issue_earned(uow, found.course, now)
    async with store.writing() as uow:  # facts keep coming: then nobody writes meanwhile
        await finalise_attendance(uow, lesson, now)
        return await issue_earned(uow, found.course, now)


async def finalise_attendance(uow: UnitOfWork, lesson: LessonId, now: datetime) -> list[Attendance]:
    """Derive the final sheet from the facts and store it, in one transaction."""
    found, rows = await _final_sheet(uow, lesson)
    await uow.attendance.replace(found, rows, now)
    return rows


async def _final_sheet(uow: UnitOfWork, lesson: LessonId) -> tuple[Lesson, list[Attendance]]:
    """A lesson nobody ever entered was not held: it has no rows."""
    found = await lesson_of(uow, lesson)
    course = await course_of(uow, found.course)
    presence = await uow.facts.presence(lesson)
    if not presence.names:
        return found, []
    return found, sheet(found, course.attendance, presence, await uow.enrolments.enrolled(course.id), None)


async def correct_attendance(
    uow: UnitOfWork, *, lesson: LessonId, person: PersonId, verdict: Verdict, reason: str, by: Viewer, now: datetime
) -> None:
    """Staff or the instructor decide otherwise; the original, the reason and who did it stay on record.

    Raises Invalid("reason-missing"), Invalid("verdict-unknown"), NotFound.
    """
    found = await lesson_of(uow, lesson)
    course = await course_of(uow, found.course)
    must_lead(by, course)
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    if verdict is Verdict.EXPECTED:
        raise Invalid("verdict-unknown", field="verdict")
    original = await uow.attendance.verdict(lesson, person)
    if original is None:
        if person not in await uow.enrolments.enrolled(course.id):
            raise NotFound
        original = Verdict.ABSENT
    await uow.attendance.correct(found, person, original, verdict, reason.strip()[:500], by.id, now)
