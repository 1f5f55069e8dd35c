"""Recording a lesson, and its end."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from media import control
from signaling import events, facts, requests
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client, publish
from tests.integration.signaling.world import World
from tests.waiting import until

pytestmark = pytest.mark.integration


async def test_a_recording_starts_after_the_worker_confirmed_and_tells_everybody(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(requests.StartRecording())
    assert (await kim.expect(events.RecordingChanged)).recording == "on"
    command = one.workers[0].told("start-capture")[0]
    assert command.directory == f"/data/recordings/{command.capture}"
    await until(lambda: one.books.of(facts.RecordingStarted), "logged")
    await teacher.say(requests.StopRecording())
    assert (await kim.expect(events.RecordingChanged)).recording == "off"
    await teacher.say(requests.StartRecording())
    assert (await kim.expect(events.RecordingChanged)).recorded_s >= 0
    assert len({command.capture for command in one.workers[0].told("start-capture")}) == 1, "one recording per lesson"


async def test_a_recording_that_cannot_start_is_told_to_the_instructor_only(one: World) -> None:
    one.workers[0].fail["start-capture"] = "disk"
    teacher = await one.join("lee", "instructor")
    await teacher.say(requests.StartRecording())
    assert await teacher.error() == "recording-no-storage"
    assert not one.books.of(facts.RecordingStarted)


async def test_a_lesson_set_to_record_begins_by_itself_when_the_instructor_is_on_air(one: World) -> None:
    one.books.lessons[LESSON] = dataclasses.replace(one.books.lessons[LESSON], auto_record=True)
    teacher = await one.join("lee", "instructor")
    await publish(teacher, one.workers[0])
    await teacher.expect(events.RecordingChanged)
    await until(lambda: one.books.of(facts.RecordingStarted), "logged")


async def test_a_full_disk_is_told_to_everybody(one: World) -> None:
    teacher = await one.join("lee", "instructor")
    await teacher.say(requests.StartRecording())
    await teacher.expect(events.RecordingChanged)
    one.workers[0].say(control.CaptureTrouble(room=control.RoomId(LESSON), capture=control.CaptureId("c"), code="disk-full"))
    assert (await teacher.expect(events.Trouble)).code == "recording-disk-full"


async def test_the_end_of_class_is_the_end_for_all_and_for_ever(one: World) -> None:
    teacher, kim = await one.join("lee", "instructor"), await one.join("kim")
    await teacher.say(requests.StartRecording())
    await teacher.expect(events.RecordingChanged)
    await teacher.say(requests.EndClass())
    assert await kim.closed() == "class-ended"
    assert await teacher.closed() == "class-ended"
    await until(lambda: one.books.of(facts.LessonEnded), "logged")
    order = [fact.type for fact in one.books.log if fact.type in ("recording-stopped", "lesson-ended", "peer-left")]
    assert order == ["peer-left", "peer-left", "recording-stopped", "lesson-ended"]
    assert [command.type for command in one.workers[0].commands][-2:] == ["stop-capture", "close-room"]
    late = await Client(one).open()
    await late.say(requests.Hello(version=1, ticket=one.ticket("park")))
    assert await late.closed() == "lesson-over"
    await one.crash()
    await one.start()
    late = await Client(one).open()
    await late.say(requests.Hello(version=1, ticket=one.ticket("kim"), resume=kim.welcome.resume))
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
