"""What people and programs send that is wrong: said at its field, on the page where it was typed, and nothing is written."""

import re

import pytest

from tests.web.garden import ADMIN, make, rule
from tests.web.mailbox import WISH, last_link, mails, sign_up
from tests.web.world import World

FAMILY = "김👩‍👩‍👧하늘"
"""One picture made of several characters that must stay together."""


def wrong_at(field: str, page: str) -> bool:
    return f'id="f-{field}-error"' in page


def enter(world: World) -> None:
    """Whoever signed up presses the link in the mail: "fresh" from then on."""
    world._sessions["fresh"] = world.post(last_link(world, WISH["email"])).cookies["session"]


def test_a_name_may_be_a_picture_but_not_a_trick(world: World) -> None:
    for name in ("가" * 200, "\u202e\u2066"):
        answer = sign_up(world, name=name)
        assert (answer.status_code, wrong_at("name", answer.text)) == (422, True), name
    assert mails(world, WISH["email"]) == []
    sign_up(world, name=f"\u202e{FAMILY} مريم")
    enter(world)
    page = world.get("/me/account", "fresh").text
    assert f'value="{FAMILY} مريم"' in page
    assert "\u202e" not in page


def test_a_title_of_any_letters_stands_on_every_page_it_is_on(world: World) -> None:
    long = "사진과 글쓰기 " * 25  # 200 characters
    make(world, title_ko=f"{FAMILY} مريم <b>")
    refused = world.post("/admin/courses/new", "suwon", data=rule(title_ko=long + "더", slug="other"))
    assert (refused.status_code, wrong_at("title_ko", refused.text)) == (422, True)
    for path, who in (("/suwon/courses/garden", "resident01"), (ADMIN, "suwon"), ("/courses?q=مريم", "resident01")):
        page = world.get(path, who).text
        assert f"{FAMILY} مريم &lt;b&gt;" in page, path


@pytest.mark.parametrize("code", ["atlantis", "", "SUWON"])
def test_a_municipality_that_is_none_any_more(world: World, code: str) -> None:
    """Its code stands in an old bookmark, an old file, a form that was opened long ago."""
    moved = world.post("/me/account/home", "resident01", data={"municipality": code, "since": "2026-11-01"})
    assert (moved.status_code, wrong_at("municipality", moved.text)) == (422, True)
    assert world.post("/admin/courses/new", "province", data=rule(municipality=code)).status_code in (404, 422)
    assert world.post("/admin/courses/new", "suwon", data=rule() | {f"quota_{code}": "1"}).status_code in (404, 422)
    assert world.get("/suwon/courses/garden").status_code == 404, "nothing was made"
    assert world.get(f"/courses?municipality={code}").status_code == 200
    if code:
        assert world.get(f"/{code}/").status_code in (301, 307, 308, 404)


def test_an_invented_verification_code_is_no_certificate(shared: World) -> None:
    certificate = shared.get("/me/certificates", "resident01").text.split("/me/certificates/")[1].split('"')[0]
    code = shared.get(f"/me/certificates/{certificate}", "resident01").text.split("/verify/")[1].split('"')[0]
    assert "유효한 수료증입니다" in shared.get(f"/verify/{code}").text
    others = [code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :] for at in range(len(code)) if code[at] != "-"]
    for forged in [*others, code[:-1], code + "A", code[::-1], certificate, "%00", "'--", "*"]:
        page = shared.get(f"/verify/{forged}")
        assert page.status_code in (400, 404), forged
        assert "유효한 수료증입니다" not in page.text, forged
        assert "김서연" not in page.text


def test_nobody_becomes_anybody_by_a_field_they_add_to_a_form(world: World) -> None:
    more = {"role": "provincial-administrator", "roles": "municipal-administrator", "is_province": "on", "state": "active"}
    mine = {"name": "김서연", "locale": "ko"}
    assert world.post(
        "/me/account/profile", "resident01", data=mine | more | {"person": "x", "email": "x@home.example"}
    ).is_redirect
    assert world.get("/admin/", "resident01").status_code in (403, 404)
    assert "resident01@demo.example" in world.get("/me/account", "resident01").text
    sign_up(world, **more)
    enter(world)
    assert world.get("/admin/", "fresh").status_code in (403, 404)

    make(world)
    people = world.get("/admin/people?q=resident02", "suwon").text
    other = re.findall(r"/admin/people/([^/]+)/roles", people)[0]
    assert world.post("/suwon/courses/garden/application", "resident01", data={"action": "apply", "person": other}).is_redirect
    assert "resident02@" not in world.get(ADMIN, "suwon").text
    for action in ("accept", "remove"):
        assert world.post(f"{ADMIN}/applications/{other}", "resident01", data={"action": action}).status_code == 404
