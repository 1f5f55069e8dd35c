"""Certificates on their pages: checked, revoked, issued again, to a whole course; seals, badges, statements of learning."""

import re
from dataclasses import replace

import pytest
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.verifier import OB3Verifier

from classroom.certificates import Certificate
from tests.classroom.test_assessment import PNG
from tests.web.test_assessing import _ids
from tests.web.world import World


@pytest.fixture
def mine(world: World) -> Certificate:
    viewer = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at)
    found: Certificate = world.query(world.store.queries.certificates, viewer)[0]
    return found


def test_revoked_and_issued_again_under_the_same_number(world: World, mine: Certificate) -> None:
    home, check = f"/admin/certificates/{mine.id}", f"/verify/{mine.shown_code}"
    assert world.post(f"{home}/revocation", "suwon", data={"reason": ""}).status_code == 422
    assert world.post(f"{home}/revocation", "seongnam", data={"reason": "x"}).status_code == 404
    world.post(f"{home}/revocation", "suwon", data={"reason": "다른 사람 이름으로 발급"})
    assert "취소된 수료증입니다" in world.get(check).text
    assert "다른 사람" not in world.get(check).text, "the reason is nobody else's business"
    assert world.get(f"/me/certificates/{mine.id}/badge.jwt", "resident01").status_code == 409
    assert world.post(f"{home}/reissue", "suwon", data={"reason": "이름 확인"}).status_code == 303
    page = world.get(check).text
    assert "유효한 수료증입니다" in page
    assert mine.paper.number in page
    log = world.get("/admin/access-log", "suwon").text
    assert "수료증 취소" in log
    assert "수료증 다시 발급" in log


def test_a_badge_is_checked_by_others_through_our_addresses(world: World, mine: Certificate) -> None:
    token = world.get(f"/me/certificates/{mine.id}/badge.jwt", "resident01").text
    public = "https://testserver"  # did:web is always asked by https

    def fetch(url: str) -> bytes:
        content: bytes = world.get(url.removeprefix(public).removeprefix("http://testserver")).content
        return content

    verifier = OB3Verifier.for_issuer_did("did:web:testserver:issuers:suwon", download=fetch)
    assert verifier.verify(token, check_status=True, download=fetch).achievement.name == mine.paper.course.ko
    picture = world.get(f"/me/certificates/{mine.id}/badge.svg", "resident01").content
    verifier.verify(OB3Verifier.extract_token_from_svg(picture))
    world.post(f"/admin/certificates/{mine.id}/revocation", "suwon", data={"reason": "x"})
    with pytest.raises(LibOpenBadgesException):
        verifier.verify(token, check_status=True, download=fetch)


def test_a_seal_is_on_certificates_from_then_on(world: World, mine: Certificate) -> None:
    assert world.post("/admin/seals/suwon", "suwon", files={"logo": ("a.png", b"<svg>", "image/png")}).status_code == 422
    assert world.post("/admin/seals/suwon", "seongnam", files={"logo": ("a.png", PNG, "image/png")}).status_code == 404
    assert world.post("/admin/seals/suwon", "suwon", files={"logo": ("a.png", PNG, "image/png")}).status_code == 303
    assert world.get("/admin/seals/suwon/picture", "suwon").content == PNG
    pdf = f"/me/certificates/{mine.id}/pdf"
    assert world.get(pdf, "resident01").text.endswith(" "), "what was issued before has none"
    world.post(f"/admin/certificates/{mine.id}/reissue", "suwon", data={"reason": "새 직인"})
    assert re.search(r" ko [0-9a-f]{16}$", world.get(pdf, "resident01").text)


def test_staff_issue_to_a_whole_course_when_they_chose_to(world: World) -> None:
    course = world.query(_by_hand, world)
    for who in ("resident01", "resident02"):
        ratings = dict.fromkeys(("content", "instructor", "pace", "service", "again"), "5")
        world.post(f"/learning/{course}/survey", who, data=ratings)
    assert world.get(f"/teaching/{course}/certificates.json", "suwon").json()["due"] == 1
    assert "1명에게 발급하기" in world.get(f"/teaching/{course}", "suwon").text
    assert "발급하기" not in world.get(f"/teaching/{course}", "instructor").text
    world.post(f"/teaching/{course}/certificates", "suwon")
    after = world.get(f"/teaching/{course}/certificates.json", "suwon").json()
    assert after == {"running": False, "done": 0, "of": 0, "due": 0}
    assert "속지 않는 디지털 생활" in world.get("/me/certificates", "resident01").text


async def _by_hand(world: World) -> str:
    course, _, _ = await _ids(world, "safe-online")
    async with world.store.writing() as uow:
        found = await uow.courses.get(course)
        assert found is not None
        await uow.courses.update(replace(found, completion=replace(found.completion, automatic=False)))
    return course


def test_a_statement_lists_everything_and_is_verified(world: World, mine: Certificate) -> None:
    assert world.post("/me/statements", "resident01").headers["location"] == "/me/statements?done=stated"
    page = world.get("/me/statements", "resident01").text
    pdf = re.search(r'href="(/me/statements/\w+/pdf)"', page)
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page)
    assert pdf is not None
    assert code is not None
    assert world.get(pdf[1], "resident01").content.startswith(b"%PDF")
    assert world.get(pdf[1], "resident02").status_code == 404
    check = world.get(f"/verify/{code[0].lower()}").text
    assert "유효한 학습이력 확인서입니다" in check
    assert mine.paper.number in check
    assert "resident01@" not in check
