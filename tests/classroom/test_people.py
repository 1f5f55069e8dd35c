"""Accounts, rights and the colours of sites."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.errors import CODES, ClassroomError, Invalid
from classroom.municipalities import GYEONGGI, checked_brand, contrast_with_white
from classroom.people import Role, checked_name, checked_password, new_id, normal_email
from classroom.rules import attendance_preset, completion_preset
from classroom.texts import Text
from tests.classroom.making import SUWON, make_viewer

BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
NOT_ONE = ["a@b.kr,c@d.kr", "a@b.kr;c@d.kr", "a<c@d.kr>", "(a)c@d.kr", '"a"@b.kr', "a:c@d.kr", "a@b@c.kr", "a\\@b.kr"]
"""A mail to one of these goes to several people, or to somebody else than it seems."""


@pytest.mark.parametrize(
    "email", ["", "a", "a@b", "@b.kr", "a b@c.kr", "a@b.kr\n.x", "a\x00@b.kr", "x" * 250 + "@b.kr", *NOT_ONE]
)
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(Invalid, match="email-invalid"):
        normal_email(email)


def test_emails_are_compared_without_case_and_spaces() -> None:
    assert normal_email("  Resident01@Demo.Example ") == "resident01@demo.example"


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u3164\u3164", "\u2800", "\u0301\u0301", "\u202e"])
def test_a_name_that_cannot_be_seen_is_none(name: str) -> None:
    with pytest.raises(Invalid, match="name-missing"):
        checked_name(name)


def test_a_name_is_composed_and_turns_no_line_around() -> None:
    assert checked_name(unicodedata.normalize("NFD", "홍길동")) == "홍길동"
    assert checked_name("\u202egnp.exe 💥") == "gnp.exe 💥"
    assert checked_name("김👩🏽\u200d🏫하늘") == "김👩🏽\u200d🏫하늘"
    assert checked_name("김\u200d하늘👩\u200d") == "김 하늘👩"


@given(st.text(max_size=120))
def test_a_name_is_one_printable_line_or_refused(name: str) -> None:
    try:
        plain = checked_name(name)
    except Invalid:
        assert not any(unicodedata.category(character)[0] in "LNPS" and character not in BLANK_LETTERS for character in name)
    else:
        assert plain == plain.strip()
        assert plain.isprintable()
        assert 0 < len(plain) <= 80


def test_a_short_password_is_refused_with_the_length_wanted() -> None:
    with pytest.raises(Invalid) as refused:
        checked_password("short")
    assert refused.value.fields["minimum"] == 10


def test_ids_are_sixteen_plain_characters() -> None:
    ids = {new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(each) == 16 and each.isalnum() and each == each.lower() for each in ids)


def test_scope_is_what_one_administers() -> None:
    assert not make_viewer().scope
    assert not make_viewer("i", (Role.INSTRUCTOR, "suwon")).scope
    municipal = make_viewer("m", (Role.MUNICIPAL_ADMINISTRATOR, "suwon"), (Role.INSTRUCTOR, "seongnam"))
    assert municipal.scope.municipalities == {SUWON}
    assert not municipal.scope.everywhere
    assert make_viewer("p", (Role.PROVINCIAL_ADMINISTRATOR, None)).administers(SUWON)


def test_white_text_can_be_read_on_every_sites_colour() -> None:
    assert len({each.code for each in GYEONGGI}) == 31
    assert {each.code: contrast_with_white(each.brand) for each in GYEONGGI if contrast_with_white(each.brand) < 4.5} == {}


@pytest.mark.parametrize("colour", ["#ffff00", "#fff", "red", "#12345g", "", "#1234567"])
def test_a_colour_that_cannot_carry_text_is_refused(colour: str) -> None:
    with pytest.raises(Invalid, match="brand-contrast"):
        checked_brand(colour)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21.0)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)


def test_a_text_is_in_both_languages_or_in_none() -> None:
    assert Text("가", "a").in_("en") == "a"
    assert Text("가", "a").in_("fr") == "가"
    with pytest.raises(AssertionError):
        Text("가", "")


def test_an_error_has_a_code_that_is_listed() -> None:
    assert ClassroomError("course-full", capacity=30).fields == {"capacity": 30}
    with pytest.raises(AssertionError):
        ClassroomError("invented")
    assert all(code == code.lower() and " " not in code for code in CODES)


def test_presets_that_do_not_exist_are_refused_with_those_that_do() -> None:
    for preset in (attendance_preset, completion_preset):
        with pytest.raises(Invalid) as refused:
            preset("invented")
        assert "standard" in refused.value.fields["known"]
