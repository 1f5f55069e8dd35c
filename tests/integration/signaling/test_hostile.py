"""Whatever a client may send (R15), and what of it the logs may hold."""

import json

import pytest

from signaling import events, facts, replies, requests
from signaling.errors import CLOSE_NUMBERS
from signaling.ticket import mint
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.world import World

pytestmark = pytest.mark.integration


def deep(depth: int) -> str:
    return '{"type":"send-chat","id":"1","text":' + "[" * depth + "]" * depth + "}"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "bad-message"),
        ("", "bad-message"),
        ("null", "bad-message"),
        ("[1,2]", "bad-message"),
        ('{"type":"no-such-thing"}', "bad-message"),
        ('{"type":"send-chat","id":"1","text":7}', "bad-message"),
        ('{"type":"send-chat","id":"1","text":"x","extra":1}', "bad-message"),
        ('{"type":"hello","version":1,"ticket":"again"}', "bad-message"),
        (json.dumps({"type": "send-chat", "id": "1", "text": "가" * 1001}), "too-long"),
        (json.dumps({"type": "send-chat", "id": "1", "text": " \u202e\n"}), "empty"),
        (deep(20_000), "bad-message"),
        ("[" * 60_000, "bad-message"),
        ('{"type":"prefer-layer","slot":"x","max_height":1e999}', "bad-message"),
        ('{"type":"lower-hand","peer":"\\ud800"}', "bad-message"),
    ],
)
async def test_nonsense_is_a_typed_error_and_the_connection_goes_on(one: World, frame: str, code: str) -> None:
    kim = await one.join("kim")
    await kim.socket.send(frame)
    assert await kim.error() == code
    await kim.say(requests.Heartbeat())
    await kim.expect(replies.Alive)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["x" * 70_000], "too-big"),
        ([b"\x00\x01"], "bad-message"),
        (["{"] * 30, "bad-message"),
    ],
    ids=["too big", "binary", "again and again"],
)
async def test_what_is_no_conversation_is_ended_with_a_code(one: World, frames: list[str | bytes], code: str) -> None:
    kim = await one.join("kim")
    for frame in frames:
        await kim.socket.send(frame)
    assert await kim.closed() == code


@pytest.mark.parametrize("frame", ["{", '{"type":"heartbeat"}', "[" * 60_000, deep(1_000)])
async def test_a_stranger_who_does_not_say_hello_is_sent_off(one: World, frame: str) -> None:
    client = await Client(one).open()
    await client.socket.send(frame)
    assert await client.closed() == "hello-expected"


async def test_a_giant_frame_never_reaches_us(one: World) -> None:
    client = await Client(one).open()
    await client.send_until_closed("x" * 5_000_000)
    assert client.socket.close_code == 1009
    await one.join("kim")


async def test_a_flood_is_answered_then_ended_and_the_others_go_on(one: World) -> None:
    kim, park = await one.join("kim"), await one.join("park")
    lines = [requests.SendChat(id=str(number), text="!").model_dump_json() for number in range(2_000)]
    await kim.send_until_closed(*lines)
    assert kim.socket.close_code == CLOSE_NUMBERS["too-fast"]
    await park.say(requests.Heartbeat())
    await park.expect(replies.Alive)
    chat = [fact for fact in one.books.of(facts.ChatPosted) if fact.person == "kim"]
    assert len(chat) <= 15


async def test_logs_hold_ids_and_codes_never_names_tickets_or_chat(one: World, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = mint(one.secret, person="person-17", lesson=LESSON, role="instructor", name="김비밀")
    teacher = await (await Client(one).open()).hello(ticket)
    await teacher.say(requests.SendChat(id="1", text="아무도 읽지 마세요"))
    await teacher.expect(events.ChatPosted)
    one.workers[0].fail["open-peer"] = "bad-sdp"
    await teacher.say(requests.Publish(sdp="a=secret-candidate", sources={"0": "camera"}))
    await teacher.error()
    one.rooms._hall.hosts[LESSON].room._raise_hand = None  # type: ignore[assignment,method-assign]  # a mistake of ours
    await teacher.say(requests.RaiseHand())
    assert await teacher.closed() == "server-error"
    stranger = await Client(one).open()
    await stranger.say(requests.Hello(version=1, ticket="not-a-ticket-9f2"))
    assert await stranger.closed() == "ticket-invalid"
    logged = "".join(capsys.readouterr())
    assert "! connection failed" in logged
    assert teacher.peer in logged
    for canary in ("김비밀", "아무도", "person-17", ticket, teacher.welcome.resume, "secret-candidate", "not-a-ticket"):
        assert canary not in logged
