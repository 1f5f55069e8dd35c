"""Coming in: who gets a place in the room, and what refuses the others."""

from typing import Any

import pytest

from signaling import events, facts, requests
from signaling.errors import CLOSE_NUMBERS
from signaling.ticket import mint
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


def forged() -> str:
    return mint("t" * 40, person="kim", lesson=LESSON, role="instructor", name="Kim")


async def test_a_newcomer_gets_the_whole_room_and_the_others_hear_of_them(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    kim = await one.join("kim")
    assert [(peer.name, peer.role) for peer in kim.welcome.room.peers] == [("Lee", "instructor"), ("Kim", "learner")]
    assert kim.welcome.room.title == "자료 정리"
    assert kim.welcome.room.media == "up"
    heard = await teacher.expect(events.PeerJoined)
    assert heard.peer.peer == kim.peer
    assert heard.seq == teacher.welcome.room.seq + 1
    joined = await until(lambda: one.books.of(facts.PeerJoined), "the fact is consumed")
    assert {fact.person for fact in joined} == {"lee", "kim"}


@pytest.mark.parametrize(
    ("ticket", "code"),
    [
        (lambda world: "nonsense", "ticket-invalid"),
        (lambda world: world.ticket(ttl_s=-60), "ticket-expired"),
        (lambda world: world.ticket(lesson="another"), "ticket-invalid"),
        (lambda world: forged(), "ticket-invalid"),
    ],
    ids=["nonsense", "expired", "of another lesson", "forged"],
)
async def test_a_wrong_ticket_is_refused_with_its_code(one: World, ticket: Any, code: str) -> None:
    client = await Client(one).open()
    await client.say(requests.Hello(version=1, ticket=ticket(one)))
    assert await client.closed() == code
    assert client.socket.close_code == CLOSE_NUMBERS[code]


async def test_an_unknown_lesson_is_refused(one: World) -> None:
    client = await Client(one).open("nowhere")
    await client.say(requests.Hello(version=1, ticket=one.ticket(lesson="nowhere")))
    assert await client.closed() == "lesson-unknown"


async def test_another_version_is_told_to_reload(one: World) -> None:
    client = await Client(one).open()
    await client.say(requests.Hello(version=99, ticket=one.ticket()))
    assert await client.closed() == "version"


async def test_a_database_that_is_away_says_come_back(one: World) -> None:
    one.books.broken = True
    client = await Client(one).open()
    await client.say(requests.Hello(version=1, ticket=one.ticket()))
    assert await client.closed() == "server-error"
    one.books.broken = False
    assert (await one.join()).welcome.room.lesson == LESSON
