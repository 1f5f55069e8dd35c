"""Who earns a certificate, and what is frozen on it."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from classroom.attendance import Verdict
from classroom.certificates import (
    ATTENDED,
    Paper,
    new_code,
    number_text,
    paper,
    plain_code,
    progress,
)
from classroom.municipalities import GYEONGGI
from classroom.rules import CompletionRule, completion_preset
from tests.classroom.making import make_course, make_lesson

P, L, E, A, X = Verdict.PRESENT, Verdict.LATE, Verdict.LEFT_EARLY, Verdict.ABSENT, Verdict.EXCUSED
RULE = CompletionRule()


def test_four_of_five_lessons_are_eighty_per_cent() -> None:
    assert progress([P, P, P, P, A], RULE).is_earned
    assert not progress([P, P, P, A, A], RULE).is_earned


def test_nothing_is_earned_before_the_last_lesson() -> None:
    assert not progress([P, P, P, P, None], RULE).is_earned
    assert not progress([], RULE).is_earned


def test_excused_counts_as_attended() -> None:
    assert progress([P, P, P, X, A], RULE).is_earned


def test_three_late_arrivals_make_one_absence_where_the_rule_says_so() -> None:
    verdicts = [L, L, E, P, P]
    assert progress(verdicts, completion_preset("standard")).attended == 5
    assert progress(verdicts, completion_preset("vocational")).attended == 4
    assert not progress([L, L, E, P, A], completion_preset("vocational")).is_earned


@given(st.lists(st.sampled_from([P, L, E, A, X]), min_size=1, max_size=60), st.integers(1, 100))
def test_the_threshold_is_exact(verdicts: list[Verdict], per_cent: int) -> None:
    attended = sum(verdict in ATTENDED for verdict in verdicts)
    enough = attended > 0 and Fraction(attended, len(verdicts)) >= Fraction(per_cent, 100)
    assert progress(verdicts, CompletionRule(minimum_share=per_cent / 100)).is_earned is enough


def test_the_number_is_as_on_korean_certificates() -> None:
    suwon = next(each for each in GYEONGGI if each.code == "suwon")
    yangpyeong = next(each for each in GYEONGGI if each.code == "yangpyeong")
    assert number_text(2026, suwon, 123) == "제 2026-수원-000123 호"
    assert number_text(2027, yangpyeong, 1_000_000) == "제 2027-양평-1000000 호"


def test_dates_on_paper_are_those_of_seoul() -> None:
    late = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # half past midnight on 1 January 2027 in Seoul
    lessons = [make_lesson(starts_at=late, ends_at=late + timedelta(minutes=90))]
    printed = paper(7, GYEONGGI[0], make_course(), lessons, "김서연", progress([P], RULE), late)
    assert printed.number == "제 2027-수원-000007 호"
    assert [each.isoformat() for each in (printed.begins_on, printed.ends_on, printed.issued_on)] == ["2027-01-01"] * 3
    assert printed.hours == 1.5


def test_frozen_data_survives_json() -> None:
    printed = paper(1, GYEONGGI[0], make_course(), [make_lesson()], "김서연", progress([P], RULE), make_lesson().ends_at)
    assert Paper.from_json(json.loads(json.dumps(printed.to_json()))) == printed


def test_codes_are_read_however_they_are_typed() -> None:
    code = new_code()
    assert len(code) == 12
    assert plain_code(f" {code[:4].lower()}-{code[4:8]} {code[8:]}\n") == code
    assert len({new_code() for _ in range(1_000)}) == 1_000
