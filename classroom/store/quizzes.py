"""Quizzes and the attempts at them."""

from typing import Any

from sqlalchemy import delete, exists, select, update

from classroom.people import CourseId, PersonId
from classroom.quizzes import Attempt, Question, Quiz, QuizId
from classroom.store import rows
from classroom.store.assessment_tables import quiz_attempts, quizzes
from classroom.store.repository import Repository
from classroom.store.tables import people


class Quizzes(Repository):
    async def get(self, quiz: QuizId) -> Quiz | None:
        found = await self.first(select(quizzes).where(quizzes.c.id == quiz))
        return _quiz(found) if found else None

    async def lock(self, quiz: QuizId) -> Quiz | None:
        found = await self.first(self.locked(select(quizzes).where(quizzes.c.id == quiz)))
        return _quiz(found) if found else None

    async def of_course(self, course: CourseId) -> list[Quiz]:
        return [_quiz(row) for row in await self.all(select(quizzes).where(quizzes.c.course == course).order_by(quizzes.c.id))]

    async def put(self, quiz: Quiz) -> None:
        values = {
            "id": quiz.id,
            "course": quiz.course,
            "municipality": quiz.municipality,
            "title_ko": quiz.title.ko,
            "title_en": quiz.title.en,
            "questions": [question.to_json() for question in quiz.questions],
            "pass_percent": quiz.pass_percent,
            "attempts": quiz.attempts,
            "opens_at": quiz.opens_at,
            "closes_at": quiz.closes_at,
            "minutes": quiz.minutes,
            "shuffled": quiz.shuffled,
            "needed": quiz.needed,
        }
        changes = {name: value for name, value in values.items() if name not in ("id", "course", "municipality")}
        await self.run(self.insert(quizzes).values(values).on_conflict_do_update(index_elements=["id"], set_=changes))

    async def remove(self, quiz: QuizId) -> bool:
        begun = exists().where(quiz_attempts.c.quiz == quizzes.c.id)
        return (await self.run(delete(quizzes).where(quizzes.c.id == quiz, ~begun))).rowcount == 1

    async def attempts(self, quiz: QuizId, person: PersonId) -> list[Attempt]:
        mine = (quiz_attempts.c.quiz == quiz) & (quiz_attempts.c.person == person)
        found = await self.all(select(quiz_attempts).where(mine).order_by(quiz_attempts.c.number))
        return [_attempt(row) for row in found]

    async def all_attempts(self, quiz: QuizId) -> list[tuple[Attempt, str]]:
        statement = (
            select(quiz_attempts, people.c.name.label("person_name"))
            .join(people, people.c.id == quiz_attempts.c.person)
            .where(quiz_attempts.c.quiz == quiz)
            .order_by(people.c.name, people.c.id, quiz_attempts.c.number)
        )
        return [(_attempt(row), row.person_name) for row in await self.all(statement)]

    async def add_attempt(self, attempt: Attempt, quiz: Quiz) -> None:
        values = {
            "id": attempt.id,
            "quiz": quiz.id,
            "course": quiz.course,
            "municipality": quiz.municipality,
            "person": attempt.person,
            "number": attempt.number,
            "seed": attempt.seed,
            "started_at": attempt.started_at,
            "due_at": attempt.due_at,
        }
        await self.run(quiz_attempts.insert().values(values))

    async def submit(self, attempt: Attempt) -> None:
        answers = {str(number): list(chosen) for number, chosen in (attempt.answers or {}).items()}
        changes = {"answers": answers, "percent": attempt.percent, "submitted_at": attempt.submitted_at}
        await self.run(update(quiz_attempts).where(quiz_attempts.c.id == attempt.id).values(changes))


def _quiz(row: Any) -> Quiz:
    return Quiz(
        row.id,
        row.course,
        row.municipality,
        rows.text(row, "title"),
        tuple(map(Question.from_json, row.questions)),
        row.pass_percent,
        row.attempts,
        row.opens_at,
        row.closes_at,
        row.minutes,
        row.shuffled,
        row.needed,
    )


def _attempt(row: Any) -> Attempt:
    answers = {int(number): tuple(chosen) for number, chosen in row.answers.items()} if row.answers is not None else None
    return Attempt(
        row.id, row.quiz, row.person, row.number, row.seed, row.started_at, row.due_at, answers, row.percent, row.submitted_at
    )
