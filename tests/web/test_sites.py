"""A municipality's site: introduced, given a logo and a host name, with notices; nobody else's, and never half saved."""

import struct
import zlib
from typing import Any

import pytest

from tests.web.world import World
from web.pages.portal import PAGES

FORM = {
    "version": "1",
    "brand": "#1b5faa",
    "phone": "031-228-1234",
    "headline_ko": "새 문구",
    "email": "hello@suwon.example",
    "hosts": "learn.suwon.example",
}


def png(width: int = 8, height: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def edit(world: World, logo: bytes | None = None, who: str = "suwon", **changes: str) -> Any:
    files = {"logo": ("logo.png", logo, "image/png")} if logo is not None else {"nothing": ("", b"")}
    return world.post("/admin/sites/suwon/edit", who, data=FORM | changes, files=files)


def test_a_site_says_what_its_staff_wrote_and_falls_back_to_our_words(world: World) -> None:
    assert edit(world).headers["location"] == "/admin/sites?done=site-changed"
    page = world.get("/suwon/").text
    assert "새 문구" in page
    assert "hello@suwon.example" in page
    assert "031-228-1234" in page
    assert "평일 09:00–18:00" in page, "no hours were given: ours stand"


def test_its_host_name_shows_the_site_without_a_restart(world: World) -> None:
    assert "새 문구" not in world.get("/", headers={"Host": "learn.suwon.example"}).text
    edit(world)
    assert "새 문구" in world.get("/", headers={"Host": "learn.suwon.example"}).text
    taken = world.post("/admin/sites/seongnam/edit", "seongnam", data=FORM | {"version": "0"})
    assert taken.status_code == 422
    assert "learn.suwon.example" in taken.text
    assert "새 문구" not in world.get("/seongnam/").text, "nothing of it was saved"


@pytest.mark.parametrize("hosts", ["testserver", "http://a.example", "a.example:8000", "a", "-a.example", "a..b", "*.example"])
def test_what_is_no_free_host_name_is_refused_at_its_field(world: World, hosts: str) -> None:
    answer = edit(world, hosts=hosts)
    assert answer.status_code == 422
    assert 'id="f-hosts-error"' in answer.text


def test_the_second_of_two_editors_is_told(world: World) -> None:
    assert edit(world).status_code == 303
    late = edit(world, headline_ko="다른 문구", brand="#0f6e56")
    assert late.status_code == 409
    assert "다른 사람이 먼저 고쳤습니다" in late.text
    page = world.get("/suwon/").text
    assert "새 문구" in page
    assert "1b5faa" in page, "the colour of the refused change was not taken either"


def test_a_logo_is_shown_and_served_so_that_nothing_runs_in_it(world: World) -> None:
    picture = png()
    assert edit(world, picture).status_code == 303
    address = world.get("/suwon/").text.split('class="site-bar__logo" src="')[1].split('"')[0]
    answer = world.get(address)
    assert answer.content == picture
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert edit(world, version="2", drop_logo="on").status_code == 303
    assert world.get("/suwon/logo").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + bytes(40),
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 20,
        b"RIFF\x20\x00\x00\x00WEBPVP8?" + bytes(40),
        png(4_000, 2),
        png() + bytes(300_001),
        b"PK\x03\x04" + bytes(100),
    ],
    ids=["svg", "gif", "torn png", "torn jpeg", "unknown webp", "wide", "large", "archive"],
)
def test_what_is_no_picture_is_refused_and_nothing_is_saved(world: World, data: bytes) -> None:
    answer = edit(world, data)
    assert answer.status_code == 422
    assert 'id="f-logo-error"' in answer.text
    assert "새 문구" not in world.get("/suwon/").text


def test_a_colour_white_cannot_be_read_on_is_refused(world: World) -> None:
    answer = edit(world, brand="#ffee00")
    assert answer.status_code == 422
    assert "새 문구" not in world.get("/suwon/").text


NOTICE = {
    "municipality": "suwon",
    "title_ko": "휴강 안내",
    "body_ko": "내용",
    "shown_from": "2026-01-01T09:00",
    "shown_until": "",
}


def test_notices_appear_when_due_and_come_down(world: World) -> None:
    assert world.post("/admin/notices/new", "suwon", data=NOTICE).status_code == 303
    later = NOTICE | {"title_ko": "예약한 알림", "shown_from": "2099-01-01T09:00"}
    over = NOTICE | {"title_ko": "지난 알림", "shown_from": "2020-01-01T09:00", "shown_until": "2020-02-01T09:00"}
    for each in (later, over):
        assert world.post("/admin/notices/new", "suwon", data=each).status_code == 303
    page = world.get("/suwon/notices").text
    assert "휴강 안내" in page
    assert "예약한 알림" not in page
    assert "지난 알림" not in page
    assert "휴강 안내" not in world.get("/notices").text, "only the province's own are on the portal"
    listed = world.get("/admin/notices", "suwon").text
    assert all(title in listed for title in ("휴강 안내", "예약한 알림", "지난 알림"))
    hidden = listed.split("예약한 알림")[0].rsplit("/admin/notices/", 1)[1].split('"')[0]
    assert world.get(f"/notices/{hidden}").status_code == 404


@pytest.mark.parametrize("municipality", ["seongnam", "province", "atlantis", ""])
def test_staff_put_up_notices_of_their_own_municipality_only(world: World, municipality: str) -> None:
    assert world.post("/admin/notices/new", "suwon", data=NOTICE | {"municipality": municipality}).status_code == 422
    assert "휴강 안내" not in world.get("/seongnam/notices").text + world.get("/notices").text


def test_a_notice_of_the_province_is_on_every_site_and_only_the_province_changes_it(world: World) -> None:
    assert world.post("/admin/notices/new", "province", data=NOTICE | {"municipality": "province"}).status_code == 303
    for page in ("/notices", "/suwon/notices", "/seongnam/notices"):
        assert "휴강 안내" in world.get(page).text
    listed = world.get("/admin/notices", "province").text
    notice = listed.split("휴강 안내")[0].rsplit("/admin/notices/", 1)[1].split('"')[0]
    assert world.get(f"/admin/notices/{notice}", "suwon").status_code == 404
    assert world.post(f"/admin/notices/{notice}", "suwon", data={"action": "remove"}).status_code == 404
    wrong_order = NOTICE | {"version": "1", "shown_until": "2025-01-01T00:00"}
    assert world.post(f"/admin/notices/{notice}", "province", data=wrong_order).status_code == 422
    changed = NOTICE | {"version": "1", "title_ko": "휴강 안내 (연기)"}
    for _ in range(2):  # pressed twice
        assert world.post(f"/admin/notices/{notice}", "province", data=changed).status_code == 303
    other = NOTICE | {"version": "1", "title_ko": "다른 제목"}
    assert world.post(f"/admin/notices/{notice}", "province", data=other).status_code == 409
    assert world.post(f"/admin/notices/{notice}", "province", data={"action": "remove"}).status_code == 303
    assert world.get(f"/notices/{notice}").status_code == 404


def test_scripts_in_notices_stay_text(world: World) -> None:
    hostile = NOTICE | {"title_ko": "<script>alert(1)</script>", "body_ko": "<img src=x onerror=alert(1)>"}
    world.post("/admin/notices/new", "suwon", data=hostile)
    assert "<script>alert(1)" not in world.get("/suwon/").text


def test_a_stroke_too_many_leads_to_the_page_that_is_meant(shared: World) -> None:
    assert shared.get("/courses/?q=a%20b").headers["location"] == "/courses?q=a%20b"
    for word in PAGES:
        assert shared.get(f"/{word}/").headers["location"] == f"/{word}"
        assert shared.get(f"/{word}").status_code in (200, 303)
