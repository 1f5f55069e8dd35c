"""Beacons of the replay's player: counted for who sent them, refused when they make no sense, dead with the session."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.world import World


def beacon(sent_s: float, *stretches: tuple[float, float, float, float]) -> dict[str, Any]:
    at_s = stretches[-1][1] if stretches else 0.0
    return {"player": "player-of-a-test", "sent_s": sent_s, "at_s": at_s, "stretches": stretches}


def tell(world: World, who: str, said: dict[str, Any]) -> Any:
    return world.post(f"/recordings/{world.recording}/watching", who, json=said)


def test_one_minute_is_watched_in_two_sittings_and_gone_on_with_elsewhere(world: World) -> None:
    assert tell(world, "resident01", beacon(10.0)).json()["seconds"] == 0
    world.ahead = timedelta(seconds=31)
    half = tell(world, "resident01", beacon(41.0, (0.0, 30.0, 11.0, 41.0))).json()
    assert half == {"seconds": 30.0, "share": 0.5, "full": False, "elsewhere": False}
    page = world.get(f"/recordings/{world.recording}", "resident01").text
    assert '"place_s": 30.0' in page
    assert "이어보기 0:30" in world.get("/me", "resident01").text
    assert "30초" in world.get("/me/history", "resident01").text
    assert '"place_s": null' in world.get(f"/recordings/{world.recording}", "resident02").text
    world.ahead = timedelta(seconds=70)
    whole = tell(world, "resident01", beacon(80.0, (30.0, 60.0, 50.0, 80.0))).json()
    assert whole["full"]
    assert "시청 완료" in world.get("/me/history", "resident01").text


@pytest.mark.parametrize(
    "change",
    [
        {"player": "X"},
        {"sent_s": "NaN"},
        {"stretches": [[0, 1, 2]]},
        {"stretches": [[-1, 1, 2, 3]]},
        {"stretches": [[0, 1, 2, 3]] * 301},
        {"more": 1},
    ],
)
def test_nonsense_is_refused_and_counts_nothing(world: World, change: dict[str, Any]) -> None:
    answer = tell(world, "resident01", beacon(10.0) | change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_a_foreign_page_cannot_tell_anything(world: World) -> None:
    address = f"/recordings/{world.recording}/watching"
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert world.post(address, "resident01", json=beacon(1.0), headers=headers).status_code == 403


def test_a_copied_address_is_worth_nothing_without_the_session(world: World) -> None:
    files = [f"/recordings/{world.recording}/{name}" for name in ("files/main.webm", "poster", "manifest.json", "chat.json")]
    for place in (0, 1):
        assert world.get(files[place], "resident01").status_code == 404, "not signed"
        files[place] = world.signed(files[place], "resident01")
    assert files[1] in world.get("/recordings", "resident01").text.replace("&amp;", "&")
    part = {"Range": "bytes=0-9"}
    assert [world.get(each, "resident01", headers=part).status_code for each in files] == [206, 206, 200, 200]
    for who in ("resident30", "seongnam"):  # not of the course, staff of another municipality
        assert {world.get(each, who, headers=part).status_code for each in files} == {404}
    token = world.session("resident01")

    def with_cookie(address: str, method: str = "GET") -> int:
        sent = {"Cookie": f"session={token}", "Accept": "application/json"} | part
        status: int = world.client.request(method, address, headers=sent).status_code
        world.client.cookies.clear()
        return status

    world.post("/sign-out", "resident01")
    assert {with_cookie(each) for each in files} == {401}
    assert with_cookie(files[0], "HEAD") == 401
    assert {world.get(each, headers=part | {"Accept": "application/json"}).status_code for each in files} == {401}


def test_the_bytes_are_dead_once_the_session_has_expired(world: World) -> None:
    address = world.signed(f"/recordings/{world.recording}/files/main.webm", "resident01")
    assert world.get(address, "resident01").status_code == 200
    world.ahead = timedelta(days=400)
    assert world.get(address, "resident01", headers={"Accept": "application/json"}).status_code == 401


def test_the_bytes_are_dead_once_it_is_withdrawn(world: World) -> None:
    address = world.signed(f"/recordings/{world.recording}/files/main.webm", "resident01")
    assert world.get(address, "resident01").status_code == 200
    world.post(f"/admin/recordings/{world.recording}/audience", "suwon", data={"audience": "nobody"})
    assert world.get(address, "resident01").status_code == 404
    assert tell(world, "resident01", beacon(1.0)).status_code == 404
