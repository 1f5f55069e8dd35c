"""Programs that are no browsers: encoders, players, captions."""

from typing import Any

import pytest

from media import control
from signaling import events, facts, replies, requests
from signaling.errors import Refused
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


async def test_an_encoder_publishes_as_instructor_for_as_long_as_its_media_lives(one: World) -> None:
    kim = await one.join("kim")
    resource, answer = await one.rooms.whip(LESSON, one.ticket("lee", "instructor"), "offer", "10.0.0.1")
    command = one.workers[0].told("open-peer")[-1]
    assert answer == f"sdp of {command.peer}"
    assert (command.near, command.lead, command.direction, command.sdp) == ("10.0.0.1", True, "publish", "offer")
    joined = await kim.expect(events.PeerJoined)
    assert (joined.peer.name, joined.peer.role) == ("Lee", "instructor")
    one.workers[0].connect_peer(command)
    one.workers[0].say(control.SlotChanged(room=control.RoomId(LESSON), slot="camera-0", owner=command.owner, source="camera"))
    assert (await kim.expect(events.PeerChanged)).peer.sources == ["camera"]
    with pytest.raises(Refused, match="unknown-resource"):
        await one.rooms.hang_up(joined.peer.peer)
    await one.rooms.hang_up(resource)
    assert (await kim.expect(events.PeerLeft)).peer == joined.peer.peer
    with pytest.raises(Refused, match="unknown-resource"):
        await one.rooms.hang_up(resource)


async def test_an_encoder_whose_media_stops_has_left_at_its_last_packet(one: World) -> None:
    kim = await one.join("kim")
    await one.rooms.whip(LESSON, one.ticket("lee", "instructor"), "offer", None)
    command = one.workers[0].told("open-peer")[-1]
    one.workers[0].connect_peer(command)
    joined = (await until(lambda: [f for f in one.books.of(facts.PeerJoined) if f.person == "lee"], "joined"))[0]
    one.workers[0].say(
        control.PeerGone(
            room=command.room, peer=command.peer, owner=command.owner, direction="publish", reason="silent", last_seen_s=0.0
        )
    )
    await kim.expect(events.PeerLeft)
    left = (await until(lambda: one.books.of(facts.PeerLeft), "logged"))[0]
    assert left.peer == joined.peer
    assert left.reason == "lost"


async def test_players_look_on_unseen_any_number_of_them(one: World) -> None:
    ticket = one.ticket("display", "viewer")
    kim = await one.join("kim")
    resources = [(await one.rooms.whep(LESSON, ticket, "offer", None))[0] for _ in range(30)]
    assert len(set(resources)) == 30
    assert one.workers[0].told("open-peer")[-1].direction == "view"
    await kim.say(requests.Heartbeat())
    assert isinstance(await kim.read(), replies.Alive), "nobody was announced"
    for resource in resources:
        await one.rooms.hang_up(resource)
    await until(lambda: len(one.workers[0].told("close-peer")) == 30, "all closed")


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda world: (world.ticket("kim", "learner"), {}), "not-allowed"),
        (lambda world: ("nonsense", {}), "ticket-invalid"),
        (lambda world: (world.ticket("lee", "instructor"), {"open-peer": "no-usable-codec"}), "no-usable-codec"),
        (lambda world: (world.ticket("lee", "instructor"), {"open-peer": "overloaded"}), "overloaded"),
    ],
    ids=["learner", "nonsense", "codec", "overload"],
)
async def test_an_encoder_is_refused_with_a_code(one: World, prepare: Any, code: str) -> None:
    ticket, one.workers[0].fail = prepare(one)
    with pytest.raises(Refused, match=code):
        await one.rooms.whip(LESSON, ticket, "offer", None)
    assert not one.books.of(facts.PeerJoined)


async def test_captions_of_the_instructor_and_of_a_program_reach_everybody_and_are_kept(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(requests.PostCaption(text="함수를 배웁니다.", language="ko"))
    assert (await kim.expect(events.Captioned)).text == "함수를 배웁니다."
    await one.rooms.caption(LESSON, one.ticket("bot", "instructor"), "Functions today.", "en")
    assert (await kim.expect(events.Captioned)).language == "en"
    kept = await until(lambda: one.books.of(facts.CaptionPosted)[1:] and one.books.of(facts.CaptionPosted), "both are kept")
    assert [(fact.person, fact.language) for fact in kept] == [("lee", "ko"), ("bot", "en")]
    for ticket, text, code in ((one.ticket("kim"), "x", "not-allowed"), (one.ticket("bot", "instructor"), " ", "empty")):
        with pytest.raises(Refused) as refused:
            await one.rooms.caption(LESSON, ticket, text, "ko")
        assert refused.value.code == code
