"""Rooms on media workers: what is asked of them, and what happens when one does not answer or dies."""

import asyncio
import dataclasses

import pytest

from signaling import events, facts, replies, requests
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import publish
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


async def test_the_instructor_leads_and_a_refused_recording_consent_reaches_the_relay(one: World) -> None:
    teacher = await one.join("lee", "instructor", record=False)
    command = await publish(teacher, one.workers[0], "microphone", "camera", "screen")
    assert command.lead
    assert command.record is False
    assert command.owner == teacher.peer
    assert command.sources == {"0": "microphone", "1": "camera", "2": "screen"}


async def test_a_new_offer_replaces_the_old_connection_once_it_is_connected(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    first = await publish(teacher, one.workers[0])
    second = await publish(teacher, one.workers[0], "microphone", "camera", "screen")
    closing = await until(lambda: one.workers[0].told("close-peer"), "the old one is closed")
    assert [command.peer for command in closing] == [first.peer]
    assert first.peer != second.peer


async def test_a_broken_offer_is_a_typed_error_and_the_connection_goes_on(one: World) -> None:
    one.workers[0].fail["open-peer"] = "bad-sdp"
    teacher = await one.join("lee", "instructor")
    await teacher.say(requests.Publish(sdp="v=0 nonsense", sources={"0": "camera"}))
    refused = await teacher.expect(replies.Error)
    assert (refused.code, refused.about) == ("bad-sdp", "publish")
    del one.workers[0].fail["open-peer"]
    await publish(teacher, one.workers[0])


async def test_a_worker_killed_and_restarted_is_moving_then_up_within_a_second(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await publish(teacher, one.workers[0])
    await teacher.say(requests.StartRecording())
    await teacher.expect(events.RecordingChanged)
    first = one.workers[0].told("start-capture")[0]
    one.workers[0].commands.clear()
    await one.workers[0].kill()
    assert (await kim.expect(events.MediaChanged)).media == "moving"
    started = asyncio.get_running_loop().time()
    await one.workers[0].start()
    assert (await kim.expect(events.MediaChanged)).media == "up"
    assert asyncio.get_running_loop().time() - started < 1.5
    again = (await until(lambda: one.workers[0].told("start-capture"), "captured again"))[0]
    assert (again.capture, again.directory) == (first.capture, first.directory)
    await teacher.expect(events.MediaChanged, lambda message: message.media == "up")
    await publish(teacher, one.workers[0])
    assert len(one.books.of(facts.RecordingStarted)) == 1, "one recording, with a gap"
    assert not one.books.of(facts.RecordingStopped)


async def test_rooms_of_a_worker_that_does_not_come_back_move_to_another(two: World) -> None:
    teacher = await two.join("lee", "instructor")
    await teacher.say(requests.View())
    await teacher.expect(replies.ViewOffered)
    busy, idle = sorted(two.workers, key=lambda worker: -len(worker.told("open-peer")))
    await busy.kill()
    assert (await teacher.expect(events.MediaChanged)).media == "moving"
    assert (await teacher.expect(events.MediaChanged)).media == "up"
    await teacher.say(requests.View())
    await teacher.expect(replies.ViewOffered)
    assert len(idle.told("open-peer")) == 1


async def test_a_second_room_goes_to_the_worker_with_less_to_do(two: World) -> None:
    two.books.lessons["lesson-2"] = dataclasses.replace(two.books.lessons[LESSON], lesson="lesson-2")
    for lesson in (LESSON, "lesson-2"):
        client = await two.join("lee", "instructor", lesson=lesson)
        await client.say(requests.View())
        await client.expect(replies.ViewOffered)
    assert [len(worker.told("open-peer")) for worker in two.workers] == [1, 1]


async def test_a_worker_that_hangs_costs_an_error_not_a_wait_for_ever(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    one.workers[0].mute = True
    await teacher.say(requests.View())
    assert await teacher.error() == "media-unavailable"


async def test_without_a_worker_people_meet_and_chat_but_see_nothing_yet(one: World) -> None:
    assert one.rooms.ready
    await one.workers[0].kill()
    await until(lambda: not one.rooms.ready, "not ready without a worker")
    kim = await one.join("kim")
    assert kim.welcome.room.media == "moving"
    await kim.say(requests.View())
    assert await kim.error() == "media-unavailable"


async def test_every_workers_figures_are_told(two: World) -> None:
    await until(lambda: two.rooms.counts().workers_up == 2, "both are linked")
    taken = await two.rooms.media_stats()
    assert {worker: stats.counters for worker, stats in taken.items()} == {
        worker: {"media_packets_total": 3} for worker in ("w0", "w1")
    }
