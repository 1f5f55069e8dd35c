"""What courses ask for and what people have done of it, gathered in a fixed number of statements; rules of municipalities."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true

from classroom.assignments import SubmissionState
from classroom.catalogue import RecordingState
from classroom.completion import Evidence, Tasks
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId, RecordingId
from classroom.rules import AttendanceRule, CompletionRule
from classroom.store.assessment_tables import assignments, municipal_rules, quiz_attempts, quizzes, submissions, survey_receipts
from classroom.store.repository import Repository
from classroom.store.tables import recordings


class Completions(Repository):
    async def tasks(self, course: CourseId) -> Tasks:
        tests = select(quizzes.c.id).where(quizzes.c.course == course, quizzes.c.needed).order_by(quizzes.c.id)
        works = select(assignments.c.id).where(assignments.c.course == course, assignments.c.needed).order_by(assignments.c.id)
        return Tasks(tuple(row.id for row in await self.all(tests)), tuple(row.id for row in await self.all(works)))

    async def evidence(self, course: CourseId, people: Sequence[PersonId] | None = None) -> dict[PersonId, Evidence]:
        def theirs(table: Any) -> ColumnElement[bool]:
            mine: ColumnElement[bool] = table.c.course == course
            return mine & (table.c.person.in_(people) if people is not None else true())

        passed = (
            select(quiz_attempts.c.person, quiz_attempts.c.quiz)
            .join(quizzes, quizzes.c.id == quiz_attempts.c.quiz)
            .where(theirs(quiz_attempts), quiz_attempts.c.percent >= quizzes.c.pass_percent)
            .distinct()
        )
        accepted = select(submissions.c.person, submissions.c.assignment).where(
            theirs(submissions), submissions.c.state == SubmissionState.PASSED
        )
        tests: dict[PersonId, set[str]] = {}
        works: dict[PersonId, set[str]] = {}
        for row in await self.all(passed):
            tests.setdefault(row.person, set()).add(row.quiz)
        for row in await self.all(accepted):
            works.setdefault(row.person, set()).add(row.assignment)
        answered = {row.person for row in await self.all(select(survey_receipts.c.person).where(theirs(survey_receipts)))}
        return {
            person: Evidence(frozenset(tests.get(person, ())), frozenset(works.get(person, ())), person in answered)
            for person in tests.keys() | works.keys() | answered
        }

    async def films(self, course: CourseId) -> dict[RecordingId, float]:
        found = await self.all(select(recordings.c.id, recordings.c.duration_s).where(_shown(course)))
        return {row.id: row.duration_s or 0.0 for row in found}

    async def replays(self, course: CourseId) -> dict[LessonId, RecordingId]:
        found = await self.all(select(recordings.c.lesson, recordings.c.id).where(_shown(course)))
        return {row.lesson: row.id for row in found if row.lesson is not None}

    async def rules(self, municipality: MunicipalityCode) -> tuple[AttendanceRule, CompletionRule] | None:
        await self.hold(municipality)
        found = await self.first(self.locked(select(municipal_rules).where(municipal_rules.c.municipality == municipality)))
        return (AttendanceRule(**found.attendance), CompletionRule(**found.completion)) if found else None

    async def set_rules(
        self, municipality: MunicipalityCode, attendance: AttendanceRule, completion: CompletionRule, now: datetime
    ) -> None:
        changes = {"attendance": attendance.to_json(), "completion": completion.to_json(), "changed_at": now}
        statement = self.insert(municipal_rules).values({"municipality": municipality} | changes)
        await self.run(statement.on_conflict_do_update(index_elements=["municipality"], set_=changes))


def _shown(course: CourseId) -> ColumnElement[bool]:
    """Replays learners of the course may watch."""
    playable = recordings.c.state.in_((RecordingState.READY, RecordingState.COMPOSED))
    return and_(recordings.c.course == course, recordings.c.published, playable, recordings.c.deleted_at.is_(None))
