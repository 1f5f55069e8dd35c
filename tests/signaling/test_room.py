"""signaling/room.py: who may say what — hands, the floor, chat."""

import pytest

from media import control
from signaling import events, facts, replies, requests
from signaling.chat import clean
from signaling.room import LEADING, MAY
from signaling.vocabulary import MAX_CHAT_LINES, Message, PeerId
from tests.signaling.play import Play, closed, commands, errors, one, published, sent, told


def classroom() -> tuple[Play, PeerId, PeerId, PeerId]:
    """An instructor and two learners."""
    play = Play()
    return play, play.join("lee", "instructor"), play.join("kim"), play.join("park")


def invited(play: Play, teacher: PeerId, peer: PeerId) -> None:
    play.say(teacher, requests.InviteToSpeak(peer=peer))
    play.say(peer, requests.AnswerInvitation(accept=True))


EXAMPLES = {
    requests.InviteToSpeak: requests.InviteToSpeak(peer=PeerId("x")),
    requests.MutePeer: requests.MutePeer(peer=None),
    requests.RemovePeer: requests.RemovePeer(peer=PeerId("x")),
    requests.LockChat: requests.LockChat(locked=True),
    requests.StartCheck: requests.StartCheck(),
    requests.PostCaption: requests.PostCaption(text="x", language="ko"),
    requests.StartRecording: requests.StartRecording(),
    requests.StopRecording: requests.StopRecording(),
    requests.EndClass: requests.EndClass(),
}


@pytest.mark.parametrize("kind", [kind for kind, roles in MAY.items() if roles == LEADING], ids=lambda kind: kind.__name__)
def test_only_the_instructor_leads(kind: type[Message]) -> None:
    play, _, kim, _ = classroom()
    viewer = play.join("staff", "viewer")
    before = play.room.snapshot()
    for peer in (kim, viewer):
        effects = play.say(peer, EXAMPLES[kind])
        assert errors(effects) == ["not-allowed"]
        assert len(effects) == 1
    assert play.room.snapshot() == before


def test_a_viewer_looks_on_in_silence() -> None:
    play = Play()
    viewer = play.join("staff", "viewer")
    for message in (
        requests.SendChat(id="1", text="x"),
        requests.RaiseHand(),
        requests.React(reaction="clap"),
        requests.Publish(sdp="o", sources={}),
        requests.SetMuted(source="camera", muted=True),
        requests.AnswerInvitation(accept=True),
        requests.EndSpeaking(peer=viewer),
    ):
        assert errors(play.say(viewer, message)) == ["not-allowed"]
    assert commands(play.say(viewer, requests.View()), control.OpenPeer)


def test_hands_wait_in_the_order_they_were_raised() -> None:
    play, teacher, kim, park = classroom()
    play.say(park, requests.RaiseHand())
    effects = play.say(kim, requests.RaiseHand())
    assert one(told(effects, events.HandRaised)).position == 2
    assert play.room.snapshot().hands == [park, kim]
    assert play.say(kim, requests.RaiseHand()) == [], "a hand is up or not"
    play.say(teacher, requests.LowerHand(peer=park))
    assert play.room.snapshot().hands == [kim]
    assert [fact.peer for fact in play.published(facts.HandLowered)] == [park]


def test_a_learner_cannot_lower_anothers_hand() -> None:
    play, _, kim, park = classroom()
    play.say(park, requests.RaiseHand())
    assert errors(play.say(kim, requests.LowerHand(peer=park))) == ["not-allowed"]
    assert play.room.snapshot().hands == [park]
    play.say(park, requests.LowerHand(peer=park))
    assert play.room.snapshot().hands == []
    assert play.say(park, requests.LowerHand(peer=park)) == []


def test_an_invitation_lowers_the_hand_and_waits_for_an_answer() -> None:
    play, teacher, kim, _ = classroom()
    play.say(kim, requests.RaiseHand())
    effects = play.say(teacher, requests.InviteToSpeak(peer=kim))
    assert sent(effects, replies.Invited) == [(kim, replies.Invited(by="Lee"))]
    assert play.room.snapshot().hands == []
    assert play.entry(kim).invited
    assert errors(play.say(kim, requests.Publish(sdp="o", sources={}))) == ["not-allowed"], "not before the answer"
    play.say(kim, requests.AnswerInvitation(accept=True))
    assert play.entry(kim).may_publish
    assert [fact.peer for fact in play.published(facts.SpeakingAllowed)] == [kim]
    play.publish(kim)
    assert play.entry(kim).sources == ["microphone", "camera"]


def test_a_declined_invitation_changes_nothing_else() -> None:
    play, teacher, kim, _ = classroom()
    play.say(teacher, requests.InviteToSpeak(peer=kim))
    play.say(kim, requests.AnswerInvitation(accept=False))
    assert not play.entry(kim).invited
    assert not play.entry(kim).may_publish
    assert not play.published(facts.SpeakingAllowed)
    assert errors(play.say(kim, requests.AnswerInvitation(accept=True))) == ["not-invited"]


def test_inviting_twice_asks_once() -> None:
    play, teacher, kim, _ = classroom()
    play.say(teacher, requests.InviteToSpeak(peer=kim))
    assert not sent(play.say(teacher, requests.InviteToSpeak(peer=kim)), replies.Invited)


@pytest.mark.parametrize("by_whom", ["teacher", "themselves"])
def test_the_end_of_speaking_closes_the_connection(by_whom: str) -> None:
    play, teacher, kim, _ = classroom()
    invited(play, teacher, kim)
    transport = play.publish(kim)
    effects = play.say(teacher if by_whom == "teacher" else kim, requests.EndSpeaking(peer=kim))
    assert [command.peer for command in commands(effects, control.ClosePeer)] == [transport]
    assert not play.entry(kim).may_publish
    assert play.entry(kim).sources == []
    assert [fact.peer for fact in published(effects, facts.SpeakingEnded)] == [kim]


def test_an_invitation_can_be_taken_back() -> None:
    play, teacher, kim, _ = classroom()
    play.say(teacher, requests.InviteToSpeak(peer=kim))
    play.say(teacher, requests.EndSpeaking(peer=kim))
    assert errors(play.say(kim, requests.AnswerInvitation(accept=True))) == ["not-invited"]
    assert not play.published(facts.SpeakingEnded)


def test_a_learner_cannot_end_anothers_speaking() -> None:
    play, teacher, kim, park = classroom()
    invited(play, teacher, kim)
    assert errors(play.say(park, requests.EndSpeaking(peer=kim))) == ["not-allowed"]
    assert play.entry(kim).may_publish


@pytest.mark.parametrize(
    "message",
    [
        requests.InviteToSpeak(peer=PeerId("nobody")),
        requests.MutePeer(peer=PeerId("nobody")),
        requests.RemovePeer(peer=PeerId("nobody")),
        requests.EndSpeaking(peer=PeerId("nobody")),
    ],
    ids=lambda message: message.type,
)
def test_a_stranger_or_another_instructor_cannot_be_led(message: Message) -> None:
    play, teacher, _, _ = classroom()
    other = play.join("choi", "instructor")
    assert errors(play.say(teacher, message)) == ["unknown-peer"]
    assert errors(play.say(teacher, message.model_copy(update={"peer": other}))) == ["unknown-peer"]


def test_muting_is_enforced_by_the_relay_and_can_be_undone_by_its_owner() -> None:
    play, teacher, kim, _ = classroom()
    invited(play, teacher, kim)
    transport = play.publish(kim)
    effects = play.say(teacher, requests.MutePeer(peer=kim))
    muting = one(commands(effects, control.MutePeer))
    assert (muting.peer, muting.sources) == (transport, ["microphone", "screen-audio"])
    assert play.entry(kim).muted == ["microphone"]
    effects = play.say(kim, requests.SetMuted(source="microphone", muted=False))
    assert one(commands(effects, control.MutePeer)).sources == ["screen-audio"]
    assert play.entry(kim).muted == []


def test_muting_everyone_means_the_learners() -> None:
    play, teacher, kim, _ = classroom()
    invited(play, teacher, kim)
    play.publish(teacher)
    play.publish(kim)
    play.say(teacher, requests.MutePeer(peer=None))
    assert play.entry(kim).muted == ["microphone"]
    assert play.entry(teacher).muted == []


def test_who_may_not_publish_has_nothing_to_mute() -> None:
    play, _, kim, _ = classroom()
    assert errors(play.say(kim, requests.SetMuted(source="camera", muted=True))) == ["not-allowed"]


def test_what_was_muted_before_publishing_is_muted_in_it() -> None:
    play, teacher, _, _ = classroom()
    play.say(teacher, requests.SetMuted(source="microphone", muted=True))
    play.publish(teacher)
    assert play.entry(teacher).muted == ["microphone"]
    assert one(commands(play.effects, control.MutePeer)).sources == ["microphone"]


def test_a_removed_learner_loses_hand_and_connections() -> None:
    play, teacher, kim, _ = classroom()
    transport = play.view(kim)
    play.say(kim, requests.RaiseHand())
    effects = play.say(teacher, requests.RemovePeer(peer=kim))
    assert [command.peer for command in commands(effects, control.ClosePeer)] == [transport]
    assert [fact.type for fact in published(effects, facts.Fact)] == ["peer-removed", "hand-lowered", "peer-left"]
    assert closed(effects) == {kim: "removed"}


def test_chat_reaches_everybody_and_the_log() -> None:
    play, _, kim, _ = classroom()
    effects = play.say(kim, requests.SendChat(id="7", text="  질문 있어요 "))
    line = one(told(effects, events.ChatPosted)).line
    assert (line.id, line.peer, line.name, line.text) == ("7", kim, "Kim", "질문 있어요")
    assert one(published(effects, facts.ChatPosted)).person == "kim"


def test_a_line_sent_again_is_one_line_and_anothers_id_is_their_own() -> None:
    play, _, kim, park = classroom()
    play.say(kim, requests.SendChat(id="1", text="하나"))
    assert play.say(kim, requests.SendChat(id="1", text="하나")) == []
    play.say(park, requests.SendChat(id="1", text="둘"))
    assert [line.text for line in play.room.snapshot().chat] == ["하나", "둘"]


def test_a_locked_chat_is_the_instructors() -> None:
    play, teacher, kim, _ = classroom()
    play.say(teacher, requests.LockChat(locked=True))
    assert play.say(teacher, requests.LockChat(locked=True)) == []
    assert errors(play.say(kim, requests.SendChat(id="1", text="x"))) == ["chat-locked"]
    assert told(play.say(teacher, requests.SendChat(id="1", text="x")), events.ChatPosted)
    play.say(teacher, requests.LockChat(locked=False))
    assert told(play.say(kim, requests.SendChat(id="1", text="x")), events.ChatPosted)


def test_a_snapshot_holds_the_last_lines_only() -> None:
    play, teacher, _, _ = classroom()
    for number in range(MAX_CHAT_LINES + 30):
        play.say(teacher, requests.SendChat(id=str(number), text=f"{number}"))
    chat = play.room.snapshot().chat
    assert [chat[0].text, chat[-1].text, len(chat)] == ["30", "229", MAX_CHAT_LINES]
    assert play.say(teacher, requests.SendChat(id="0", text="0")) == [], "the old ones are still known"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b\x1b", "ab"), ("\u202eabc", "abc"), (" \n\t ", ""), ("한\n글", "한\n글"), ("👩‍🏫", "👩‍🏫")],
)
def test_chat_keeps_letters_and_drops_what_only_confuses(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_nobody_speaks_after_leaving() -> None:
    play, _, kim, _ = classroom()
    play.say(kim, requests.Leave())
    assert play.say(kim, requests.SendChat(id="1", text="x")) == []


def test_a_reaction_passes_and_leaves_no_trace() -> None:
    play, _, kim, _ = classroom()
    before = play.room.snapshot()
    assert one(told(play.say(kim, requests.React(reaction="clap")), events.Reacted)).peer == kim
    assert play.room.snapshot() == before


@pytest.mark.parametrize("text", ["\u200b", " \u200d\ufeff ", "\u3164\u3164", "\u2800", "\u0301"])
def test_a_line_nobody_could_see_is_empty(text: str) -> None:
    play = Play()
    kim = play.join("kim")
    assert errors(play.say(kim, requests.SendChat(id="1", text=text))) == ["empty"]
    assert not play.published(facts.ChatPosted)


def test_what_joins_emoji_and_letters_stays_in_them() -> None:
    assert clean("👩\u200d🏫 안녕\u0301") == "👩\u200d🏫 안녕\u0301"


def test_the_instructor_writes_captions_and_nobody_else() -> None:
    play = Play()
    teacher, kim = play.join("choi", "instructor"), play.join("kim")
    effects = play.say(teacher, requests.PostCaption(text=" 함수를\u202e  배웁니다.\n", language="ko"))
    assert [line.text for line in told(effects, events.Captioned)] == ["함수를 배웁니다."]
    fact = one(published(effects, facts.CaptionPosted))
    assert (fact.person, fact.language, fact.text) == ("choi", "ko", "함수를 배웁니다.")
    assert errors(play.say(teacher, requests.PostCaption(text="\u3164 ", language="ko"))) == ["empty"]
    assert errors(play.say(kim, requests.PostCaption(text="x", language="ko"))) == ["not-allowed"]


def test_a_captioner_writes_captions_and_has_no_other_part_in_the_class() -> None:
    play = Play()
    play.join("choi", "instructor")
    captioner = play.join("stenographer", "captioner")
    assert captioner not in [peer.peer for peer in play.room.snapshot().peers]
    effects = play.say(captioner, requests.PostCaption(text="함수를 배웁니다.", language="ko"))
    assert [line.text for line in told(effects, events.Captioned)] == ["함수를 배웁니다."]
    assert one(published(effects, facts.CaptionPosted)).person == "stenographer"
    for message in (requests.SendChat(id="1", text="x"), requests.RaiseHand(), requests.Unpublish(), requests.EndClass()):
        assert errors(play.say(captioner, message)) == ["not-allowed"]
    assert commands(play.say(captioner, requests.View()), control.OpenPeer)
    assert not published(play.do(play.room.leave(captioner, play.now)), facts.PeerLeft), "attendance knows nothing of them"
