""" "Are you there?": asked of everybody, answered once, told to the instructor, kept as facts, taken up after a restart."""

from dataclasses import replace

from signaling import facts, replies, requests
from signaling.effects import Effect
from signaling.restore import restore
from signaling.room import Room
from signaling.spot_check import ANSWER_S, SPREAD, SpotChecks
from tests.signaling.play import START, Ids, M, Play, make_info, published, sent


def told(effects: list[Effect], kind: type[M]) -> list[M]:
    return [message for _, message in sent(effects, kind)]


def asked(play: Play) -> str:
    opened = play.room.checks.open
    assert opened is not None
    return opened.id


def test_everybody_is_asked_and_the_instructor_learns_who_answered() -> None:
    play = Play()
    teacher, kim, _ = play.join("choi", "instructor"), play.join("kim"), play.join("lee")
    effects = play.say(teacher, requests.StartCheck())
    (opened,) = published(effects, facts.CheckOpened)
    assert sorted(opened.asked) == ["kim", "lee"]
    assert play.say(teacher, requests.StartCheck()) == [], "one at a time"
    effects = play.say(kim, requests.AnswerCheck(check=opened.check))
    assert [each.person for each in published(effects, facts.CheckAnswered)] == ["kim"]
    assert [(each.asked, each.answered) for each in told(effects, replies.CheckProgress)] == [(2, 1)]
    assert play.say(kim, requests.AnswerCheck(check=opened.check)) == []
    play.now += ANSWER_S + 2
    effects = play.do(play.room.on_deadline(play.now))
    assert published(effects, facts.CheckClosed)
    (over,) = told(effects, replies.CheckProgress)
    assert over.over
    assert len(over.missing) == 1
    assert play.room.snapshot().check is None
    assert play.say(kim, requests.AnswerCheck(check=opened.check)) == [], "too late is silent"
    assert "kim" in {place.person for place in play.room.places.values()}, "nobody is put out"


def test_learners_cannot_ask_and_the_instructor_cannot_answer() -> None:
    play = Play()
    teacher, kim = play.join("choi", "instructor"), play.join("kim")
    assert told(play.say(kim, requests.StartCheck()), replies.Error)[0].code == "not-allowed"
    play.say(teacher, requests.StartCheck())
    refused = play.say(teacher, requests.AnswerCheck(check=asked(play)))
    assert told(refused, replies.Error)[0].code == "not-allowed"


def test_who_comes_in_while_it_is_asked_may_answer_too() -> None:
    play = Play()
    teacher = play.join("choi", "instructor")
    play.say(teacher, requests.StartCheck())
    kim = play.join("kim")
    assert play.room.snapshot().check is not None
    effects = play.say(kim, requests.AnswerCheck(check=asked(play)))
    assert [(each.asked, each.answered) for each in told(effects, replies.CheckProgress)] == [(1, 1)]


def test_the_moment_is_drawn_and_never_close_to_the_end() -> None:
    for seed in map(str, range(200)):
        checks = SpotChecks()
        assert not checks.is_due(2, START + 7_200, START, seed)
        assert checks.next_at is not None
        assert SPREAD[0] * 1_800 <= checks.next_at - START <= SPREAD[1] * 1_800
        assert checks.is_due(2, START + 7_200, checks.next_at, seed)
        assert not checks.is_due(2, checks.next_at + 60, checks.next_at, seed)
    assert not SpotChecks().is_due(0, START + 7_200, START + 3_600, "seed")


def test_it_asks_by_itself_only_while_somebody_leads() -> None:
    info = replace(make_info(), checks_per_hour=12)
    play = Play(Room(info, new_id=Ids(), capture_directory=lambda recording: recording))
    play.join("kim")
    for _ in range(900):
        play.now += 1
        play.do(play.room.on_deadline(play.now))
        for place in play.room.places.values():
            place.last_seen = play.now
    assert play.room.checks.next_at is None
    play.join("choi", "instructor")
    opened = 0
    for _ in range(900):
        play.now += 1
        opened += len(published(play.do(play.room.on_deadline(play.now)), facts.CheckOpened))
        for place in play.room.places.values():
            place.last_seen = play.now
    assert 1 <= opened <= 6


def test_a_restart_in_the_middle_of_it_forgets_no_answer() -> None:
    play = Play()
    teacher, kim, _ = play.join("choi", "instructor"), play.join("kim"), play.join("lee")
    play.say(teacher, requests.StartCheck())
    play.say(kim, requests.AnswerCheck(check=asked(play)))
    again = Room(make_info(), new_id=Ids("b"), capture_directory=lambda recording: recording)
    restore(again, play.log(), play.now + 1)
    assert again.checks.open == play.room.checks.open
