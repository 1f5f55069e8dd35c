"""What a learner has to do, and until when: assignments, quizzes, surveys of the courses they are in."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select

from classroom.assignments import SubmissionState
from classroom.completion import Need
from classroom.courses import CourseState
from classroom.people import Viewer
from classroom.queries.learning import Deadline
from classroom.store import rows
from classroom.store.applying import course_index
from classroom.store.assessment_tables import assignments, quiz_attempts, quizzes, submissions, survey_receipts
from classroom.store.repository import Repository
from classroom.store.tables import courses

_COURSE = (courses.c.title_ko.label("course_title_ko"), courses.c.title_en.label("course_title_en"))


async def deadlines(db: Repository, viewer: Viewer, enrolled: ColumnElement[bool], now: datetime) -> tuple[Deadline, ...]:
    """Soonest first, what has no day last. `enrolled`: a condition on `courses.c.id`. In three statements."""
    mine = enrolled & (courses.c.state == CourseState.PUBLISHED)
    handed_in = exists().where(
        submissions.c.assignment == assignments.c.id,
        submissions.c.person == viewer.id,
        submissions.c.state != SubmissionState.RETURNED,
    )
    works = (
        select(assignments, *_COURSE)
        .join(courses, courses.c.id == assignments.c.course)
        .where(mine, ~handed_in, or_(assignments.c.due_at > now, assignments.c.due_at.is_(None) & assignments.c.needed))
    )
    attempts = (quiz_attempts.c.quiz == quizzes.c.id) & (quiz_attempts.c.person == viewer.id)
    passed = exists().where(attempts, quiz_attempts.c.percent >= quizzes.c.pass_percent)
    used = select(func.count()).select_from(quiz_attempts).where(attempts).correlate(quizzes).scalar_subquery()
    tests = (
        select(quizzes, *_COURSE)
        .join(courses, courses.c.id == quizzes.c.course)
        .where(
            mine,
            ~passed,
            or_(quizzes.c.opens_at.is_(None), quizzes.c.opens_at <= now),
            or_(quizzes.c.closes_at > now, quizzes.c.closes_at.is_(None) & quizzes.c.needed),
            or_(quizzes.c.attempts == 0, used < quizzes.c.attempts),
        )
    )
    answered = exists().where(survey_receipts.c.course == courses.c.id, survey_receipts.c.person == viewer.id)
    surveys = (
        select(courses.c.id.label("course"), courses.c.completion, *_COURSE)
        .join(course_index, course_index.c.course == courses.c.id)
        .where(mine, ~answered, course_index.c.ends_at <= now)
    )
    found = [
        Deadline(Need.ASSIGNMENT, row.course, rows.text(row, "course_title"), row.id, rows.text(row, "title"), row.due_at)
        for row in await db.all(works)
    ]
    found += [
        Deadline(Need.QUIZ, row.course, rows.text(row, "course_title"), row.id, rows.text(row, "title"), row.closes_at)
        for row in await db.all(tests)
    ]
    found += [
        Deadline(Need.SURVEY, row.course, rows.text(row, "course_title"), "", None, None)
        for row in await db.all(surveys)
        if row.completion.get("survey")
    ]
    return tuple(sorted(found, key=lambda each: (each.at is None, each.at or now, each.need, each.id)))
