"""What a learner does in a course beside coming: quizzes, assignments, the survey, excuses. Each may complete it, at once."""

import secrets
from dataclasses import replace
from datetime import datetime

from classroom.actions.certificates import issue_earned
from classroom.actions.courses import course_of, lesson_of
from classroom.assignments import MAX_TEXT, AssignmentId, Submission, SubmissionState, may_hand_in
from classroom.certificates import Certificate
from classroom.courses import Course
from classroom.enrolment import EnrolmentState
from classroom.errors import Invalid, NotFound, Refused
from classroom.excuses import MAX_REASON, Excuse, ExcuseId, ExcuseState
from classroom.people import CourseId, LessonId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.quizzes import GRACE, Answers, Attempt, AttemptId, QuizId, due_at, may_begin, score_percent
from classroom.surveys import SurveyAnswer
from classroom.uploads import Upload


async def my_course(uow: UnitOfWork, course: CourseId, by: Viewer) -> Course:
    """One `by` is enrolled in. Raises NotFound."""
    found = await course_of(uow, course)
    mine = await uow.enrolments.get(course, by.id)
    if mine is None or mine.state is not EnrolmentState.ENROLLED:
        raise NotFound
    return found


async def begin_quiz(uow: UnitOfWork, quiz: QuizId, *, by: Viewer, now: datetime) -> Attempt:
    """A new attempt, or the one that is running. Raises Refused as `may_begin`; NotFound."""
    found = await uow.quizzes.lock(quiz)
    if found is None:
        raise NotFound
    await my_course(uow, found.course, by)
    attempts = await uow.quizzes.attempts(quiz, by.id)
    if attempts and attempts[-1].is_running(now):
        return attempts[-1]
    may_begin(found, attempts, now)
    attempt = Attempt(AttemptId(new_id()), quiz, by.id, len(attempts) + 1, secrets.randbits(30), now, due_at(found, now))
    await uow.quizzes.add_attempt(attempt, found)
    return attempt


async def hand_in_quiz(
    uow: UnitOfWork, quiz: QuizId, answers: Answers, *, by: Viewer, now: datetime
) -> tuple[Attempt, list[Certificate]]:
    """Mark the running attempt. One whose time is up is marked as nothing answered: its questions were seen.

    Raises Refused("quiz-not-begun"), NotFound.
    """
    found = await uow.quizzes.lock(quiz)
    if found is None:
        raise NotFound
    await my_course(uow, found.course, by)
    attempts = await uow.quizzes.attempts(quiz, by.id)
    if not attempts or attempts[-1].submitted_at is not None:
        raise Refused("quiz-not-begun")
    running = attempts[-1]
    in_time = running.due_at is None or now <= running.due_at + GRACE
    given = {number: tuple(answers.get(number, ())) for number in range(len(found.questions))} if in_time else {}
    marked = replace(running, answers=given, percent=score_percent(found.questions, given), submitted_at=now)
    await uow.quizzes.submit(marked)
    return marked, await issue_earned(uow, found.course, now, people=[by.id])


async def hand_in_assignment(
    uow: UnitOfWork, assignment: AssignmentId, *, text: str, upload: Upload | None, by: Viewer, now: datetime
) -> Submission:
    """Hand in, or replace what waits; a file handed in before stays when none comes. Raises as `may_hand_in`; NotFound."""
    found = await uow.assignments.get(assignment)
    if found is None:
        raise NotFound
    await my_course(uow, found.course, by)
    known = await uow.assignments.submission(assignment, by.id)
    kept = known.upload if known is not None else None
    may_hand_in(found, known, text, upload is not None or kept is not None, now)
    if upload is not None:
        await uow.uploads.add(upload)
    submission = Submission(
        assignment, by.id, text.strip()[:MAX_TEXT], upload.id if upload else kept, SubmissionState.SUBMITTED, now
    )
    await uow.assignments.put_submission(submission, found)
    return submission


async def answer_survey(
    uow: UnitOfWork, course: CourseId, answer: SurveyAnswer, *, by: Viewer, now: datetime
) -> list[Certificate]:
    """Once per person and course; which answer was whose is not kept. Raises Refused("survey-done"), NotFound."""
    found = await my_course(uow, course, by)
    if not await uow.surveys.add(course, found.municipality, by.id, answer):
        raise Refused("survey-done")
    return await issue_earned(uow, course, now, people=[by.id])


async def hand_in_excuse(
    uow: UnitOfWork, lesson: LessonId, *, reason: str, upload: Upload | None, by: Viewer, now: datetime
) -> Excuse:
    """For a lesson of one's own course. Raises Invalid("reason-missing"), Refused("excuse-known"), NotFound."""
    each = await lesson_of(uow, lesson)
    await my_course(uow, each.course, by)
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    if await uow.excuses.known(lesson, by.id) in (ExcuseState.WAITING, ExcuseState.APPROVED):
        raise Refused("excuse-known")
    if upload is not None:
        await uow.uploads.add(upload)
    excuse = Excuse(
        ExcuseId(new_id()),
        lesson,
        each.course,
        each.municipality,
        by.id,
        reason.strip()[:MAX_REASON],
        upload.id if upload else None,
        ExcuseState.WAITING,
        now,
    )
    await uow.excuses.add(excuse)
    return excuse
