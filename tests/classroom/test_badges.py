"""Open Badges 3.0: an independent verifier accepts what we sign, and nothing that was touched."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.verifier import OB3Verifier

from classroom.attendance import Verdict
from classroom.badges import BadgeIssuer, baked_svg, status_index, status_year
from classroom.certificates import Certificate, new_code, paper, progress
from classroom.municipalities import GYEONGGI
from classroom.people import CertificateId, CourseId, PersonId
from classroom.rules import CompletionRule
from tests.classroom.making import START, SUWON, make_course, make_lesson

HOST = "https://learn.example.kr"
HOME = next(each for each in GYEONGGI if each.code == "suwon")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def issuer() -> BadgeIssuer:
    return BadgeIssuer(HOST)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    printed = paper(123, HOME, make_course(), [make_lesson()], "김서연", progress([Verdict.PRESENT], CompletionRule()), START)
    return Certificate(CertificateId("c"), new_code(), SUWON, CourseId("course"), PersonId("p"), START, printed)


def download(issuer: BadgeIssuer, revoked: tuple[int, ...] = ()) -> Callable[[str], bytes]:
    """What the verifier fetches from us."""

    def fetch(url: str) -> bytes:
        pages = {
            f"{HOST}/issuers/suwon/did.json": json.dumps(issuer.did_document("suwon")),
            f"{HOST}/issuers/suwon/status/2026": issuer.status_list("suwon", 2026, revoked, NOW),
        }
        return pages[url].encode()

    return fetch


def test_an_independent_verifier_finds_the_key_and_accepts_the_badge(issuer: BadgeIssuer, certificate: Certificate) -> None:
    token = issuer.sign(issuer.credential(certificate, HOME, "resident@example.kr"), HOME.code)
    fetch = download(issuer)
    checked = OB3Verifier.for_issuer_did(issuer.did("suwon"), download=fetch).verify(token, check_status=True, download=fetch)
    assert checked.issuer.id == "did:web:learn.example.kr:issuers:suwon"
    assert checked.achievement.name == "사진"
    assert "resident@example.kr" not in json.dumps(issuer.credential(certificate, HOME, "resident@example.kr"))


def test_a_revoked_one_is_refused(issuer: BadgeIssuer, certificate: Certificate) -> None:
    assert (status_year(certificate), status_index(certificate)) == (2026, 123)
    token = issuer.sign(issuer.credential(certificate, HOME, "resident@example.kr"), HOME.code)
    fetch = download(issuer, revoked=(5, 123))
    with pytest.raises(LibOpenBadgesException, match="'revocation' is set at index 123"):
        OB3Verifier.for_issuer_did(issuer.did("suwon"), download=fetch).verify(token, check_status=True, download=fetch)


def test_a_touched_badge_another_key_and_another_issuer_are_refused(issuer: BadgeIssuer, certificate: Certificate) -> None:
    fetch = download(issuer)
    verifier = OB3Verifier.for_issuer_did(issuer.did("suwon"), download=fetch)
    head, body, signature = issuer.sign(issuer.credential(certificate, HOME, "r@example.kr"), HOME.code).split(".")
    forged = BadgeIssuer(HOST).sign(issuer.credential(certificate, HOME, "r@example.kr"), HOME.code)
    seongnam = next(each for each in GYEONGGI if each.code == "seongnam")
    swapped = issuer.sign(issuer.credential(certificate, seongnam, "r@example.kr"), seongnam.code)
    for wrong in (f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}.", forged, swapped):
        with pytest.raises(LibOpenBadgesException):
            verifier.verify(wrong)


def test_the_picture_carries_the_badge(issuer: BadgeIssuer, certificate: Certificate) -> None:
    token = issuer.sign(issuer.credential(certificate, HOME, "r@example.kr"), HOME.code)
    picture = baked_svg(token, '사진 & <빛> "1"', HOME.brand)
    assert OB3Verifier.extract_token_from_svg(picture) == token


def test_a_list_grows_with_its_numbers(issuer: BadgeIssuer, certificate: Certificate) -> None:
    large = replace(certificate, paper=replace(certificate.paper, number="제 2026-수원-200000 호"))
    token = issuer.sign(issuer.credential(large, HOME, "r@example.kr"), HOME.code)
    fetch = download(issuer, revoked=(200_001,))
    OB3Verifier.for_issuer_did(issuer.did("suwon"), download=fetch).verify(token, check_status=True, download=fetch)
