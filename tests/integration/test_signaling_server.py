"""signaling/server.py over real WebSockets, with a media worker that only speaks the control protocol."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from media import control
from signaling import facts, messages
from signaling.errors import CLOSE_NUMBERS, Refused
from signaling.ticket import mint
from tests.integration.signaling_world import LESSON, Client, World, deep, until, world

pytestmark = pytest.mark.integration


@pytest.fixture
async def one() -> AsyncIterator[World]:
    """One worker."""
    async with world() as made:
        yield made


@pytest.fixture
async def two() -> AsyncIterator[World]:
    async with world(workers=2) as made:
        yield made


def forged() -> str:
    return mint("t" * 40, person="kim", lesson=LESSON, role="instructor", name="Kim")


async def speak(client: Client, world: World, *sources: messages.Source) -> control.OpenPeer:
    """Publish until connected; the command the worker got."""
    named = {str(mid): source for mid, source in enumerate(sources or ("microphone", "camera"))}
    await client.say(messages.Publish(sdp="offer", sources=named))
    answer = await client.expect(messages.Published)
    command: control.OpenPeer = world.workers[0].told("open-peer")[-1]
    assert answer.sdp == f"sdp of {command.peer}"
    world.workers[0].connect_peer(command)
    await client.expect(messages.PeerChanged, lambda message: message.peer.peer == client.peer and message.peer.sources)
    return command


# -- accounts that stop working --------------------------------------------------------------------------------------


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
        await again.say(messages.Hello(ticket=ticket, resume=resume, version=messages.VERSION))
        assert await again.closed() == "account-closed"
    with pytest.raises(Refused, match="account-closed"):
        await one.rooms.whep(LESSON, ticket, "offer", None)
    one.books.closed.clear()
    assert (await one.join("kim")).welcome.role == "learner"
    assert (await teacher.expect(messages.PeerLeft)).peer == kim.peer


async def test_a_captioner_who_is_named_no_more_loses_the_right_at_once(one: World) -> None:
    teacher, writer, guest = (
        await one.join("lee", "instructor"),
        await one.join("park", "captioner"),
        await one.join("g", "captioner"),
    )
    ticket = mint(one.secret, person="park", lesson=LESSON, role="captioner", name="Park")
    await writer.say(messages.PostCaption(text="함수를 배웁니다.", language="ko"))
    assert (await teacher.expect(messages.Captioned)).text == "함수를 배웁니다."
    one.books.unnamed_now.add((LESSON, "park"))
    await one.rooms.refresh(LESSON)  # what the page does that takes the name away
    assert await writer.closed() == "no-captioner"
    for resume in (None, writer.welcome.resume):
        again = await Client(one).open()
        await again.say(messages.Hello(ticket=ticket, resume=resume, version=messages.VERSION))
        assert await again.closed() == "no-captioner"
    with pytest.raises(Refused, match="no-captioner"):
        await one.rooms.caption(LESSON, ticket, "아직도", "ko")
    await guest.say(messages.PostCaption(text="다음 줄", language="ko"))
    assert (await teacher.expect(messages.Captioned)).text == "다음 줄"
    one.books.unnamed_now.add((LESSON, "g"))  # on another page's process: asked every few seconds
    assert await guest.closed() == "no-captioner"


async def test_a_store_that_does_not_answer_keeps_nobody_out(one: World) -> None:
    await one.join("lee", "instructor")
    one.books.broken = True
    assert (await one.join("kim")).welcome.role == "learner"


# -- coming in --------------------------------------------------------------------------------------------------------


async def test_a_newcomer_gets_the_whole_room_and_the_others_hear_of_them(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    kim = await one.join("kim")
    assert [(peer.name, peer.role) for peer in kim.welcome.room.peers] == [("Lee", "instructor"), ("Kim", "learner")]
    assert kim.welcome.room.title == "자료 정리"
    assert kim.welcome.room.media == "up"
    heard = await teacher.expect(messages.PeerJoined)
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
    await client.say(messages.Hello(version=1, ticket=ticket(one)))
    assert await client.closed() == code
    assert client.socket.close_code == CLOSE_NUMBERS[code]


async def test_an_unknown_lesson_is_refused(one: World) -> None:
    client = await Client(one).open("nowhere")
    await client.say(messages.Hello(version=1, ticket=one.ticket(lesson="nowhere")))
    assert await client.closed() == "lesson-unknown"


async def test_another_version_is_told_to_reload(one: World) -> None:
    client = await Client(one).open()
    await client.say(messages.Hello(version=99, ticket=one.ticket()))
    assert await client.closed() == "version"


async def test_a_database_that_is_away_says_come_back(one: World) -> None:
    one.books.broken = True
    client = await Client(one).open()
    await client.say(messages.Hello(version=1, ticket=one.ticket()))
    assert await client.closed() == "server-error"
    one.books.broken = False
    assert (await one.join()).welcome.room.lesson == LESSON


# -- coming back ------------------------------------------------------------------------------------------------------


async def test_a_dropped_connection_comes_back_to_its_place_hand_and_right(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await kim.say(messages.RaiseHand())
    await teacher.expect(messages.HandRaised)
    await teacher.say(messages.InviteToSpeak(peer=kim.peer))
    await kim.expect(messages.Invited)
    await kim.say(messages.AnswerInvitation(accept=True))
    await kim.expect(messages.PeerChanged, lambda message: message.peer.may_publish)
    await kim.say(messages.RaiseHand())
    await kim.expect(messages.HandRaised)
    kim.cut()
    assert (await teacher.expect(messages.PeerChanged, lambda message: not message.peer.connected)).peer.peer == kim.peer
    back = await Client(one).resume(kim)
    assert back.peer == kim.peer
    entry = next(peer for peer in back.welcome.room.peers if peer.peer == kim.peer)
    assert entry.may_publish
    assert entry.connected
    assert back.welcome.room.hands == [kim.peer]
    assert (await teacher.expect(messages.PeerJoined, lambda message: message.peer.peer == kim.peer)).peer.connected
    assert len([fact for fact in one.books.of(facts.PeerJoined) if fact.person == "kim"]) == 1, "one interval"


async def test_a_duplicated_tab_takes_the_place_over_once(one: World) -> None:
    kim = await one.join("kim")
    twin = await Client(one).resume(kim)
    assert twin.peer == kim.peer
    assert await kim.closed() == "replaced"
    await twin.say(messages.Heartbeat())
    await twin.expect(messages.Alive)
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
        messages.Hello(version=1, ticket="x", resume=one.ticket("kim")),
        messages.Hello(version=1, ticket=kim.welcome.resume),
    ):
        client = await Client(one).open()
        await client.say(hello)
        assert await client.closed() == "ticket-invalid"


async def test_a_process_that_died_is_resumed_and_nobody_lost_anything(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    command = await speak(teacher, one)
    await kim.say(messages.View())
    await kim.expect(messages.ViewOffered)
    one.workers[0].connect_peer(one.workers[0].told("open-peer")[-1])
    await kim.say(messages.RaiseHand())
    await kim.say(messages.SendChat(id="1", text="들립니다"))
    await kim.expect(messages.ChatPosted)
    await teacher.say(messages.StartRecording())
    await teacher.expect(messages.RecordingChanged)
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


# -- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        messages.StartRecording(),
        messages.StopRecording(),
        messages.InviteToSpeak(peer=messages.PeerId("x")),
        messages.MutePeer(peer=None),
        messages.RemovePeer(peer=messages.PeerId("x")),
        messages.LockChat(locked=True),
        messages.EndClass(),
        messages.Publish(sdp="offer", sources={}),
    ],
    ids=lambda message: message.type,
)
async def test_a_learner_may_not_lead(one: World, message: messages.Message) -> None:
    kim = await one.join("kim")
    await kim.say(message)
    refused = await kim.expect(messages.Error)
    assert (refused.code, refused.about) == ("not-allowed", message.model_dump()["type"])
    assert not one.workers[0].told("open-peer")


async def test_a_viewer_may_only_look(one: World) -> None:
    viewer = await one.join("staff", "viewer")
    assert viewer.welcome.room.peers == []
    await viewer.say(messages.SendChat(id="1", text="?"))
    assert await viewer.error() == "not-allowed"
    await viewer.say(messages.View())
    assert (await viewer.expect(messages.ViewOffered)).slots["0"] == "screen"


async def test_a_removed_learner_is_out_and_stays_out(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(messages.RemovePeer(peer=kim.peer))
    assert await kim.closed() == "removed"
    for resume in (None, kim.welcome.resume):
        client = await Client(one).open()
        await client.say(messages.Hello(version=1, ticket=one.ticket("kim"), resume=resume))
        assert await client.closed() == "removed"


# -- media ------------------------------------------------------------------------------------------------------------


async def test_the_instructor_leads_and_a_refused_recording_consent_reaches_the_relay(one: World) -> None:
    teacher = await one.join("lee", "instructor", record=False)
    command = await speak(teacher, one, "microphone", "camera", "screen")
    assert command.lead
    assert command.record is False
    assert command.owner == teacher.peer
    assert command.sources == {"0": "microphone", "1": "camera", "2": "screen"}


async def test_a_new_offer_replaces_the_old_connection_once_it_is_connected(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    first = await speak(teacher, one)
    second = await speak(teacher, one, "microphone", "camera", "screen")
    closing = await until(lambda: one.workers[0].told("close-peer"), "the old one is closed")
    assert [command.peer for command in closing] == [first.peer]
    assert first.peer != second.peer


async def test_a_broken_offer_is_a_typed_error_and_the_connection_goes_on(one: World) -> None:
    one.workers[0].fail["open-peer"] = "bad-sdp"
    teacher = await one.join("lee", "instructor")
    await teacher.say(messages.Publish(sdp="v=0 nonsense", sources={"0": "camera"}))
    refused = await teacher.expect(messages.Error)
    assert (refused.code, refused.about) == ("bad-sdp", "publish")
    del one.workers[0].fail["open-peer"]
    await speak(teacher, one)


async def test_a_worker_killed_and_restarted_is_moving_then_up_within_a_second(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await speak(teacher, one)
    await teacher.say(messages.StartRecording())
    await teacher.expect(messages.RecordingChanged)
    first = one.workers[0].told("start-capture")[0]
    one.workers[0].commands.clear()
    await one.workers[0].kill()
    assert (await kim.expect(messages.MediaChanged)).media == "moving"
    started = asyncio.get_running_loop().time()
    await one.workers[0].start()
    assert (await kim.expect(messages.MediaChanged)).media == "up"
    assert asyncio.get_running_loop().time() - started < 1.5
    again = (await until(lambda: one.workers[0].told("start-capture"), "captured again"))[0]
    assert (again.capture, again.directory) == (first.capture, first.directory)
    await teacher.expect(messages.MediaChanged, lambda message: message.media == "up")
    await speak(teacher, one)
    assert len(one.books.of(facts.RecordingStarted)) == 1, "one recording, with a gap"
    assert not one.books.of(facts.RecordingStopped)


async def test_rooms_of_a_worker_that_does_not_come_back_move_to_another(two: World) -> None:
    teacher = await two.join("lee", "instructor")
    await teacher.say(messages.View())
    await teacher.expect(messages.ViewOffered)
    busy, idle = sorted(two.workers, key=lambda worker: -len(worker.told("open-peer")))
    await busy.kill()
    assert (await teacher.expect(messages.MediaChanged)).media == "moving"
    assert (await teacher.expect(messages.MediaChanged)).media == "up"
    await teacher.say(messages.View())
    await teacher.expect(messages.ViewOffered)
    assert len(idle.told("open-peer")) == 1


async def test_a_second_room_goes_to_the_worker_with_less_to_do(two: World) -> None:
    two.books.lessons["lesson-2"] = dataclasses.replace(two.books.lessons[LESSON], lesson="lesson-2")
    for lesson in (LESSON, "lesson-2"):
        client = await two.join("lee", "instructor", lesson=lesson)
        await client.say(messages.View())
        await client.expect(messages.ViewOffered)
    assert [len(worker.told("open-peer")) for worker in two.workers] == [1, 1]


async def test_a_worker_that_hangs_costs_an_error_not_a_wait_for_ever(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    one.workers[0].mute = True
    await teacher.say(messages.View())
    assert await teacher.error() == "media-unavailable"


async def test_without_a_worker_people_meet_and_chat_but_see_nothing_yet(one: World) -> None:
    assert one.rooms.ready
    await one.workers[0].kill()
    await until(lambda: not one.rooms.ready, "not ready without a worker")
    kim = await one.join("kim")
    assert kim.welcome.room.media == "moving"
    await kim.say(messages.View())
    assert await kim.error() == "media-unavailable"


async def test_every_workers_figures_are_told(two: World) -> None:
    await until(lambda: two.rooms.counts().workers_up == 2, "both are linked")
    taken = await two.rooms.media_stats()
    assert {worker: stats.counters for worker, stats in taken.items()} == {
        worker: {"media_packets_total": 3} for worker in ("w0", "w1")
    }


# -- recording and the end --------------------------------------------------------------------------------------------


async def test_a_recording_starts_after_the_worker_confirmed_and_tells_everybody(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(messages.StartRecording())
    assert (await kim.expect(messages.RecordingChanged)).recording == "on"
    command = one.workers[0].told("start-capture")[0]
    assert command.directory == f"/data/recordings/{command.capture}"
    await until(lambda: one.books.of(facts.RecordingStarted), "logged")
    await teacher.say(messages.StopRecording())
    assert (await kim.expect(messages.RecordingChanged)).recording == "off"
    await teacher.say(messages.StartRecording())
    assert (await kim.expect(messages.RecordingChanged)).recorded_s >= 0
    assert len({command.capture for command in one.workers[0].told("start-capture")}) == 1, "one recording per lesson"


async def test_a_recording_that_cannot_start_is_told_to_the_instructor_only(one: World) -> None:
    one.workers[0].fail["start-capture"] = "disk"
    teacher = await one.join("lee", "instructor")
    await teacher.say(messages.StartRecording())
    assert await teacher.error() == "recording-no-storage"
    assert not one.books.of(facts.RecordingStarted)


async def test_a_lesson_set_to_record_begins_by_itself_when_the_instructor_is_on_air(one: World) -> None:
    one.books.lessons[LESSON] = dataclasses.replace(one.books.lessons[LESSON], auto_record=True)
    teacher = await one.join("lee", "instructor")
    await speak(teacher, one)
    await teacher.expect(messages.RecordingChanged)
    await until(lambda: one.books.of(facts.RecordingStarted), "logged")


async def test_a_full_disk_is_told_to_everybody(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    await teacher.say(messages.StartRecording())
    await teacher.expect(messages.RecordingChanged)
    one.workers[0].say(control.CaptureTrouble(room=control.RoomId(LESSON), capture=control.CaptureId("c"), code="disk-full"))
    assert (await teacher.expect(messages.Trouble)).code == "recording-disk-full"


async def test_the_end_of_class_is_the_end_for_all_and_for_ever(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(messages.StartRecording())
    await teacher.expect(messages.RecordingChanged)
    await teacher.say(messages.EndClass())
    assert await kim.closed() == "class-ended"
    assert await teacher.closed() == "class-ended"
    await until(lambda: one.books.of(facts.LessonEnded), "logged")
    order = [fact.type for fact in one.books.log if fact.type in ("recording-stopped", "lesson-ended", "peer-left")]
    assert order == ["peer-left", "peer-left", "recording-stopped", "lesson-ended"]
    assert [command.type for command in one.workers[0].commands][-2:] == ["stop-capture", "close-room"]
    late = await Client(one).open()
    await late.say(messages.Hello(version=1, ticket=one.ticket("park")))
    assert await late.closed() == "lesson-over"
    await one.crash()
    await one.start()
    late = await Client(one).open()
    await late.say(messages.Hello(version=1, ticket=one.ticket("kim"), resume=kim.welcome.resume))
    assert await late.closed() == "lesson-over"


async def test_a_forgotten_class_ends_by_itself_also_after_a_restart(one: World) -> None:
    kim = await one.join("kim")
    await until(lambda: one.books.of(facts.PeerJoined), "logged")
    past = datetime.now(UTC) - timedelta(hours=3)
    one.books.lessons[LESSON] = dataclasses.replace(one.books.lessons[LESSON], starts_at=past, ends_at=past + timedelta(hours=1))
    await one.rooms.refresh(LESSON)
    assert await kim.closed() == "class-ended"
    ended = (await until(lambda: one.books.of(facts.LessonEnded), "logged"))[0]
    assert ended.by == "schedule"


# -- outside programs -------------------------------------------------------------------------------------------------


async def test_an_encoder_publishes_as_instructor_for_as_long_as_its_media_lives(one: World) -> None:
    kim = await one.join("kim")
    resource, answer = await one.rooms.whip(LESSON, one.ticket("lee", "instructor"), "offer", "10.0.0.1")
    command = one.workers[0].told("open-peer")[-1]
    assert answer == f"sdp of {command.peer}"
    assert (command.near, command.lead, command.direction, command.sdp) == ("10.0.0.1", True, "publish", "offer")
    joined = await kim.expect(messages.PeerJoined)
    assert (joined.peer.name, joined.peer.role) == ("Lee", "instructor")
    one.workers[0].connect_peer(command)
    one.workers[0].say(control.SlotChanged(room=control.RoomId(LESSON), slot="camera-0", owner=command.owner, source="camera"))
    assert (await kim.expect(messages.PeerChanged)).peer.sources == ["camera"]
    with pytest.raises(Refused, match="unknown-resource"):
        await one.rooms.hang_up(joined.peer.peer)
    await one.rooms.hang_up(resource)
    assert (await kim.expect(messages.PeerLeft)).peer == joined.peer.peer
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
    await kim.expect(messages.PeerLeft)
    left = (await until(lambda: one.books.of(facts.PeerLeft), "logged"))[0]
    assert left.peer == joined.peer
    assert left.reason == "lost"


async def test_players_look_on_unseen_any_number_of_them(one: World) -> None:
    ticket = one.ticket("display", "viewer")
    kim = await one.join("kim")
    resources = [(await one.rooms.whep(LESSON, ticket, "offer", None))[0] for _ in range(30)]
    assert len(set(resources)) == 30
    assert one.workers[0].told("open-peer")[-1].direction == "view"
    await kim.say(messages.Heartbeat())
    assert isinstance(await kim.read(), messages.Alive), "nobody was announced"
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


# -- whatever a client may send (R15) ---------------------------------------------------------------------------------


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
    await kim.say(messages.Heartbeat())
    await kim.expect(messages.Alive)


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
    lines = [messages.SendChat(id=str(number), text="!").model_dump_json() for number in range(2_000)]
    await kim.send_until_closed(*lines)
    assert kim.socket.close_code == CLOSE_NUMBERS["too-fast"]
    await park.say(messages.Heartbeat())
    await park.expect(messages.Alive)
    chat = [fact for fact in one.books.of(facts.ChatPosted) if fact.person == "kim"]
    assert len(chat) <= 15


async def test_a_chat_line_sent_again_after_a_reconnect_is_one_line(one: World) -> None:
    kim = await one.join("kim")
    await kim.say(messages.SendChat(id="1", text="한 번"))
    await kim.expect(messages.ChatPosted)
    kim.cut()
    back = await Client(one).resume(kim)
    await back.say(messages.SendChat(id="1", text="한 번"))
    await back.say(messages.Heartbeat())
    await back.expect(messages.Alive)
    assert [line.text for line in (await one.join("park")).welcome.room.chat] == ["한 번"]


async def test_who_falls_silent_is_closed_and_left_at_the_last_message(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.session.SILENCE_S", 1.0)
    monkeypatch.setattr("signaling.roster.LOST_S", 1.0)
    kim = await one.join("kim")
    joined = (await until(lambda: one.books.of(facts.PeerJoined), "joined"))[0]
    await asyncio.sleep(0.5)
    await kim.say(messages.Heartbeat())
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


async def test_logs_hold_ids_and_codes_never_names_tickets_or_chat(one: World, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = mint(one.secret, person="person-17", lesson=LESSON, role="instructor", name="김비밀")
    teacher = await (await Client(one).open()).hello(ticket)
    await teacher.say(messages.SendChat(id="1", text="아무도 읽지 마세요"))
    await teacher.expect(messages.ChatPosted)
    one.workers[0].fail["open-peer"] = "bad-sdp"
    await teacher.say(messages.Publish(sdp="a=secret-candidate", sources={"0": "camera"}))
    await teacher.error()
    one.rooms._hall.hosts[LESSON].room._raise_hand = None  # type: ignore[assignment,method-assign]  # a mistake of ours
    await teacher.say(messages.RaiseHand())
    assert await teacher.closed() == "server-error"
    stranger = await Client(one).open()
    await stranger.say(messages.Hello(version=1, ticket="not-a-ticket-9f2"))
    assert await stranger.closed() == "ticket-invalid"
    logged = "".join(capsys.readouterr())
    assert "! connection failed" in logged
    assert teacher.peer in logged
    for canary in ("김비밀", "아무도", "person-17", ticket, teacher.welcome.resume, "secret-candidate", "not-a-ticket"):
        assert canary not in logged


# -- captions ---------------------------------------------------------------------------------------------------------


async def test_captions_of_the_instructor_and_of_a_program_reach_everybody_and_are_kept(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(messages.PostCaption(text="함수를 배웁니다.", language="ko"))
    assert (await kim.expect(messages.Captioned)).text == "함수를 배웁니다."
    await one.rooms.caption(LESSON, one.ticket("bot", "instructor"), "Functions today.", "en")
    assert (await kim.expect(messages.Captioned)).language == "en"
    kept = await until(lambda: one.books.of(facts.CaptionPosted)[1:] and one.books.of(facts.CaptionPosted), "both are kept")
    assert [(fact.person, fact.language) for fact in kept] == [("lee", "ko"), ("bot", "en")]
    for ticket, text, code in ((one.ticket("kim"), "x", "not-allowed"), (one.ticket("bot", "instructor"), " ", "empty")):
        with pytest.raises(Refused) as refused:
            await one.rooms.caption(LESSON, ticket, text, "ko")
        assert refused.value.code == code
