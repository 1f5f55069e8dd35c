"""Who may do what, and who loses it: learners, viewers, captioners, closed accounts."""

import pytest

from signaling import events, facts, replies, requests
from signaling.errors import Refused
from signaling.ticket import mint
from signaling.vocabulary import VERSION, Message, PeerId
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "message",
    [
        requests.StartRecording(),
        requests.StopRecording(),
        requests.InviteToSpeak(peer=PeerId("x")),
        requests.MutePeer(peer=None),
        requests.RemovePeer(peer=PeerId("x")),
        requests.LockChat(locked=True),
        requests.EndClass(),
        requests.Publish(sdp="offer", sources={}),
    ],
    ids=lambda message: message.type,
)
async def test_a_learner_may_not_lead(one: World, message: Message) -> None:
    kim = await one.join("kim")
    await kim.say(message)
    refused = await kim.expect(replies.Error)
    assert (refused.code, refused.about) == ("not-allowed", message.model_dump()["type"])
    assert not one.workers[0].told("open-peer")


async def test_a_viewer_may_only_look(one: World) -> None:
    viewer = await one.join("staff", "viewer")
    assert viewer.welcome.room.peers == []
    await viewer.say(requests.SendChat(id="1", text="?"))
    assert await viewer.error() == "not-allowed"
    await viewer.say(requests.View())
    assert (await viewer.expect(replies.ViewOffered)).slots["0"] == "screen"


async def test_a_removed_learner_is_out_and_stays_out(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(requests.RemovePeer(peer=kim.peer))
    assert await kim.closed() == "removed"
    for resume in (None, kim.welcome.resume):
        client = await Client(one).open()
        await client.say(requests.Hello(version=1, ticket=one.ticket("kim"), resume=resume))
        assert await client.closed() == "removed"


async def test_a_suspended_person_is_put_out_and_neither_ticket_nor_place_lets_them_back(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    kim, tablet = await one.join("kim"), await one.join("kim")
    ticket = mint(one.secret, person="kim", lesson=LESSON, role="learner", name="Kim")
    one.books.closed.add("kim")
    for client in (kim, tablet):
        assert await client.closed() == "account-closed"
    await until(lambda: len(one.books.of(facts.PeerLeft)) == 2, "both places given up")
    assert one.books.of(facts.PeerRemoved) == [], "the lesson itself has nothing against them"
    for resume in (None, kim.welcome.resume):
        again = await Client(one).open()
        await again.say(requests.Hello(ticket=ticket, resume=resume, version=VERSION))
        assert await again.closed() == "account-closed"
    with pytest.raises(Refused, match="account-closed"):
        await one.rooms.whep(LESSON, ticket, "offer", None)
    one.books.closed.clear()
    assert (await one.join("kim")).welcome.role == "learner"
    assert (await teacher.expect(events.PeerLeft)).peer == kim.peer


async def test_a_captioner_who_is_named_no_more_loses_the_right_at_once(one: World) -> None:
    teacher, writer, guest = (
        await one.join("lee", "instructor"),
        await one.join("park", "captioner"),
        await one.join("g", "captioner"),
    )
    ticket = mint(one.secret, person="park", lesson=LESSON, role="captioner", name="Park")
    await writer.say(requests.PostCaption(text="함수를 배웁니다.", language="ko"))
    assert (await teacher.expect(events.Captioned)).text == "함수를 배웁니다."
    one.books.unnamed_now.add((LESSON, "park"))
    await one.rooms.refresh(LESSON)  # what the page does that takes the name away
    assert await writer.closed() == "no-captioner"
    for resume in (None, writer.welcome.resume):
        again = await Client(one).open()
        await again.say(requests.Hello(ticket=ticket, resume=resume, version=VERSION))
        assert await again.closed() == "no-captioner"
    with pytest.raises(Refused, match="no-captioner"):
        await one.rooms.caption(LESSON, ticket, "아직도", "ko")
    await guest.say(requests.PostCaption(text="다음 줄", language="ko"))
    assert (await teacher.expect(events.Captioned)).text == "다음 줄"
    one.books.unnamed_now.add((LESSON, "g"))  # on another page's process: asked every few seconds
    assert await guest.closed() == "no-captioner"


async def test_a_store_that_does_not_answer_keeps_nobody_out(one: World) -> None:
    await one.join("lee", "instructor")
    one.books.broken = True
    assert (await one.join("kim")).welcome.role == "learner"
