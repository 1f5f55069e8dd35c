"""Signed addresses of media: whose they are, how long they are good, and that an answer under way ends with the right to it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.world import VIDEO, World
from web import media_bytes
from web.media_address import STEP_S, MediaPasses
from web.media_bytes import GuardedStream

OURS = ("r1", "p1", "s1")


def test_a_pass_is_good_for_five_to_ten_minutes_and_the_same_for_five() -> None:
    passes = MediaPasses("secret")
    for now_s in (10 * STEP_S, 11 * STEP_S - 0.001):
        given_ = passes.mint(*OURS, now_s)
        assert given_ == passes.mint(*OURS, 10 * STEP_S)
        assert passes.check(given_, *OURS, now_s) == "good"
        assert passes.check(given_, *OURS, 12 * STEP_S - 0.001) == "good"
        assert passes.check(given_, *OURS, 12 * STEP_S) == "expired"


@pytest.mark.parametrize("others", [("r2", "p1", "s1"), ("r1", "p2", "s1"), ("r1", "p1", "s2"), ("r1\0p1", "s1", "")])
def test_a_pass_is_one_recordings_one_persons_one_sessions(others: tuple[str, str, str]) -> None:
    passes = MediaPasses("secret")
    assert passes.check(passes.mint(*OURS, 0.0), *others, 0.0) == "wrong"
    assert MediaPasses("another").check(passes.mint(*OURS, 0.0), *OURS, 0.0) == "wrong"


@given(st.text(max_size=100))
def test_nothing_made_up_is_a_pass(given_: str) -> None:
    passes = MediaPasses("secret")
    assert passes.check(given_, *OURS, 0.0) == "wrong"
    until, _, signature = passes.mint(*OURS, 0.0).partition(".")
    if given_ != until:
        assert passes.check(f"{given_}.{signature}", *OURS, 0.0) == "wrong"


def test_a_stolen_address_brings_the_same_404_in_any_other_session(world: World) -> None:
    address = f"/recordings/{world.recording}/files/main.webm"
    mine = world.signed(address, "resident01")
    assert world.get(mine, "resident01").content == VIDEO
    json = {"Accept": "application/json"}
    absent = world.get("/recordings/0000000000000000/files/main.webm", "resident02", headers=json)
    for stolen, who in ((mine, "resident02"), (address, "resident01"), (mine + "0", "resident01"), (mine[:-9], "resident01")):
        answer = world.get(stolen, who, headers=json)
        assert (answer.status_code, answer.json()) == (absent.status_code, absent.json())
        assert answer.status_code == 404
    world._sessions.clear()  # the same person on another device
    assert world.get(mine, "resident01").status_code == 404
    assert "pass" in world.get(f"/recordings/{world.recording}/manifest.json", "resident01").json()


def test_a_pass_that_ran_out_leads_its_owner_on_and_nobody_else(world: World) -> None:
    old = world.signed(f"/recordings/{world.recording}/files/main.webm", "resident01")
    world.ahead = timedelta(minutes=11)
    led = world.get(old, "resident01", headers={"Range": "bytes=5-9"})
    assert (led.status_code, led.content) == (307, b"")
    assert "no-store" in led.headers["cache-control"]
    assert world.get(led.headers["location"], "resident01", headers={"Range": "bytes=5-9"}).content == VIDEO[5:10]
    assert world.get(old, "resident02").status_code == 404
    world.post(f"/recordings/{world.recording}/withdrawal", "resident02", data={})
    assert world.get(old, "resident01").status_code == 404


def test_bytes_under_way_stop_when_the_right_to_them_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that a browser reads slowly: rights are asked again while it lasts."""
    clock = [0.0]
    monkeypatch.setattr(media_bytes, "monotonic", lambda: clock[0])
    asked: list[float] = []
    closed = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            for _ in range(100):
                clock[0] += 7.0
                yield b"x"
        finally:
            closed.append(True)

    async def may_still() -> bool:
        asked.append(clock[0])
        return clock[0] < 60.0

    sent: list[dict[str, object]] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    async def answer() -> None:
        response = GuardedStream(chunks(), may_still, 200, {"Content-Length": "100"}, "video/webm")
        scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
        await asyncio.wait_for(response(scope, receive, send), 5)

    asyncio.run(answer())
    bodies = [message for message in sent if message["type"] == "http.response.body"]
    assert asked == [21.0, 42.0, 63.0]
    assert len(bodies) == 8, "what was read before the end; no last message, so the server closes the connection"
    assert all(message["more_body"] for message in bodies)
    assert closed
