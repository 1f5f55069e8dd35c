"""Certificates on paper."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import segno

from classroom.certificates import Certificate, Paper
from classroom.errors import ClassroomError
from classroom.pdf import WORDS, TypstCertificates, date_text
from classroom.people import CertificateId, CourseId, MunicipalityCode, PersonId
from classroom.texts import Text
from tests import qr

ADDRESS = "https://learning.example/verify/XYL5BZNLDEJL"
PAPER = Paper(
    "제 2026-수원-000001 호",
    "김서연",
    Text("디지털 첫걸음: 키오스크와 모바일 민원", "First digital steps: kiosks and services on your phone"),
    date(2026, 10, 13),
    date(2026, 11, 10),
    10.0,
    5,
    4,
    Text("수원시", "Suwon"),
    date(2026, 11, 10),
)
CERTIFICATE = Certificate(
    CertificateId("c"),
    "XYL5BZNLDEJL",
    MunicipalityCode("suwon"),
    CourseId("k"),
    PersonId("p"),
    datetime(2026, 11, 10, tzinfo=UTC),
    PAPER,
)


@pytest.fixture(scope="module")
def renderer() -> TypstCertificates:
    return TypstCertificates(system_fonts=False)


def pages(made: bytes) -> int:
    found = re.search(rb"/Type ?/Pages ?/Count (\d+)", made)
    assert found
    return int(found[1])


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_a_certificate_is_tagged_pdf_ua_of_one_page_without_fonts_of_the_machine(
    renderer: TypstCertificates, locale: str
) -> None:
    made = renderer.render(CERTIFICATE, verify_url=ADDRESS, locale=locale)
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in made
    assert b"/MarkInfo" in made
    assert b"NotoSerifKR" in made
    assert f"/Lang({locale}-".encode() in made
    assert pages(made) == 1


def test_the_same_certificate_is_the_same_file(renderer: TypstCertificates) -> None:
    first, second = (renderer.render(CERTIFICATE, verify_url=ADDRESS, locale="ko") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "name", ['#panic("x")', "*bold* _it_ $x$ `r` @a <b> \\", "]) #import", "가" * 40, "A very long name " * 4]
)
def test_no_name_is_ever_read_as_markup_nor_breaks_the_page(renderer: TypstCertificates, name: str) -> None:
    hostile = replace(CERTIFICATE, paper=replace(PAPER, name=name, course=Text(name * 2, name * 2)))
    for locale in ("ko", "en"):
        assert pages(renderer.render(hostile, verify_url=ADDRESS, locale=locale)) == 1


def test_a_revoked_certificate_says_so(renderer: TypstCertificates) -> None:
    revoked = replace(CERTIFICATE, revoked_at=CERTIFICATE.issued_at, revoked_reason="mistake")
    assert renderer._data(revoked, ADDRESS, "ko", "#083891")["revoked"]
    assert renderer.render(revoked, verify_url=ADDRESS, locale="ko") != renderer.render(
        CERTIFICATE, verify_url=ADDRESS, locale="ko"
    )


def test_without_any_hangul_font_it_says_so_instead_of_printing_boxes() -> None:
    without = TypstCertificates(system_fonts=False, packaged_fonts=False)
    with pytest.raises(ClassroomError, match="no-hangul-font"):
        without.render(CERTIFICATE, verify_url=ADDRESS, locale="en")


def test_both_languages_have_every_word() -> None:
    assert WORDS["ko"].keys() == WORDS["en"].keys()
    assert date_text(date(2026, 3, 1), "ko") == "2026년 3월 1일"
    assert date_text(date(2026, 3, 1), "en") == "1 March 2026"


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_the_code_on_the_paper_leads_to_the_page_that_verifies_it(renderer: TypstCertificates, locale: str) -> None:
    code, module_mm = qr.drawn_in(renderer.render(CERTIFICATE, verify_url=ADDRESS, locale=locale))
    assert qr.read(code) == ADDRESS
    assert module_mm >= 0.4, "a phone sees it on paper"
    code[len(code) // 2][len(code) // 2] ^= True
    with pytest.raises(qr.Unreadable):
        qr.read(code)


@pytest.mark.parametrize("level", "LMQH")
def test_the_reader_reads_all_that_may_be_drawn(level: str) -> None:
    for length in range(10, 107, 7):
        address = ("https://a." + "bc" * 60)[:length]
        drawn = segno.make(address, error=level, boost_error=False, micro=False)
        if drawn.version <= 6:
            assert qr.read([list(map(bool, row)) for row in drawn.matrix]) == address
