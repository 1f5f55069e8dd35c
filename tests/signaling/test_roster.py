"""signaling/roster.py: coming in, getting lost, coming back, leaving."""

import pytest

from media import control
from signaling import events, facts, requests
from signaling.errors import Refused
from signaling.place import Entrant
from signaling.roster import MAX_PLACES_OF_ONE, iso, utc
from signaling.vocabulary import PeerId
from tests.signaling.play import START, Play, closed, commands, one, published, told


def test_a_newcomer_is_told_to_everybody_and_counted() -> None:
    play = Play()
    peer = play.join("kim")
    assert one(told(play.effects, events.PeerJoined)).peer.name == "Kim"
    joined = one(play.published(facts.PeerJoined))
    assert (joined.peer, joined.person, joined.at) == (peer, "kim", utc(START))


def test_the_lesson_starts_with_the_first_instructor_only() -> None:
    play = Play()
    play.join("kim")
    assert not play.published(facts.LessonStarted)
    play.join("lee", "instructor")
    play.join("lee", "instructor")
    assert len(play.published(facts.LessonStarted)) == 1


def test_a_viewer_is_neither_listed_nor_counted() -> None:
    play = Play()
    viewer = play.join("staff", "viewer")
    play.wait(30)
    play.lose(viewer)
    play.wait(90)
    assert play.room.snapshot().peers == []
    assert play.log() == []
    assert not told(play.effects, events.PeerLeft)
    assert viewer not in play.room.places


def test_two_tabs_of_one_person_are_two_peers() -> None:
    play = Play()
    first, second = play.join("kim"), play.join("kim")
    assert first != second
    assert [fact.peer for fact in play.published(facts.PeerJoined)] == [first, second]
    play.say(first, requests.Leave())
    assert [fact.peer for fact in play.published(facts.PeerLeft)] == [first]
    assert second in play.room.places


def test_a_goodbye_is_a_leave_at_once() -> None:
    play = Play()
    peer = play.join("kim")
    play.now += 42
    effects = play.say(peer, requests.Leave())
    left = one(published(effects, facts.PeerLeft))
    assert (left.reason, left.at) == ("left", utc(START + 42))
    assert closed(effects) == {peer: "left"}
    assert one(told(effects, events.PeerLeft)).peer == peer


def test_a_lost_connection_keeps_place_hand_and_name() -> None:
    play = Play()
    peer = play.join("kim")
    play.say(peer, requests.RaiseHand())
    play.lose(peer)
    play.wait(59)
    assert play.entry(peer).connected is False
    assert play.room.snapshot().hands == [peer]


def test_after_15_s_of_silence_the_leave_is_published_dated_at_the_last_proof_of_life() -> None:
    play = Play()
    peer = play.join("kim")
    play.now += 7
    play.say(peer, requests.Heartbeat())
    play.now += 3
    play.lose(peer)
    assert not play.wait(11.5) or not play.published(facts.PeerLeft)
    play.wait(1)
    left = one(play.published(facts.PeerLeft))
    assert (left.reason, left.at) == ("lost", utc(START + 7))


def test_who_is_back_within_15_s_keeps_one_interval() -> None:
    play = Play()
    peer = play.join("kim")
    play.lose(peer)
    play.wait(14)
    play.join("kim", peer=peer)
    play.wait(120)
    assert len(play.published(facts.PeerJoined)) == 1
    assert not play.published(facts.PeerLeft)
    assert play.entry(peer).connected


def test_who_is_back_after_20_s_begins_a_second_interval_in_the_same_place() -> None:
    play = Play()
    peer = play.join("kim")
    play.say(peer, requests.RaiseHand())
    play.lose(peer)
    play.wait(20)
    play.join("kim", peer=peer)
    assert [fact.at for fact in play.published(facts.PeerJoined)] == [utc(START), utc(START + 20)]
    assert [fact.at for fact in play.published(facts.PeerLeft)] == [utc(START)]
    assert play.room.snapshot().hands == [peer]


def test_after_a_minute_the_place_is_given_up_and_the_hand_lowered() -> None:
    play = Play()
    peer = play.join("kim")
    transport = play.view(peer)
    play.say(peer, requests.RaiseHand())
    play.lose(peer)
    effects = play.wait(61)
    assert peer not in play.room.places
    assert len(published(effects, facts.PeerLeft)) == 1
    assert one(told(effects, events.HandLowered)).peer == peer
    assert one(told(effects, events.PeerLeft)).peer == peer
    assert one(commands(effects, control.ClosePeer)).peer == transport


def test_a_place_given_up_can_still_be_taken_again_under_its_name() -> None:
    play = Play()
    peer = play.join("kim")
    play.lose(peer)
    play.wait(70)
    assert play.join("kim", peer=peer) == peer
    assert play.entry(peer).connected


def test_taking_over_a_connected_place_changes_nothing_for_the_others() -> None:
    play = Play()
    peer = play.join("kim")
    before = play.room.snapshot()
    play.join("kim", peer=peer)
    assert play.room.snapshot() == before


def test_everybody_heard_of_lately_is_published_every_4_s() -> None:
    play = Play()
    kim, lee = play.join("kim"), play.join("lee")
    for _ in range(5):
        play.wait(4)
        play.say(kim, requests.Heartbeat())
    seen = play.published(facts.PeersSeen)
    assert 4 <= len(seen) <= 6
    assert lee in seen[0].peers
    assert kim in seen[-1].peers
    assert lee not in seen[-1].peers, "silent for 20 s"


def test_an_empty_room_publishes_nothing() -> None:
    play = Play()
    assert not [effect for effect in play.wait(60) if effect]


def test_a_removed_person_is_refused_with_every_tab() -> None:
    play = Play()
    teacher = play.join("lee", "instructor")
    peer = play.join("kim")
    other = play.join("kim")
    effects = play.say(teacher, requests.RemovePeer(peer=peer))
    assert closed(effects) == {peer: "removed", other: "removed"}
    assert [fact.reason for fact in published(effects, facts.PeerLeft)] == ["removed", "removed"]
    with pytest.raises(Refused, match="removed"):
        play.join("kim")
    with pytest.raises(Refused, match="removed"):
        play.join("kim", peer=peer)


def test_one_ticket_does_not_fill_the_room() -> None:
    play = Play()
    for _ in range(MAX_PLACES_OF_ONE):
        play.join("kim")
    with pytest.raises(Refused, match="room-full"):
        play.join("kim")
    play.join("lee")


def test_a_reloaded_page_keeps_the_floor() -> None:
    play = Play()
    teacher, peer = play.join("lee", "instructor"), play.join("kim")
    play.say(teacher, requests.InviteToSpeak(peer=peer))
    play.say(peer, requests.AnswerInvitation(accept=True))
    play.say(peer, requests.Leave())
    play.now += 2
    play.join("kim", peer=peer)
    assert play.entry(peer).may_publish
    play.say(peer, requests.Leave())
    play.now += 90
    play.join("kim", peer=peer)
    assert not play.entry(peer).may_publish, "but not for ever"


def test_withdrawn_consent_counts_from_the_next_entry_on() -> None:
    play = Play()
    teacher = play.join("lee", "instructor", record=False)
    command = one(commands(play.say(teacher, requests.Publish(sdp="o", sources={})), control.OpenPeer))
    assert command.record is False
    play.room.enter(Entrant(teacher, "lee", "Lee", "instructor", True), play.now)
    command = one(commands(play.say(teacher, requests.Publish(sdp="o", sources={})), control.OpenPeer))
    assert command.record is True


def test_losing_twice_or_losing_a_stranger_is_silent() -> None:
    play = Play()
    peer = play.join("kim")
    assert play.lose(peer)
    assert play.lose(peer) == []
    assert play.room.lose(PeerId("nobody"), play.now, play.now) == []


def test_times_are_utc_with_milliseconds() -> None:
    assert iso(START + 0.5) == "2026-03-02T01:00:00.500Z"
