"""Rows of a table become courses, or every problem is named by row and column; whatever goes out can come in again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.course_import import COLUMNS, NEEDED, as_row, read_rows
from tests.classroom.making import START, make_course

GOOD = {
    "municipality": "suwon",
    "slug": "garden",
    "title_ko": "정원",
    "summary_ko": "함께 가꿉니다",
    "category": "green",
    "kind": "offline",
    "capacity": "20",
    "applies_from": "2026-12-01 09:00",
    "applies_until": "2026-12-10 18:00",
}
PLACES = ("suwon", "seongnam")


def problems(**changes: str) -> list[tuple[int, str, str]]:
    row = GOOD | changes
    found = read_rows([list(row), list(row.values())], {("suwon", "known")}, PLACES)
    return [(each.row, each.column, each.code) for each in found.problems]


def test_a_good_row_is_a_course() -> None:
    assert problems() == []
    ((number, course),) = read_rows([list(GOOD), list(GOOD.values())], (), PLACES).courses
    assert (number, course.title.en, course.state, course.capacity) == (2, "정원", "draft", 20)
    assert course.applies_from.isoformat() == "2026-12-01T09:00:00+09:00"


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"municipality": "atlantis"}, "municipality", "unknown"),
        ({"municipality": ""}, "municipality", "needed"),
        ({"slug": "정원"}, "slug", "slug"),
        ({"slug": "known"}, "slug", "taken"),
        ({"capacity": "0"}, "capacity", "number"),
        ({"capacity": "٣"}, "capacity", "number"),
        ({"applies_from": "2026-02-30"}, "applies_from", "date"),
        ({"applies_until": "2026-11-01"}, "applies_until", "order"),
        ({"kind": "hybrid"}, "kind", "unknown"),
        ({"title_ko": "=HYPERLINK(1)"}, "title_ko", "formula"),
        ({"title_ko": "가" * 121}, "title_ko", "too-long"),
        ({"home_seats": "21"}, "home_seats", "kept"),
        ({"mode": "bribe"}, "mode", "unknown"),
    ],
)
def test_every_wrong_cell_is_named(changes: dict[str, str], column: str, code: str) -> None:
    assert problems(**changes) == [(2, column, code)]


def test_the_header_is_looked_at_first() -> None:
    found = read_rows([["slug", "slug", "price"], ["a", "b", "c"]], (), PLACES)
    assert {(each.row, each.column, each.code) for each in found.problems} == {
        *((1, name, "column-missing") for name in NEEDED if name != "slug"),
        (1, "price", "column-unknown"),
        (1, "slug", "column-twice"),
    }
    assert [each.code for each in read_rows([], (), PLACES).problems] == ["empty"]


def test_rows_keep_their_numbers_over_blank_ones_and_an_address_twice_is_noticed() -> None:
    row = list(GOOD.values())
    found = read_rows([list(GOOD), row, [], row], (), PLACES)
    assert [(each.row, each.code) for each in found.problems] == [(4, "taken")]


def test_what_goes_out_comes_in_again() -> None:
    course = make_course(applies_from=START, applies_until=START + timedelta(days=1))
    ((_, again),) = read_rows([list(COLUMNS), as_row(course)], (), PLACES).courses
    assert as_row(again) == as_row(course)


@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=6))
def test_nonsense_is_problems_and_never_a_crash(table: list[list[str]]) -> None:
    found = read_rows([list(GOOD), *table], (), PLACES)
    assert not found.courses
