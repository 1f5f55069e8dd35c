"""signaling/studio.py: recording, and the end of the class."""

from typing import Any

import pytest

from media import control
from signaling import events, facts, requests
from signaling.effects import Send
from signaling.recorder import Phase, Recorder
from signaling.roster import iso, utc
from signaling.vocabulary import PeerId
from tests.signaling.play import DONE, ENDS_AT, START, Play, closed, commands, errors, one, published, told

DISK = control.Failed(request=1, code="disk", message="No space left on device")
LOST = control.Failed(request=1, code="worker-lost", message="")


def on_air(*, auto_record: bool = False, now: float = START) -> tuple[Play, PeerId]:
    play = Play(auto_record=auto_record, now=now)
    teacher = play.join("lee", "instructor")
    return play, teacher


def test_a_recording_exists_from_the_workers_word_on() -> None:
    play, teacher = on_air()
    command = one(commands(play.say(teacher, requests.StartRecording()), control.StartCapture))
    assert command.directory == f"/data/{command.capture}"
    assert play.room.snapshot().recording == "off"
    play.now += 0.4
    effects = play.reply(command, DONE)
    started = one(published(effects, facts.RecordingStarted))
    assert (started.recording, started.at, started.by) == (command.capture, utc(START + 0.4), teacher)
    changed = one(told(effects, events.RecordingChanged))
    assert (changed.recording, changed.recording_since) == ("on", iso(START + 0.4))


def test_pressing_twice_starts_once() -> None:
    play, teacher = on_air()
    play.say(teacher, requests.StartRecording())
    assert play.say(teacher, requests.StartRecording()) == []


def test_a_pause_goes_on_in_the_same_recording_and_adds_up() -> None:
    play, teacher = on_air()
    first = play.record(teacher)
    play.now += 60
    stop = one(commands(play.say(teacher, requests.StopRecording()), control.StopCapture))
    play.now += 3  # a slow disk is not recorded time
    effects = play.reply(stop, DONE)
    assert one(published(effects, facts.RecordingStopped)).at == utc(START + 60)
    assert one(told(effects, events.RecordingChanged)).recorded_s == 60
    second = play.record(teacher)
    assert second.capture == first.capture
    assert play.room.snapshot().recorded_s == 60


def test_a_start_that_fails_is_told_to_who_pressed_and_can_be_tried_again() -> None:
    play, teacher = on_air()
    command = one(commands(play.say(teacher, requests.StartRecording()), control.StartCapture))
    effects = play.reply(command, DISK)
    assert errors(effects) == ["recording-no-storage"]
    assert not play.published(facts.RecordingStarted)
    play.record(teacher)
    assert play.room.snapshot().recording == "on"


def test_a_stop_the_worker_could_not_confirm_is_a_stop() -> None:
    play, teacher = on_air()
    play.record(teacher)
    stop = one(commands(play.say(teacher, requests.StopRecording()), control.StopCapture))
    play.reply(stop, LOST)
    assert play.room.snapshot().recording == "off"
    assert play.published(facts.RecordingStopped)


def test_the_recording_goes_on_when_the_worker_is_replaced() -> None:
    play, teacher = on_air()
    first = play.record(teacher)
    play.do(play.room.lose_media(play.now))
    assert play.room.snapshot().recording == "on"
    play.now += 1
    again = one(commands(play.do(play.room.gain_media(None, play.now)), control.StartCapture))
    assert (again.capture, again.directory) == (first.capture, first.directory)
    play.reply(again, DONE)
    assert not commands(play.wait(30), control.StartCapture)
    assert len(play.published(facts.RecordingStarted)) == 1


def test_a_capture_that_cannot_go_on_is_tried_again_and_told() -> None:
    play, teacher = on_air()
    play.record(teacher)
    play.do(play.room.lose_media(play.now))
    again = one(commands(play.do(play.room.gain_media(None, play.now)), control.StartCapture))
    effects = play.reply(again, DISK)
    assert one(told(effects, events.Trouble)).code == "recording-disk-error"
    assert commands(play.wait(3), control.StartCapture)


def test_stopping_while_the_relay_is_away_waits_for_nobody() -> None:
    play, teacher = on_air()
    play.record(teacher)
    play.do(play.room.lose_media(play.now))
    effects = play.say(teacher, requests.StopRecording())
    assert published(effects, facts.RecordingStopped)
    assert not commands(play.do(play.room.gain_media(None, play.now)), control.StartCapture)


def test_a_capture_nobody_asked_for_is_stopped() -> None:
    play, _ = on_air()
    stray = control.CaptureId("stray")
    state = control.RoomState(room=play.room.room, publications=[], viewers=[], publishers=[], captures=[stray])
    assert one(commands(play.do(play.room.gain_media(state, play.now)), control.StopCapture)).capture == stray


def test_a_lesson_that_records_itself_waits_for_the_hour_and_the_instructor() -> None:
    play, teacher = on_air(auto_record=True, now=START - 600)
    assert not commands(play.effects, control.StartCapture)
    play.publish(teacher)
    assert not commands(play.wait(599), control.StartCapture), "setting up is not class"
    command = one(commands(play.wait(2), control.StartCapture))
    play.reply(command, DONE)
    play.say(teacher, requests.StopRecording())
    play.reply(control.StopCapture(request=0, room=play.room.room, capture=command.capture), DONE)
    assert not commands(play.wait(60), control.StartCapture), "the instructor's stop counts"


def test_a_lesson_that_records_itself_tries_again_when_it_failed() -> None:
    play, teacher = on_air(auto_record=True)
    play.publish(teacher)
    command = one(commands(play.effects, control.StartCapture))
    assert errors(play.reply(command, DISK)) == ["recording-no-storage"]
    assert not commands(play.wait(4), control.StartCapture)
    assert commands(play.wait(2), control.StartCapture)


def test_trouble_of_the_disk_is_told_to_all() -> None:
    play, _ = on_air()
    event = control.CaptureTrouble(room=play.room.room, capture=control.CaptureId("c"), code="disk-full")
    assert one(told(play.tell(event), events.Trouble)).code == "recording-disk-full"


def trouble(play: Play, code: Any) -> list[str]:
    event = control.CaptureTrouble(room=play.room.room, capture=control.CaptureId("c"), code=code)
    return [message.code for message in told(play.tell(event), events.Trouble)]


def test_a_disk_that_will_be_full_is_told_to_instructors_alone_and_to_those_who_come_later() -> None:
    play, teacher = on_air()
    kim = play.join("kim")
    play.record(teacher)
    play.tell(control.CaptureTrouble(room=play.room.room, capture=control.CaptureId("c"), code="disk-low"))
    sent = [effect for effect in play.effects if isinstance(effect, Send) and isinstance(effect.message, events.Trouble)]
    assert [(effect.peer, effect.message.code) for effect in sent] == [(teacher, "recording-disk-low")]
    assert not told(play.wait(5), events.Trouble), "said once"
    second = play.join("choi", "instructor")
    late = [effect for effect in play.wait(1) if isinstance(effect, Send)]
    assert [effect.peer for effect in late] == [second]
    assert kim not in {effect.peer for effect in late}
    enough = play.tell(control.CaptureTrouble(room=play.room.room, capture=control.CaptureId("c"), code="disk-enough"))
    assert {effect.peer for effect in enough if isinstance(effect, Send)} == {teacher, second}
    assert not told(play.wait(1), events.Trouble)


def test_trouble_is_told_once_and_so_is_its_end() -> None:
    play, teacher = on_air()
    play.record(teacher)
    assert trouble(play, "disk-full") == ["recording-disk-full"]
    assert trouble(play, "disk-full") == []
    assert play.room.recorder.trouble == "disk-full"
    assert trouble(play, "recovered") == ["recording-recovered"]
    assert play.room.recorder.trouble is None


def test_the_end_sends_everybody_off_at_once_and_tells_the_log_when_the_disk_is_done() -> None:
    play, teacher = on_air()
    kim = play.join("kim")
    play.record(teacher)
    play.now += 60
    play.say(kim, requests.Heartbeat())
    effects = play.say(teacher, requests.EndClass())
    assert closed(effects) == {teacher: "class-ended", kim: "class-ended"}
    assert [fact.reason for fact in published(effects, facts.PeerLeft)] == ["ended", "ended"]
    assert not published(effects, facts.LessonEnded)
    play.now += 2
    effects = play.reply(one(commands(effects, control.StopCapture)), DONE)
    assert one(published(effects, facts.RecordingStopped)).at == utc(START + 60)
    ended = one(published(effects, facts.LessonEnded))
    assert (ended.at, ended.by) == (utc(START + 60), teacher)
    assert commands(effects, control.CloseRoom)
    assert play.room.state == "over"
    assert play.wait(60) == []


def test_whose_network_died_before_the_end_was_there_until_then() -> None:
    play, teacher = on_air()
    kim, park = play.join("kim"), play.join("park")
    play.now += 60
    play.say(park, requests.Heartbeat())
    play.now += 6  # park's next heartbeat is on its way
    left = {fact.peer: fact for fact in published(play.say(teacher, requests.EndClass()), facts.PeerLeft)}
    assert (left[kim].reason, left[kim].at) == ("lost", utc(START))
    assert (left[park].reason, left[park].at) == ("ended", utc(START + 66))
    assert left[teacher].reason == "ended"


def test_an_end_without_a_recording_is_over_at_once() -> None:
    play, teacher = on_air()
    effects = play.say(teacher, requests.EndClass())
    assert published(effects, facts.LessonEnded)
    assert play.room.state == "over"


def test_a_worker_that_never_answers_cannot_keep_a_class_from_ending() -> None:
    play, teacher = on_air()
    command = play.record(teacher)
    play.say(teacher, requests.EndClass())
    effects = play.wait(9)
    assert published(effects, facts.LessonEnded)
    assert published(effects, facts.RecordingStopped)
    late = play.reply(control.StopCapture(request=0, room=play.room.room, capture=command.capture), DONE)
    assert late == []


@pytest.mark.parametrize("reply", [DONE, DISK], ids=["started", "failed"])
def test_a_class_that_ends_while_its_recording_starts(reply: control.Reply) -> None:
    play, teacher = on_air()
    start = one(commands(play.say(teacher, requests.StartRecording()), control.StartCapture))
    play.say(teacher, requests.EndClass())
    effects = play.reply(start, reply)
    for stop in commands(effects, control.StopCapture):
        effects = effects + play.reply(stop, DONE)
    assert published(effects, facts.LessonEnded)
    assert len(published(effects, facts.RecordingStarted)) == len(published(effects, facts.RecordingStopped))


def test_a_forgotten_class_ends_an_hour_late_unless_somebody_leads() -> None:
    play, teacher = on_air(now=ENDS_AT.timestamp())
    kim = play.join("kim")
    for _ in range(800):
        play.wait(5, step_s=5)
        play.say(teacher, requests.Heartbeat())
        play.say(kim, requests.Heartbeat())
    assert play.room.state == "open", "an instructor may go on for as long as they like"
    play.say(teacher, requests.Leave())
    effects = play.wait(1)
    assert one(published(effects, facts.LessonEnded)).by == "schedule"
    assert closed(effects) == {kim: "class-ended"}


def test_an_unlisted_transition_of_the_recorder_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="OFF"):
        Recorder().stopped()
    assert Recorder().phase is Phase.OFF
