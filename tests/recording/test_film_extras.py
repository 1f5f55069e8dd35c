"""What stands around a film: chapters, loudness, the strip of pictures, and when films wait."""

import pytest

from recording.chapters import write_chapters
from recording.load import LoadGate
from recording.loudness import gain_for, read_loudness
from recording.manifest import Chapter
from recording.preview import picture_every, write_strip


def test_chapters_lie_on_the_films_clock_and_end_where_the_next_begins() -> None:
    chapters = [Chapter(at_s=0, title="a=b"), Chapter(at_s=12, title="gone"), Chapter(at_s=15, title="c;")]
    written = write_chapters(chapters, [(0.0, 10.0), (30.0, 50.0)])
    assert written is not None
    assert written.splitlines() == [
        *(";FFMETADATA1", "[CHAPTER]", "TIMEBASE=1/1000", "START=0", "END=10000", "title=a\\=b"),
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=10000", "END=30000", "title=c\\;"),
    ]
    assert write_chapters([], [(0.0, 10.0)]) is None


@pytest.mark.parametrize(("lufs", "gain"), [(-23.0, 7.0), (-16.1, 0.0), (-8.0, -8.0), (-70.0, 0.0), (None, 0.0), (-58.0, 30.0)])
def test_only_speech_is_moved_to_sixteen(lufs: float | None, gain: float) -> None:
    assert gain_for(lufs) == pytest.approx(gain)


def test_loudness_is_read_from_ffmpegs_summary() -> None:
    assert read_loudness("Summary: Integrated loudness: I: -21.3 LUFS Threshold: -31.5 LUFS") == -21.3
    assert read_loudness("nothing") is None


def test_the_strip_says_which_tile_shows_which_seconds() -> None:
    assert picture_every(60) == 2.0
    assert picture_every(7_200) == 30.0
    text = write_strip(["p-1.jpg", "p-2.jpg"], 205.0, 2.0).decode()
    assert "00:00:22.000 --> 00:00:24.000\np-1.jpg#xywh=160,90,160,90" in text
    assert "00:03:24.000 --> 00:03:25.000\np-2.jpg#xywh=320,0,160,90" in text


def test_films_stand_still_while_a_class_needs_the_machine_and_only_then() -> None:
    now, live, times = 0.0, True, (0.0, 0.0)
    gate = LoadGate(lambda: live, lambda: times, lambda: now)
    answers = []
    for work in (0, 50, 50, 30, 20, 50):
        now, times = now + 3, (times[0] + work, times[1] + 100)
        answers.append(gate.closed())
    assert answers == [False, True, True, True, False, True]
    live = False
    assert not gate.closed(), "nobody waits for anything at night"
