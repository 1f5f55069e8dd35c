"""Quizzes that mark themselves: questions, attempts within a window of time, the score (pure)."""

import math
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

from classroom.errors import Invalid, Refused
from classroom.people import CourseId, MunicipalityCode, PersonId
from classroom.texts import Text

QuizId = NewType("QuizId", str)
AttemptId = NewType("AttemptId", str)
Answers = Mapping[int, Sequence[str]]
"""Number of the question → what was chosen (numbers of options) or written."""

GRACE = timedelta(seconds=30)
"""Handing in by itself when time is up takes a slow phone a while."""
MAX_QUESTIONS = 60
MAX_OPTIONS = 10


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    SHORT = "short"
    NUMBER = "number"


CHOICES = frozenset({QuestionKind.SINGLE, QuestionKind.MULTIPLE})


@dataclass(frozen=True, slots=True)
class Question:
    kind: QuestionKind
    prompt: str
    options: tuple[str, ...] = ()
    """To choose from; none for written answers."""
    right: tuple[str, ...] = ()
    """Numbers of the right options; or every wording that is accepted; or the number."""
    tolerance: float = 0.0
    """A number this far off is right too."""
    points: int = 1

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "prompt": self.prompt,
            "options": list(self.options),
            "right": list(self.right),
            "tolerance": self.tolerance,
            "points": self.points,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Question":
        return cls(
            QuestionKind(fields["kind"]),
            fields["prompt"],
            tuple(fields["options"]),
            tuple(fields["right"]),
            fields["tolerance"],
            fields["points"],
        )


@dataclass(frozen=True, slots=True)
class Quiz:
    id: QuizId
    course: CourseId
    municipality: MunicipalityCode
    title: Text
    questions: tuple[Question, ...]
    pass_percent: int = 60
    attempts: int = 3
    """0: as often as one likes. The best one counts."""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    minutes: int = 0
    """For one attempt; 0: no limit."""
    shuffled: bool = True
    """Questions and options stand in another order for everybody."""
    needed: bool = True
    """Passing it is a condition of completing the course."""


@dataclass(frozen=True, slots=True)
class Attempt:
    id: AttemptId
    quiz: QuizId
    person: PersonId
    number: int
    seed: int
    started_at: datetime
    due_at: datetime | None
    answers: Answers | None = None
    percent: int | None = None
    submitted_at: datetime | None = None

    def is_running(self, now: datetime) -> bool:
        return self.submitted_at is None and (self.due_at is None or now <= self.due_at + GRACE)


def checked_quiz(quiz: Quiz) -> Quiz:
    """Raises Invalid: "quiz-empty", "question-wrong" (field `number`), "times-wrong"."""
    if not quiz.questions:
        raise Invalid("quiz-empty", field="q0_prompt")
    if quiz.opens_at and quiz.closes_at and quiz.closes_at <= quiz.opens_at:
        raise Invalid("times-wrong", field="closes_at")
    for number, question in enumerate(quiz.questions):
        if not _can_be_answered(question):
            raise Invalid("question-wrong", field=f"q{number}_prompt", number=number + 1)
    return quiz


def _can_be_answered(question: Question) -> bool:
    if not question.right or question.points < 1:
        return False
    if question.kind in CHOICES:
        known = {str(number) for number in range(len(question.options))}
        enough = 2 <= len(question.options) <= MAX_OPTIONS and set(question.right) <= known
        return enough and (question.kind is QuestionKind.MULTIPLE or len(question.right) == 1)
    if question.kind is QuestionKind.NUMBER:
        return read_number(question.right[0]) is not None
    return all(map(plain, question.right))


def is_right(question: Question, answer: Sequence[str]) -> bool:
    """All of it or nothing: half of a multiple choice is not right."""
    if question.kind in CHOICES:
        return bool(answer) and set(answer) == set(question.right)
    written = answer[0] if answer else ""
    if question.kind is QuestionKind.SHORT:
        return plain(written) in {plain(each) for each in question.right}
    number, wanted = read_number(written), read_number(question.right[0])
    return number is not None and wanted is not None and abs(number - wanted) <= question.tolerance + 1e-9


def score_percent(questions: Sequence[Question], answers: Answers) -> int:
    """Points reached of all points, rounded down: 59.9 % does not pass at 60."""
    whole = sum(question.points for question in questions)
    reached = sum(question.points for number, question in enumerate(questions) if is_right(question, answers.get(number, ())))
    return reached * 100 // whole if whole else 0


def plain(written: str) -> str:
    """A short answer as it is compared: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", written).casefold().split())


def read_number(written: str) -> float | None:
    """Full-width digits and thousands separators are numbers; nan and inf are none."""
    try:
        number = float(unicodedata.normalize("NFKC", written).strip().replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def order(quiz: Quiz, seed: int) -> list[tuple[int, list[int]]]:
    """Questions as they are asked, each with its options in order; numbers are those of the quiz."""
    laid = [(number, list(range(len(question.options)))) for number, question in enumerate(quiz.questions)]
    if quiz.shuffled:
        chance = random.Random(seed)
        chance.shuffle(laid)
        for _, options in laid:
            chance.shuffle(options)
    return laid


def may_begin(quiz: Quiz, attempts: Sequence[Attempt], now: datetime) -> None:
    """Raises Refused: "quiz-not-open", "quiz-closed", "quiz-no-attempts"."""
    if quiz.opens_at is not None and now < quiz.opens_at:
        raise Refused("quiz-not-open", opens_at=quiz.opens_at)
    if quiz.closes_at is not None and now >= quiz.closes_at:
        raise Refused("quiz-closed", closed_at=quiz.closes_at)
    if quiz.attempts and len(attempts) >= quiz.attempts:
        raise Refused("quiz-no-attempts")


def due_at(quiz: Quiz, now: datetime) -> datetime | None:
    """The earlier of an attempt's own time and the end of the quiz."""
    ends = [each for each in (quiz.closes_at, now + timedelta(minutes=quiz.minutes) if quiz.minutes else None) if each]
    return min(ends) if ends else None


def has_passed(quiz: Quiz, attempts: Sequence[Attempt]) -> bool:
    return any(each.percent is not None and each.percent >= quiz.pass_percent for each in attempts)
