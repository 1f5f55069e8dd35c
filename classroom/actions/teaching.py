"""What instructors and staff do with quizzes, assignments, excuses and rules."""

from dataclasses import replace
from datetime import datetime

from classroom.actions.certificates import issue_earned
from classroom.actions.courses import course_of, must_administer, must_lead
from classroom.actions.lessons import correct_attendance
from classroom.assignments import Assignment, AssignmentId, SubmissionState
from classroom.attendance import Verdict
from classroom.certificates import Certificate
from classroom.courses import Course
from classroom.errors import Invalid, NotFound, Refused
from classroom.excuses import MAX_REASON, ExcuseId, ExcuseState
from classroom.people import CourseId, MunicipalityCode, PersonId, Viewer
from classroom.ports import UnitOfWork
from classroom.quizzes import Quiz, QuizId, checked_quiz
from classroom.rules import AttendanceRule, CompletionRule, checked_rule

MAX_FEEDBACK = 2_000


async def led_course(uow: UnitOfWork, course: CourseId, by: Viewer) -> Course:
    """One `by` teaches or administers. Raises NotFound."""
    found = await course_of(uow, course)
    must_lead(by, found)
    return found


async def put_quiz(uow: UnitOfWork, quiz: Quiz, *, by: Viewer | None) -> None:
    """Add or change it. Attempts keep the score they got. Raises as `checked_quiz`; NotFound."""
    course = await course_of(uow, quiz.course)
    must_lead(by, course)
    known = await uow.quizzes.lock(quiz.id)
    if known is not None and known.course != quiz.course:
        raise NotFound
    await uow.quizzes.put(replace(checked_quiz(quiz), municipality=course.municipality))


async def remove_quiz(uow: UnitOfWork, quiz: QuizId, *, by: Viewer) -> bool:
    """False when somebody has begun it. Raises NotFound."""
    found = await uow.quizzes.lock(quiz)
    if found is None:
        raise NotFound
    await led_course(uow, found.course, by)
    return await uow.quizzes.remove(quiz)


async def put_assignment(uow: UnitOfWork, assignment: Assignment, *, by: Viewer | None) -> None:
    """Add or change it. Raises NotFound."""
    course = await course_of(uow, assignment.course)
    must_lead(by, course)
    known = await uow.assignments.get(assignment.id)
    if known is not None and known.course != assignment.course:
        raise NotFound
    await uow.assignments.put(replace(assignment, municipality=course.municipality))


async def remove_assignment(uow: UnitOfWork, assignment: AssignmentId, *, by: Viewer) -> bool:
    """False when something was handed in. Raises NotFound."""
    found = await uow.assignments.get(assignment)
    if found is None:
        raise NotFound
    await led_course(uow, found.course, by)
    return await uow.assignments.remove(assignment)


async def grade(
    uow: UnitOfWork,
    assignment: AssignmentId,
    person: PersonId,
    *,
    accepted: bool,
    score: int | None,
    feedback: str,
    by: Viewer,
    now: datetime,
) -> list[Certificate]:
    """Accept what was handed in, or give it back with a word. Raises Invalid("reason-missing") when giving back; NotFound."""
    found = await uow.assignments.get(assignment)
    if found is None:
        raise NotFound
    await led_course(uow, found.course, by)
    known = await uow.assignments.submission(assignment, person)
    if known is None:
        raise NotFound
    if not accepted and not feedback.strip():
        raise Invalid("reason-missing", field="feedback")
    graded = replace(
        known,
        state=SubmissionState.PASSED if accepted else SubmissionState.RETURNED,
        score=score,
        feedback=feedback.strip()[:MAX_FEEDBACK],
        graded_by=by.id,
        graded_at=now,
    )
    await uow.assignments.put_submission(graded, found)
    return await issue_earned(uow, found.course, now, people=[person]) if accepted else []


async def decide_excuse(
    uow: UnitOfWork, excuse: ExcuseId, *, approved: bool, answer: str, by: Viewer, now: datetime
) -> list[Certificate]:
    """An approved one becomes a correction of the sheet, with who and why. Declining needs a word.

    Raises Refused("excuse-decided"), Invalid("reason-missing"), NotFound.
    """
    found = await uow.excuses.get(excuse)
    if found is None:
        raise NotFound
    await led_course(uow, found.course, by)
    if found.state is not ExcuseState.WAITING:
        raise Refused("excuse-decided")
    if not approved and not answer.strip():
        raise Invalid("reason-missing", field="answer")
    state = ExcuseState.APPROVED if approved else ExcuseState.DECLINED
    decided = replace(found, state=state, decided_by=by.id, decided_at=now, answer=answer.strip()[:MAX_REASON])
    await uow.excuses.decide(decided)
    if not approved:
        return []
    await correct_attendance(
        uow, lesson=found.lesson, person=found.person, verdict=Verdict.EXCUSED, reason=found.reason, by=by, now=now
    )
    return await issue_earned(uow, found.course, now, people=[found.person])


async def set_course_rules(
    uow: UnitOfWork, course: CourseId, attendance: AttendanceRule, completion: CompletionRule, *, by: Viewer, now: datetime
) -> list[Certificate]:
    """Staff only; whoever meets the new rule gets the certificate now. Raises Invalid("rule-range"), NotFound."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    must_administer(by, found.municipality)
    await uow.courses.update(replace(found, attendance=checked_rule(attendance), completion=checked_rule(completion)))
    return await issue_earned(uow, course, now)


async def set_municipal_rules(
    uow: UnitOfWork,
    municipality: MunicipalityCode,
    attendance: AttendanceRule,
    completion: CompletionRule,
    *,
    by: Viewer,
    now: datetime,
) -> None:
    """The municipality's own preset. Courses that exist keep theirs. Raises Invalid("rule-range"), NotFound."""
    must_administer(by, municipality)
    await uow.completions.set_rules(municipality, checked_rule(attendance), checked_rule(completion), now)
