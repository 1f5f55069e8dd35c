"""The satisfaction survey: who answered is known, what they answered is not. Two tables that nothing connects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classroom.errors import Invalid
from classroom.texts import Text

QUESTIONS: dict[str, Text] = {
    "content": Text("강의 내용이 도움이 되었습니다", "What was taught helped me"),
    "instructor": Text("강사의 설명이 이해하기 쉬웠습니다", "The instructor explained things clearly"),
    "pace": Text("수업의 속도와 양이 알맞았습니다", "The pace and the amount were right"),
    "service": Text("신청과 수업 참여가 편리했습니다", "Applying and taking part were easy"),
    "again": Text("주위 사람에게 권하고 싶습니다", "I would recommend it to others"),
}
RATINGS = (5, 4, 3, 2, 1)
SHOWN_FROM = 3
"""Fewer answers than this could be told apart: their results are not shown."""
MAX_COMMENT = 1_000


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    ratings: Mapping[str, int]
    comment: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What a municipality sees."""

    answers: int
    enrolled: int
    counts: Mapping[str, Mapping[int, int]]
    """Question → rating → how many."""
    comments: tuple[str, ...]
    """By their words, not in the order they came."""

    @property
    def is_shown(self) -> bool:
        return self.answers >= SHOWN_FROM

    def average(self, question: str) -> float:
        counts = self.counts[question]
        whole = sum(counts.values())
        return sum(rating * number for rating, number in counts.items()) / whole if whole else 0.0


def checked_answer(ratings: Mapping[str, int | None], comment: str) -> SurveyAnswer:
    """Raises Invalid("survey-incomplete") for the first question left out."""
    given: dict[str, int] = {}
    for question in QUESTIONS:
        rating = ratings.get(question)
        if rating not in RATINGS:
            raise Invalid("survey-incomplete", field=question)
        given[question] = rating
    return SurveyAnswer(given, comment.strip()[:MAX_COMMENT])


def tally(answers: Sequence[SurveyAnswer], enrolled: int) -> Tally:
    counts = {
        question: {rating: sum(each.ratings.get(question) == rating for each in answers) for rating in RATINGS}
        for question in QUESTIONS
    }
    return Tally(len(answers), enrolled, counts, tuple(sorted(each.comment for each in answers if each.comment)))
