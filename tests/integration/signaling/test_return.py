"""Coming back: the place that waits, and when those who do not come have left."""

import asyncio
from datetime import UTC, datetime

import pytest

from signaling import events, facts, replies, requests
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client, publish
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


async def test_a_dropped_connection_comes_back_to_its_place_hand_and_right(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await kim.say(requests.RaiseHand())
    await teacher.expect(events.HandRaised)
    await teacher.say(requests.InviteToSpeak(peer=kim.peer))
    await kim.expect(replies.Invited)
    await kim.say(requests.AnswerInvitation(accept=True))
    await kim.expect(events.PeerChanged, lambda message: message.peer.may_publish)
    await kim.say(requests.RaiseHand())
    await kim.expect(events.HandRaised)
    kim.cut()
    assert (await teacher.expect(events.PeerChanged, lambda message: not message.peer.connected)).peer.peer == kim.peer
    back = await Client(one).resume(kim)
    assert back.peer == kim.peer
    entry = next(peer for peer in back.welcome.room.peers if peer.peer == kim.peer)
    assert entry.may_publish
    assert entry.connected
    assert back.welcome.room.hands == [kim.peer]
    assert (await teacher.expect(events.PeerJoined, lambda message: message.peer.peer == kim.peer)).peer.connected
    assert len([fact for fact in one.books.of(facts.PeerJoined) if fact.person == "kim"]) == 1, "one interval"


async def test_a_duplicated_tab_takes_the_place_over_once(one: World) -> None:
    kim = await one.join("kim")
    twin = await Client(one).resume(kim)
    assert twin.peer == kim.peer
    assert await kim.closed() == "replaced"
    await twin.say(requests.Heartbeat())
    await twin.expect(replies.Alive)
    assert one.rooms.counts().peers == 1


async def test_a_resume_token_of_another_person_is_a_new_peer(one: World) -> None:
    kim = await one.join("kim")
    client = await Client(one).open()
    await client.hello(one.ticket("park"), kim.welcome.resume)
    assert client.peer != kim.peer


async def test_a_useless_resume_token_with_a_good_ticket_joins_anew(one: World) -> None:
    client = await Client(one).open()
    await client.hello(one.ticket("kim"), "not.a.token")
    assert client.welcome.room.peers[0].name == "Kim"


async def test_a_ticket_is_not_a_resume_token_and_the_other_way_round(one: World) -> None:
    kim = await one.join("kim")
    for hello in (
        requests.Hello(version=1, ticket="x", resume=one.ticket("kim")),
        requests.Hello(version=1, ticket=kim.welcome.resume),
    ):
        client = await Client(one).open()
        await client.say(hello)
        assert await client.closed() == "ticket-invalid"


async def test_a_process_that_died_is_resumed_and_nobody_lost_anything(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    command = await publish(teacher, one.workers[0])
    await kim.say(requests.View())
    await kim.expect(replies.ViewOffered)
    one.workers[0].connect_peer(one.workers[0].told("open-peer")[-1])
    await kim.say(requests.RaiseHand())
    await kim.say(requests.SendChat(id="1", text="들립니다"))
    await kim.expect(events.ChatPosted)
    await teacher.say(requests.StartRecording())
    await teacher.expect(events.RecordingChanged)
    await until(lambda: one.books.of(facts.RecordingStarted), "logged")
    one.workers[0].commands.clear()

    await one.crash()
    await one.start()
    back, kim_back = await Client(one).resume(teacher), await Client(one).resume(kim)

    room = kim_back.welcome.room
    assert back.peer == teacher.peer
    assert room.hands == [kim.peer]
    assert [line.text for line in room.chat] == ["들립니다"]
    assert room.recording == "on"
    assert room.media == "up"
    assert back.welcome.media == ["publish"]
    assert kim_back.welcome.media == ["view"]
    assert next(peer for peer in room.peers if peer.role == "instructor").sources == ["camera", "microphone"]
    disturbing = {told.type for told in one.workers[0].commands} - {"take-snapshot"}
    assert not disturbing, "the worker, and so the class, noticed nothing"
    assert command.peer in one.workers[0].rooms[LESSON]["publish"]
    assert len(one.books.of(facts.PeerJoined)) == 2
    assert not one.books.of(facts.PeerLeft)


async def test_a_process_that_ends_politely_says_come_back(one: World) -> None:
    kim = await one.join("kim")
    stopping = asyncio.create_task(one.stop())
    assert await kim.closed() == "going-away"
    await stopping
    await one.start()
    assert (await Client(one).resume(kim)).peer == kim.peer
    assert not one.books.of(facts.PeerLeft)


async def test_a_chat_line_sent_again_after_a_reconnect_is_one_line(one: World) -> None:
    kim = await one.join("kim")
    await kim.say(requests.SendChat(id="1", text="한 번"))
    await kim.expect(events.ChatPosted)
    kim.cut()
    back = await Client(one).resume(kim)
    await back.say(requests.SendChat(id="1", text="한 번"))
    await back.say(requests.Heartbeat())
    await back.expect(replies.Alive)
    assert [line.text for line in (await one.join("park")).welcome.room.chat] == ["한 번"]


async def test_who_falls_silent_is_closed_and_left_at_the_last_message(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.session.SILENCE_S", 1.0)
    monkeypatch.setattr("signaling.roster.LOST_S", 1.0)
    kim = await one.join("kim")
    joined = (await until(lambda: one.books.of(facts.PeerJoined), "joined"))[0]
    await asyncio.sleep(0.5)
    await kim.say(requests.Heartbeat())
    spoke = datetime.now(UTC)
    assert await kim.closed() == "silent"
    left = (await until(lambda: one.books.of(facts.PeerLeft), "logged"))[0]
    assert joined.at < left.at
    assert abs((left.at - spoke).total_seconds()) < 0.2


async def test_a_killed_client_has_left_when_its_connection_ended(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.roster.LOST_S", 1.0)
    kim = await one.join("kim")
    await asyncio.sleep(0.8)
    kim.cut()
    died = datetime.now(UTC)
    left = (await until(lambda: one.books.of(facts.PeerLeft), "logged"))[0]
    assert abs((left.at - died).total_seconds()) < 0.2
