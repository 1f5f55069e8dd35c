"""signaling/restore.py: a room from its log is the room it was."""

from typing import Any

from hypothesis import given, settings

from media import control
from signaling import events, facts, requests
from signaling.place import Entrant
from signaling.recorder import Phase
from signaling.restore import restore
from signaling.room import Room
from signaling.roster import utc
from tests.signaling.play import DONE, START, Ids, Play, commands, make_info, one, published, told
from tests.signaling.scripts import STEPS, Script


def again(play: Play, log: list[facts.AnyFact] | None = None) -> Play:
    """The process was restarted: all that is left of the room is what was published."""
    room = Room(make_info(), new_id=Ids("f"), capture_directory=lambda recording: f"/data/{recording}")
    restore(room, play.log() if log is None else log, play.now)
    return Play(room, now=play.now, media=False)


def what_lasts(room: Room, now: float) -> dict[str, Any]:
    """Everything a restart must not lose."""
    recorder = room.recorder
    on = recorder.phase in (Phase.ON, Phase.STOPPING)
    return {
        "state": "over" if room.state == "over" else "open",
        "places": {
            place.peer: (place.person, place.name, place.role, place.may_publish, place.counted)
            for place in room.places.values()
            if place.listed
            and (
                place.counted
                or (place.may_publish and place.role == "learner")
                or place.peer in room.hands
                or place.kept_until > now + 1
            )
        },
        "hands": room.hands,
        "chat": list(room.chat.lines),
        "locked": room.locked_chat,
        "removed": room.removed,
        "started": room.started,
        "slots": room.slots,
        "recording": (recorder.recording, on, round(recorder.since or 0, 3) if on else None, round(recorder.recorded_s, 3)),
    }


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_a_restored_room_has_the_same_rights_hands_chat_and_recording(steps: list[tuple[int, int, int]]) -> None:
    play = Play()
    Script(play).run(steps)
    if play.room.state == "ending":
        return
    before, after = what_lasts(play.room, play.now), what_lasts(again(play).room, play.now)
    short_lived = before["places"].keys() ^ after["places"].keys()
    for peer in short_lived:  # a place whose minute runs out: the log dates its loss by the last proof of life, not to the second
        place = play.room.places.get(peer) or again(play).room.places[peer]
        assert not place.connected
        assert not place.counted
        assert not (place.may_publish and place.role == "learner")
        before["places"].pop(peer, None)
        after["places"].pop(peer, None)
    assert after == before


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_fact_that_is_logged_twice_counts_once(steps: list[tuple[int, int, int]]) -> None:
    play = Play()
    Script(play).run(steps)
    once, twice = again(play), again(play, [*play.log(), *play.log()])
    assert what_lasts(twice.room, play.now) == what_lasts(once.room, play.now)


def test_who_is_back_soon_after_a_restart_keeps_one_interval() -> None:
    play = Play()
    peer = play.join("kim")
    play.wait(8)
    play.now += 3
    after = again(play)
    assert after.entry(peer).connected is False
    after.wait(10)
    after.join("kim", peer=peer)
    after.wait(120)
    assert not after.published(facts.PeerJoined)
    assert not after.published(facts.PeerLeft)


def test_who_does_not_come_back_left_when_last_seen() -> None:
    play = Play()
    play.join("kim")
    play.wait(8)
    seen = play.published(facts.PeersSeen)[-1].at
    after = again(play)
    after.wait(16)
    assert [fact.at for fact in after.published(facts.PeerLeft)] == [seen]


def test_after_a_long_outage_everybody_left_when_last_seen_and_comes_in_anew() -> None:
    play = Play()
    peer = play.join("kim")
    play.wait(8)
    seen = play.published(facts.PeersSeen)[-1].at
    play.now += 600
    after = again(play)
    after.wait(0.5)
    assert [fact.at for fact in after.published(facts.PeerLeft)] == [seen]
    after.join("kim", peer=peer)
    assert [fact.at for fact in after.published(facts.PeerJoined)] == [utc(START + 608.5)]


def test_a_running_recording_is_captured_again_under_its_id() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    play.publish(teacher)
    command = play.record(teacher)
    after = again(play)
    resumed = commands(after.do(after.room.gain_media(None, after.now)), control.StartCapture)
    assert [(again_.capture, again_.directory) for again_ in resumed] == [(command.capture, command.directory)]
    assert after.room.snapshot().recording == "on"


def test_a_capture_the_worker_still_runs_is_left_alone() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    transport = play.publish(teacher)
    command = play.record(teacher)
    play.slot("camera-0", teacher)
    after = again(play)
    state = control.RoomState(
        room=after.room.room,
        publications=[
            control.PublicationState(peer=transport, owner=teacher, source="camera", slot="camera-0", codec="vp8", muted=False)
        ],
        viewers=[],
        publishers=[transport],
        captures=[command.capture],
    )
    effects = after.do(after.room.gain_media(state, after.now))
    assert not commands(effects, control.StartCapture)
    assert not commands(effects, control.ClosePeer)
    assert not published(effects, facts.SourceStopped), "the slot never changed"
    after.join("lee", "instructor", peer=teacher)
    assert after.room.places[teacher].media() == ["publish"]
    assert after.entry(teacher).sources == ["camera"]


def test_a_viewers_connection_survives_a_restart_though_no_fact_tells_of_it() -> None:
    play = Play()
    viewer = play.join("staff", "viewer")
    transport = play.view(viewer)
    after = again(play)
    state = control.RoomState(room=after.room.room, publications=[], viewers=[transport], publishers=[], captures=[])
    effects = after.do(after.room.gain_media(state, after.now))
    assert not commands(effects, control.ClosePeer)
    after.join("staff", "viewer", peer=viewer)
    assert after.room.places[viewer].media() == ["view"]
    late = again(play)
    late.do(late.room.gain_media(state, late.now))
    assert [command.peer for command in commands(late.wait(61), control.ClosePeer)] == [transport], "nobody came back"


def test_a_publisher_nobody_knows_is_closed() -> None:
    play = Play()
    state = control.RoomState(
        room=play.room.room, publications=[], viewers=[], publishers=[control.PeerId("pghost.p.1")], captures=[]
    )
    assert [command.peer for command in commands(play.do(play.room.gain_media(state, play.now)), control.ClosePeer)] == [
        "pghost.p.1"
    ]


def test_an_ended_lesson_is_over() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    play.say(teacher, requests.EndClass())
    assert again(play).room.state == "over"


def test_a_hand_whose_owner_is_long_gone_is_lowered_for_the_log_too() -> None:
    play = Play()
    peer = play.join("kim")
    play.say(peer, requests.RaiseHand())
    play.lose(peer)
    play.wait(16)
    play.now += 300
    after = again(play)
    effects = after.wait(0.5)
    assert [fact.peer for fact in published(effects, facts.HandLowered)] == [peer]
    assert [message.peer for message in told(effects, events.PeerLeft)] == [peer]


def test_an_encoder_goes_on_through_a_restart_of_ours() -> None:
    play = Play()
    obs = Entrant(play.room.new_peer(program=True), "obs", "Obs", "instructor", True)
    command = play.room.open_program(obs, "publish", "offer", None)
    play.do(play.room.enter_program(obs, command, play.now))
    play.tell(control.PeerConnected(room=command.room, peer=command.peer, owner=obs.peer, direction="publish"))
    after = again(play)
    state = control.RoomState(room=after.room.room, publications=[], viewers=[], publishers=[command.peer], captures=[])
    after.do(after.room.gain_media(state, after.now))
    after.wait(120)
    assert after.entry(obs.peer).connected
    assert not after.published(facts.PeerLeft)
    gone = again(play)
    gone.do(gone.room.gain_media(None, gone.now))
    assert [fact.reason for fact in gone.published(facts.PeerLeft)] == ["lost"], "its media did not survive"


def test_a_process_killed_after_the_end_was_asked_for_ends_the_class_when_it_is_back() -> None:
    play = Play()
    teacher, kim = play.join("lee", "instructor"), play.join("kim")
    capture = play.record(teacher).capture
    play.now += 60
    asked = play.now
    play.say(teacher, requests.EndClass())
    for log in (
        play.log(),
        play.log()[: 1 + [fact.type for fact in play.log()].index("lesson-ending")],
    ):  # written whole, or torn
        play.now = asked + 3
        back = again(play, log)
        assert back.room.state != "open", "the door stays closed"
        assert not back.room.places
        effects = back.do(back.room.gain_media(None, back.now))
        assert not commands(effects, control.StartCapture)
        stop = one(commands(effects, control.StopCapture))
        assert stop.capture == capture
        effects = back.reply(stop, DONE)
        assert one(published(effects, facts.RecordingStopped)).at == utc(asked)
        ended = one(published(effects, facts.LessonEnded))
        assert (ended.at, ended.by) == (utc(asked), teacher)
    assert kim not in back.room.places


def test_an_end_asked_for_before_the_restart_needs_no_media_worker() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    play.record(teacher)
    play.say(teacher, requests.EndClass())
    back = again(play)
    assert published(back.wait(10), facts.LessonEnded)
    assert back.room.state == "over"
