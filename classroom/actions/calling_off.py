"""A course that does not take place: too few applied, the instructor is ill, the room is gone."""

from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import must_administer
from classroom.actions.seating import tell
from classroom.courses import CourseKind, CourseState
from classroom.enrolment import ACTIVE, EnrolmentState
from classroom.errors import Invalid, NotFound, Refused
from classroom.fees import ChargeState
from classroom.messages import MessageKind
from classroom.people import CourseId, Viewer
from classroom.ports import UnitOfWork


async def call_off(uow: UnitOfWork, course: CourseId, *, reason: str, by: Viewer | None, now: datetime) -> int:
    """Nobody has or waits for a seat any more, what was paid comes back whole, its lessons are cancelled; all are told why.

    Returns how many were told. Once a lesson has begun a course goes on, or its further lessons are cancelled one by one.
    Raises Refused: "course-begun", "called-off-already"; Invalid("reason-missing"), NotFound.
    """
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    must_administer(by, found.municipality)
    if found.state is CourseState.ARCHIVED:
        raise Refused("called-off-already")
    why = reason.strip()[:300]
    if not why:
        raise Invalid("reason-missing", field="reason")
    lessons = await uow.courses.lessons(course)
    left = await uow.enrolments.in_state(course, *ACTIVE)
    # What is learned at any time begins with its first learner.
    is_watched = found.kind is CourseKind.ONLINE and any(each.state is EnrolmentState.ENROLLED for each in left)
    if is_watched or any(each.state(now) != "scheduled" for each in lessons):
        raise Refused("course-begun")
    for lesson in lessons:
        gone = replace(lesson, cancelled_at=now, cancel_reason=why, sequence=lesson.sequence + 1)
        await uow.courses.update_lesson(gone)
    without = [replace(each, state=EnrolmentState.CANCELLED, offer_until=None, changed_at=now) for each in left]
    await uow.enrolments.put_all(without, found.municipality)
    if found.admission.fee_won:
        for each in left:
            known = await uow.charges.get(course, each.person)
            if known is None or known.state not in (ChargeState.DUE, ChargeState.PAID):
                continue
            back = replace(known, state=ChargeState.DROPPED, changed_at=now)
            if known.state is ChargeState.PAID:
                back = replace(known, state=ChargeState.REFUND_DUE, refund_won=known.won, changed_at=now)
            await uow.charges.put(back, found.municipality)
    told = list(dict.fromkeys([*(each.person for each in left), *([found.instructor] if found.instructor else [])]))
    await tell(uow, found, told, MessageKind.CALLED_OFF, now, reason=why)
    await uow.courses.update(replace(found, state=CourseState.ARCHIVED, version=found.version + 1))
    return len(told)
