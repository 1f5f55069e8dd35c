"""Who speaks, who sits where."""

from media.control import PeerId, Source
from media.offers import IncomingSection
from media.publication import Publication
from media.sdp import Codec
from media.seating import STEAL_AFTER_S, Seating
from media.speakers import Speakers


def make_publication(owner: str, source: Source, *, lead: bool = False, codec: str = "vp8") -> Publication:
    rate = 48000 if codec == "opus" else 90000
    section = IncomingSection("0", source, Codec(96, codec, rate, 1), 97, {}, [], [], {})
    return Publication(PeerId(f"{owner}-{source}"), owner, section, lead=lead, record=True)


def test_silence_is_no_speech_and_a_pause_between_words_no_end() -> None:
    speakers = Speakers()
    for step in range(50):
        speakers.receive("loud", 20, step * 0.02)
        speakers.receive("quiet", 127, step * 0.02)
    assert speakers.changes(1.0) == ["loud"]
    assert speakers.changes(1.3) is None
    assert speakers.changes(3.0) == []


def test_the_instructor_has_the_first_seats_and_nobody_else() -> None:
    seating = Seating()
    learner, teacher = make_publication("l", "camera"), make_publication("t", "camera", lead=True)
    assert seating.take(learner) == ["camera-1", "stage"]
    assert seating.take(teacher) == ["camera-0", "stage"]
    screen = make_publication("t", "screen", lead=True)
    assert seating.take(screen) == ["screen", "stage"]
    assert seating.carried["stage"] is screen
    assert seating.free(screen) == ["screen", "stage"]
    assert seating.carried["stage"] is teacher


def test_a_voice_sits_beside_its_owners_camera() -> None:
    seating = Seating()
    for owner in ("a", "b", "c"):
        seating.take(make_publication(owner, "camera"))
    seating.take(make_publication("c", "microphone", codec="opus"))
    assert seating.carried["audio-3"].owner == "c"


def test_a_successor_takes_the_seat_and_its_predecessors_end_changes_nothing() -> None:
    seating = Seating()
    old, new = make_publication("t", "camera", lead=True), make_publication("t", "camera", lead=True)
    seating.take(old)
    assert seating.take(new) == ["camera-0", "stage"]
    assert seating.free(old) == []
    assert seating.carried["camera-0"] is new


def test_whoever_speaks_gets_the_seat_of_who_was_silent_longest() -> None:
    seating, speakers = Seating(), Speakers()
    voices = [make_publication(f"o{n}", "microphone", codec="opus") for n in range(6)]
    for voice in voices[:5]:
        seating.take(voice)
    assert seating.take(voices[5]) == []
    for n in range(4):
        for _ in range(20):
            speakers.receive(f"o{n}", 10, 100.0 + n)
    for _ in range(20):
        speakers.receive("o5", 10, 110.0)
    changed = seating.hear(speakers, 110.0)
    assert changed == ["audio-5"]
    assert seating.carried["audio-5"] is voices[5]
    assert STEAL_AFTER_S < 100


def test_a_freed_seat_goes_to_who_waits() -> None:
    seating = Seating()
    cameras = [make_publication(f"o{n}", "camera") for n in range(6)]
    for camera in cameras:
        seating.take(camera)
    assert cameras[5] not in seating.carried.values()
    assert seating.free(cameras[1]) == ["camera-2"]
    assert seating.carried["camera-2"] is cameras[5]
