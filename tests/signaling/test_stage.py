"""signaling/stage.py: connections to the relay, slots, the relay's coming and going."""

import pytest

from media import control
from signaling import events, facts, replies, requests
from signaling.errors import Refused
from signaling.place import Entrant
from signaling.roster import utc
from signaling.stage import owner_of
from signaling.vocabulary import PeerId, Role
from tests.signaling.play import DONE, START, Play, commands, errors, one, published, sent, told


def entrant(play: Play, person: str = "obs", role: Role = "instructor") -> Entrant:
    return Entrant(play.room.new_peer(program=True), person, person.title(), role, True)


def test_an_offer_becomes_a_command_and_its_answer_comes_back() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    command = one(commands(play.say(teacher, requests.Publish(sdp="offer", sources={"0": "screen"})), control.OpenPeer))
    assert (command.owner, command.direction, command.sdp, command.lead) == (teacher, "publish", "offer", True)
    assert owner_of(command.peer) == teacher
    effects = play.reply(command, control.PeerOpened(request=1, peer=command.peer, sdp="answer"))
    assert sent(effects, replies.Published) == [(teacher, replies.Published(sdp="answer"))]
    assert play.entry(teacher).sources == [], "nothing is sent before it is connected"


def test_a_view_is_offered_and_answered() -> None:
    play = Play()
    kim = play.join("kim")
    command = one(commands(play.say(kim, requests.View()), control.OpenPeer))
    assert (command.direction, command.sdp, command.lead) == ("view", None, False)
    effects = play.reply(command, control.PeerOpened(request=1, peer=command.peer, sdp="offer", slots={"0": "screen"}))
    assert sent(effects, replies.ViewOffered) == [(kim, replies.ViewOffered(sdp="offer", slots={"0": "screen"}))]
    answer = one(commands(play.say(kim, requests.ViewAnswer(sdp="a")), control.AnswerPeer))
    assert (answer.peer, answer.sdp) == (command.peer, "a")
    assert play.reply(answer, DONE) == []
    layer = one(commands(play.say(kim, requests.PreferLayer(slot="camera-0", max_height=180)), control.PreferLayer))
    assert (layer.peer, layer.max_height) == (command.peer, 180)


def test_an_answer_without_an_offer_is_an_error_and_a_preference_is_nothing() -> None:
    play = Play()
    kim = play.join("kim")
    assert errors(play.say(kim, requests.ViewAnswer(sdp="a"))) == ["no-view"]
    assert play.say(kim, requests.PreferLayer(slot="screen", max_height=0)) == []


def test_a_broken_answer_closes_that_connection_only() -> None:
    play = Play()
    kim = play.join("kim")
    transport = play.view(kim)
    answer = one(commands(play.say(kim, requests.ViewAnswer(sdp="?")), control.AnswerPeer))
    effects = play.reply(answer, control.Failed(request=1, code="bad-sdp", message=""))
    assert errors(effects) == ["bad-sdp"]
    assert one(commands(effects, control.ClosePeer)).peer == transport
    assert kim in play.room.places


@pytest.mark.parametrize(
    ("code", "told_code"),
    [
        ("bad-sdp", "bad-sdp"),
        ("no-usable-codec", "no-usable-codec"),
        ("overloaded", "overloaded"),
        ("worker-lost", "media-unavailable"),
        ("something-new", "media-unavailable"),
    ],
)
def test_a_failed_offer_is_told_in_our_words(code: str, told_code: str) -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    command = one(commands(play.say(teacher, requests.Publish(sdp="o", sources={})), control.OpenPeer))
    effects = play.reply(command, control.Failed(request=1, code=code, message="…"))
    assert sent(effects, replies.Error) == [(teacher, replies.Error(code=told_code, about="publish"))]


def test_the_old_connection_lives_until_the_new_one_is_connected() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    first = play.publish(teacher, "microphone", "camera")
    command = one(
        commands(play.say(teacher, requests.Publish(sdp="o", sources={"0": "camera", "1": "screen"})), control.OpenPeer)
    )
    assert not commands(play.effects, control.ClosePeer)
    assert play.entry(teacher).sources == ["microphone", "camera"]
    effects = play.tell(
        control.PeerConnected(room=command.room, peer=command.peer, owner=teacher, direction="publish"),
    )
    assert [closing.peer for closing in commands(effects, control.ClosePeer)] == [first]
    assert play.entry(teacher).sources == ["camera", "screen"]
    assert play.gone(first, teacher, reason="closed") == [], "that is what we asked for"


def test_an_offer_before_the_last_one_was_answered_replaces_it() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    first = one(commands(play.say(teacher, requests.Publish(sdp="1", sources={})), control.OpenPeer))
    effects = play.say(teacher, requests.Publish(sdp="2", sources={}))
    assert [command.peer for command in commands(effects, control.ClosePeer)] == [first.peer]
    assert play.reply(first, control.PeerOpened(request=1, peer=first.peer, sdp="late")) == []


def test_a_connection_the_relay_lost_is_told_and_the_person_stays() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    transport = play.publish(teacher)
    effects = play.gone(transport, teacher)
    assert sent(effects, replies.Error) == [(teacher, replies.Error(code="media-lost", about="publish"))]
    assert play.entry(teacher).sources == []
    assert play.entry(teacher).connected


def test_slots_are_told_to_all_and_logged() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    effects = play.slot("screen", teacher, "screen")
    assert one(told(effects, events.SlotChanged)).source == "screen"
    assert one(published(effects, facts.SourceStarted)).slot == "screen"
    assert play.slot("screen", teacher, "screen") == [], "no change"
    effects = play.slot("screen", None)
    assert one(published(effects, facts.SourceStopped)).peer == teacher
    assert play.room.snapshot().slots == []


def test_a_slot_of_somebody_who_left_is_empty_before_the_relay_says_so() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    play.slot("camera-0", teacher)
    effects = play.say(teacher, requests.Leave())
    assert one(told(effects, events.SlotChanged)).peer is None
    assert play.slot("camera-0", None) == []
    assert play.slot("camera-0", teacher) == [], "a late word about a stranger"


def test_only_people_in_the_room_are_heard() -> None:
    play = Play()
    kim = play.join("kim")
    effects = play.tell(control.SpeakersChanged(room=play.room.room, owners=["ghost", kim]))
    assert one(told(effects, events.Speaking)).peers == [kim]


def test_when_the_relay_is_lost_people_keep_everything_but_their_connections() -> None:
    play = Play()
    teacher, kim = play.join("lee", "instructor"), play.join("kim")
    play.publish(teacher)
    play.slot("camera-0", teacher)
    play.view(kim)
    play.say(kim, requests.RaiseHand())
    effects = play.do(play.room.lose_media(play.now))
    assert one(told(effects, events.MediaChanged)).media == "moving"
    assert errors(play.say(kim, requests.View())) == ["media-unavailable"]
    room = play.room.snapshot()
    assert (room.media, room.slots, room.hands) == ("moving", [], [kim])
    assert [peer.sources for peer in room.peers] == [[], []]
    assert play.do(play.room.lose_media(play.now)) == [], "twice is silent"
    effects = play.do(play.room.gain_media(None, play.now))
    assert one(told(effects, events.MediaChanged)).media == "up"
    play.publish(teacher)
    play.view(kim)


def test_mute_switches_outlive_the_relay() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    play.publish(teacher)
    play.say(teacher, requests.SetMuted(source="microphone", muted=True))
    play.do(play.room.lose_media(play.now))
    play.do(play.room.gain_media(None, play.now))
    play.publish(teacher)
    assert play.entry(teacher).muted == ["microphone"]


def test_a_relay_that_never_died_gets_its_connections_back() -> None:
    """The control channel broke, the worker did not."""
    play = Play()
    teacher = play.join("lee", "instructor")
    transport = play.publish(teacher, "camera")
    play.do(play.room.lose_media(play.now))
    state = control.RoomState(
        room=play.room.room,
        publications=[
            control.PublicationState(peer=transport, owner=teacher, source="camera", slot="camera-0", codec="vp8", muted=True)
        ],
        viewers=[],
        publishers=[transport],
        captures=[],
    )
    effects = play.do(play.room.gain_media(state, play.now))
    assert not commands(effects, control.ClosePeer)
    assert play.room.places[teacher].media() == ["publish"]
    assert play.entry(teacher).muted == ["camera"]
    assert [slot.slot for slot in play.room.snapshot().slots] == ["camera-0"]


def test_a_program_is_in_while_its_media_lives() -> None:
    play = Play()
    obs = entrant(play)
    command = play.room.open_program(obs, "publish", "offer", "10.0.0.1")
    assert (command.lead, command.near, command.owner) == (True, "10.0.0.1", obs.peer)
    play.do(play.room.enter_program(obs, command, play.now))
    play.tell(control.PeerConnected(room=command.room, peer=command.peer, owner=obs.peer, direction="publish"))
    play.slot("camera-0", obs.peer)
    assert play.entry(obs.peer).sources == ["camera"], "its offer named none: what is seen of it counts"
    play.wait(120)
    assert not play.published(facts.PeerLeft), "it needs no heartbeat"
    assert obs.peer in play.published(facts.PeersSeen)[-1].peers
    effects = play.gone(command.peer, obs.peer)
    assert one(published(effects, facts.PeerLeft)).at == utc(START + 120 - 12)
    assert obs.peer not in play.room.places


def test_a_page_is_asked_to_offer_again_and_a_program_is_cut_off_to_come_again() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    transport = play.publish(teacher)
    unfit = control.OfferAgain(room=play.room.room, peer=transport, owner=teacher, codecs=["av1"])
    assert sent(play.tell(unfit), replies.OfferAgain) == [(teacher, replies.OfferAgain(codecs=["av1"]))]
    play.say(teacher, requests.Publish(sdp="2", sources={}))
    assert play.tell(unfit) == [], "its next connection is being made"

    obs = entrant(play)
    command = play.room.open_program(obs, "publish", "offer", None)
    play.do(play.room.enter_program(obs, command, play.now))
    play.tell(control.PeerConnected(room=play.room.room, peer=command.peer, owner=obs.peer, direction="publish"))
    effects = play.tell(control.OfferAgain(room=play.room.room, peer=command.peer, owner=obs.peer, codecs=[]))
    assert one(commands(effects, control.ClosePeer)).peer == command.peer


def test_a_program_leaves_with_the_relay() -> None:
    play = Play()
    obs = entrant(play)
    play.do(play.room.enter_program(obs, play.room.open_program(obs, "publish", "o", None), play.now))
    play.do(play.room.lose_media(play.now))
    assert obs.peer not in play.room.places
    with pytest.raises(Refused, match="media-unavailable"):
        play.room.open_program(entrant(play), "publish", "o", None)


def test_a_removed_persons_program_is_refused() -> None:
    play = Play()
    play.room.removed.add("obs")
    with pytest.raises(Refused, match="removed"):
        play.room.open_program(entrant(play), "publish", "o", None)


def test_a_connected_stranger_is_closed() -> None:
    play = Play()
    transport = control.PeerId("pghost.v.1")
    effects = play.tell(control.PeerConnected(room=play.room.room, peer=transport, owner="pghost", direction="view"))
    assert one(commands(effects, control.ClosePeer)).peer == transport
    assert play.gone(transport, PeerId("pghost"), "view") == []
