"""Which voices everybody is sent: at most four, and a lively talk does not flap."""

from media.sdp import AUDIO_LEVEL
from media.slots import BY_NAME
from tests.media.lesson import Class
from tests.media.light import Lecture, LightPeer, fields

VOICES = {BY_NAME[f"audio-{n}"].ssrc for n in range(6)}


class Talk:
    """A class with six voices; each sends 50 packets a second, whoever speaks."""

    def __init__(self) -> None:
        self.lesson = Class()
        self.viewer = self.lesson.view("listener")
        self.people = {}
        for n in range(6):
            name = "teacher" if n == 0 else f"resident-{n}"
            offer = LightPeer().publisher_offer()
            assert AUDIO_LEVEL in offer
            self.people[name] = (self.lesson.publish(name, offer, lead=n == 0), Lecture())

    def go_on(self, seconds: float, *speaking: str) -> set[int]:
        """The voices the listener got meanwhile."""
        box = self.lesson.boxes["listener"]
        box.clear()
        for _ in range(int(seconds * 50)):
            for name, (publisher, lecture) in self.people.items():
                self.lesson.room.receive_rtp(publisher, lecture.sound(25 if name in speaking else 90), self.lesson.now)
            self.lesson.now += 0.02
            self.lesson.room.on_deadline(self.lesson.now)
        return {fields(packet)["ssrc"] for packet in box[len(box) // 2 :]} & VOICES

    def voice_of(self, name: str) -> int:
        carried = self.lesson.room.carried
        return next(BY_NAME[slot].ssrc for slot, p in carried.items() if p.owner == name and not p.is_video)


def test_at_most_four_voices_reach_a_viewer_and_who_speaks_is_among_them() -> None:
    talk = Talk()
    talk.go_on(1)
    assert len(talk.go_on(2)) == 4
    for name in ("resident-5", "resident-4", "resident-3", "resident-5"):
        heard = talk.go_on(3, name)
        assert talk.voice_of(name) in heard
        assert talk.voice_of("teacher") in heard, "the instructor is always heard"
        assert len(heard) == 4


def test_turns_of_a_lively_talk_do_not_push_each_other_out() -> None:
    talk = Talk()
    talk.go_on(2)
    turns = ("resident-1", "resident-2", "resident-3", "resident-4")
    for name in turns:
        talk.go_on(2.5, name)
    changes = 0
    before = talk.go_on(0.5, "resident-1")
    for turn in range(16):  # four people, three places: each speaks for half a second, a place is free after two
        heard = talk.go_on(0.5, turns[turn % 3])
        changes += heard != before
        before = heard
    assert changes <= 3


def test_a_voice_that_comes_back_goes_on_where_it_stopped() -> None:
    talk = Talk()
    talk.go_on(2)
    box = talk.lesson.boxes["listener"]
    numbers: list[int] = []
    for name in ("resident-5", "resident-1", "resident-2", "resident-3", "resident-5"):
        talk.go_on(3, name)
        numbers += [fields(p)["sequence"] for p in box if fields(p)["ssrc"] == talk.voice_of("resident-5")]
    assert len(numbers) > 100
    assert [n - numbers[0] & 0xFFFF for n in numbers] == list(range(len(numbers)))


def test_the_page_hears_of_speakers_at_most_five_times_a_second() -> None:
    talk = Talk()
    talk.go_on(1)
    talk.lesson.room.events.clear()
    for turn in range(100):
        talk.go_on(0.1, f"resident-{1 + turn % 5}")
    told = [event for event in talk.lesson.room.events if event.type == "speakers-changed"]
    assert 1 <= len(told) <= 10 * 5
