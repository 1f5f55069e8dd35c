"""Quizzes mark themselves, conditions explain themselves, files are what they contain."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.attendance import Verdict
from classroom.certificates import progress
from classroom.completion import Evidence, Need, Tasks, standing
from classroom.errors import Invalid, Refused
from classroom.people import CourseId, PersonId
from classroom.quizzes import (
    GRACE,
    Attempt,
    AttemptId,
    Question,
    QuestionKind,
    Quiz,
    QuizId,
    checked_quiz,
    due_at,
    has_passed,
    is_right,
    may_begin,
    order,
    read_number,
    score_percent,
)
from classroom.rules import AttendanceRule, CompletionRule, checked_rule
from classroom.surveys import QUESTIONS, SurveyAnswer, checked_answer, tally
from classroom.texts import Text
from classroom.uploads import MAX_BYTES, checked_content, shown_name
from tests.classroom.making import START, SUWON

SINGLE = Question(QuestionKind.SINGLE, "?", ("a", "b", "c"), ("1",))
MULTIPLE = Question(QuestionKind.MULTIPLE, "?", ("a", "b", "c"), ("0", "2"), points=2)
SHORT = Question(QuestionKind.SHORT, "?", (), ("수원 화성", "Hwaseong"))
NUMBER = Question(QuestionKind.NUMBER, "?", (), ("1234.5",), tolerance=0.5)
QUIZ = Quiz(QuizId("q"), CourseId("course"), SUWON, Text("퀴즈", "Quiz"), (SINGLE, MULTIPLE, SHORT, NUMBER))
P, A = Verdict.PRESENT, Verdict.ABSENT


def attempt(**changes: object) -> Attempt:
    return replace(Attempt(AttemptId("a"), QUIZ.id, PersonId("p"), 1, 7, START, None), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        (SINGLE, ("1",), True),
        (SINGLE, ("1", "2"), False),
        (SINGLE, (), False),
        (MULTIPLE, ("2", "0"), True),
        (MULTIPLE, ("0",), False),
        (SHORT, ("  수원화성 ",), True),
        (SHORT, ("ＨＷＡＳＥＯＮＧ",), True),
        (SHORT, ("",), False),
        (NUMBER, ("１,234",), True),
        (NUMBER, ("1233.9",), False),
        (NUMBER, ("nan",), False),
        (NUMBER, ("inf",), False),
    ],
)
def test_an_answer_is_right_or_not(question: Question, answer: tuple[str, ...], right: bool) -> None:
    assert is_right(question, answer) is right


def test_points_are_weighed_and_rounded_down() -> None:
    assert score_percent(QUIZ.questions, {0: ("1",), 1: ("0", "2"), 2: ("hwaseong",), 3: ("1234.5",)}) == 100
    assert score_percent(QUIZ.questions, {1: ("0", "2")}) == 40
    assert score_percent((SINGLE, SINGLE, SINGLE), {0: ("1",), 1: ("1",)}) == 66


@given(st.dictionaries(st.integers(0, 9), st.lists(st.text(max_size=20), max_size=5), max_size=10))
def test_whatever_is_handed_in_gets_a_score(answers: dict[int, list[str]]) -> None:
    assert 0 <= score_percent(QUIZ.questions, answers) <= 100


@given(st.integers(0, 2**30))
def test_a_shuffled_quiz_asks_the_same(seed: int) -> None:
    laid = order(QUIZ, seed)
    assert laid == order(QUIZ, seed)
    assert sorted(number for number, _ in laid) == [0, 1, 2, 3]
    assert all(sorted(options) == list(range(len(QUIZ.questions[number].options))) for number, options in laid)


@pytest.mark.parametrize(
    "wrong",
    [
        Question(QuestionKind.SINGLE, "?", ("a", "b"), ()),
        Question(QuestionKind.SINGLE, "?", ("a", "b"), ("0", "1")),
        Question(QuestionKind.SINGLE, "?", ("a",), ("0",)),
        Question(QuestionKind.MULTIPLE, "?", ("a", "b"), ("7",)),
        Question(QuestionKind.NUMBER, "?", (), ("many",)),
        Question(QuestionKind.SHORT, "?", (), (" ",)),
    ],
)
def test_a_question_nobody_can_answer_is_refused_by_its_number(wrong: Question) -> None:
    with pytest.raises(Invalid, match="question-wrong") as refused:
        checked_quiz(replace(QUIZ, questions=(SINGLE, wrong)))
    assert refused.value.fields["number"] == 2


def test_a_quiz_opens_closes_and_runs_out_of_attempts() -> None:
    timed = replace(QUIZ, opens_at=START, closes_at=START + timedelta(hours=1), attempts=1, minutes=20)
    for moment, code in ((-1, "quiz-not-open"), (61, "quiz-closed")):
        with pytest.raises(Refused, match=code):
            may_begin(timed, [], START + timedelta(minutes=moment))
    with pytest.raises(Refused, match="quiz-no-attempts"):
        may_begin(timed, [attempt()], START)
    may_begin(replace(timed, attempts=0), [attempt()] * 50, START)
    assert due_at(timed, START + timedelta(minutes=50)) == timed.closes_at
    assert due_at(timed, START) == START + timedelta(minutes=20)
    running = attempt(due_at=START + timedelta(minutes=20))
    assert running.is_running(START + timedelta(minutes=20) + GRACE)
    assert not running.is_running(START + timedelta(minutes=21))


def test_the_best_attempt_counts() -> None:
    assert has_passed(QUIZ, [attempt(percent=80), attempt(percent=10)])
    assert not has_passed(QUIZ, [attempt(percent=59), attempt()])
    assert read_number("1e400") is None


def test_two_of_three_conditions_are_two_of_three() -> None:
    rule = CompletionRule(survey=True)
    found = standing(progress([P, P], rule), rule, Tasks(quizzes=("q",)), Evidence(quizzes=frozenset("q")))
    assert [each.need for each in found.conditions] == [Need.ATTENDANCE, Need.QUIZ, Need.SURVEY]
    assert found.met == 2
    assert [each.need for each in found.missing] == [Need.SURVEY]
    assert not found.is_earned
    done = Evidence(quizzes=frozenset("q"), survey=True)
    assert standing(progress([P, P], rule), rule, Tasks(quizzes=("q",)), done).is_earned


def test_a_course_without_lessons_is_completed_by_its_tasks_and_by_nothing_without_any() -> None:
    rule = CompletionRule(minimum_share=0.0, watch_share=0.95)
    nearly, all_of_it = Evidence(watched_s=94.0, length_s=100.0), Evidence(watched_s=95.0, length_s=100.0)
    assert not standing(progress([], rule), rule, Tasks(), nearly).is_earned
    assert standing(progress([], rule), rule, Tasks(), all_of_it).is_earned
    nothing = CompletionRule(minimum_share=0.0)
    assert not standing(progress([], nothing), nothing, Tasks(), Evidence()).is_earned
    assert standing(progress([P], nothing), nothing, Tasks(), Evidence()).is_earned, "coming at all, as before"


def test_a_replay_makes_up_for_as_much_as_the_rule_says() -> None:
    half = CompletionRule(makeup_weight=0.5)
    assert progress([P, P, P, P, A], half, 1).share == 0.9
    assert not progress([P, P, P, A, A], half, 1).is_earned
    assert progress([P, P, P, A, A], half, 2).is_earned
    assert progress([P], CompletionRule(makeup_weight=1.0), 3).share == 1.0


def test_a_rule_outside_its_range_is_refused_by_its_field() -> None:
    with pytest.raises(Invalid, match="rule-range") as refused:
        checked_rule(AttendanceRule(on_time_min=500))
    assert refused.value.fields["field"] == "on_time_min"
    assert checked_rule(CompletionRule()) == CompletionRule()


def test_a_survey_is_whole_and_its_results_wait_for_three() -> None:
    with pytest.raises(Invalid, match="survey-incomplete"):
        checked_answer({"content": 5}, "")
    given_answer = checked_answer(dict.fromkeys(QUESTIONS, 4), " 좋았습니다 ")
    assert given_answer == SurveyAnswer(dict.fromkeys(QUESTIONS, 4), "좋았습니다")
    assert not tally([given_answer] * 2, 20).is_shown
    found = tally([given_answer] * 3, 20)
    assert found.is_shown
    assert found.average("content") == 4.0


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (8).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0" + b"\0" * 8 + b"\0\0\0\0IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("data", "mime"),
    [(b"%PDF-1.7\n...\n%%EOF\n", "application/pdf"), (b"\xff\xd8\xff\xe0...\xff\xd9", "image/jpeg"), (PNG, "image/png")],
)
def test_a_file_is_what_it_contains(data: bytes, mime: str) -> None:
    assert checked_content(data) == mime


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "upload-empty"),
        (b"<svg onload=alert(1)>", "upload-kind"),
        (b"#EXTM3U\nfile:///etc/passwd", "upload-kind"),
        (b"PK\x03\x04", "upload-kind"),
        (b"%PDF-1.7 cut off", "upload-kind"),
        (PNG.replace((8).to_bytes(4, "big"), (60_000).to_bytes(4, "big"), 1), "upload-kind"),
        (b"%PDF-" + b"0" * MAX_BYTES, "upload-too-large"),
    ],
)
def test_other_files_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        checked_content(data)


def test_a_files_name_is_only_shown() -> None:
    assert shown_name("../../etc/passwd") == "passwd"
    assert shown_name("C:\\Users\\x\\진료 확인서.pdf") == "진료 확인서.pdf"
    assert shown_name("a\u202egnp.exe\n") == "agnp.exe"
    assert shown_name("/") == "file"
