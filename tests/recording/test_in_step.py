"""Real RTP in a capture log becomes files that play, picture and sound in step whatever the clocks say."""

from pathlib import Path

import numpy as np
import pytest

from tests.recording.files import clicks, decode_pictures, decode_sound, flashes, main_file, numbers, prepare, skews
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1"])
def test_a_plain_lecture_plays_with_picture_and_sound_in_step(tmp_path: Path, codec: str) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures(codec, 500), codec=codec, delay_s=0.12)
    lecture.sound(1000.0, encode_sound(20), delay_s=0.02)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(20.0, abs=0.5)
    seen = numbers(main_file(tmp_path, manifest))
    assert seen[-1][1] == 499
    assert len({number for _, number in seen}) == 500
    skew = skews(main_file(tmp_path, manifest))
    assert len(skew) >= 18
    assert max(skew) <= 0.080


def test_without_sender_reports_arrival_times_are_used(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250), reports=False)
    lecture.sound(1000.0, encode_sound(10), reports=False)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert max(skews(main_file(tmp_path, manifest))) <= 0.080


def test_two_people_with_different_wall_clocks_stay_together(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250), clock_offset_s=-86_400.0)
    lecture.sound(1000.0, encode_sound(10), owner="guest", peer="p2", lead=False, clock_offset_s=3_600.0)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert max(skews(main_file(tmp_path, manifest))) <= 0.080


def test_a_sound_card_that_runs_fast_does_not_drift_away(tmp_path: Path) -> None:
    """0.3 % fast is 60 ms in 20 s, ten times a bad sound card; over two hours the same correction holds."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 750))
    lecture.sound(1000.0, encode_sound(30), rate_error=0.003)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    path = main_file(tmp_path, manifest)
    # the sender's own seconds are shorter: click n was taken at n / 1.003, the flash at n
    truth = [n / 1.003 for n in range(1, 29)]
    heard = clicks(*decode_sound(path))
    offset = flashes(path)[1] - 1.0
    assert max(min(abs(click - offset - true_s) for click in heard) for true_s in truth) <= 0.080


def test_everybodys_voice_is_in_the_main_file(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250))
    lecture.sound(1000.0, encode_sound(10, 440))
    lecture.sound(1003.0, encode_sound(4, 1200, 1e9), owner="guest", peer="p2", lead=False)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    samples, rate = decode_sound(main_file(tmp_path, manifest))

    def strength(pitch_hz: int, from_s: float, to_s: float) -> float:
        part = samples[int(from_s * rate) : int(to_s * rate)]
        time = np.arange(len(part)) / rate
        return float(abs(np.mean(part * np.exp(-2j * np.pi * pitch_hz * time))))

    assert strength(440, 1.2, 1.9) > 0.005
    assert strength(1200, 1.2, 1.9) < 0.001
    assert strength(440, 4.2, 4.9) > 0.005
    assert strength(1200, 4.2, 4.9) > 0.005
    assert strength(440, 8.6, 8.95) > 0.005
    assert max(skews(main_file(tmp_path, manifest))) <= 0.080


def test_the_screen_is_a_second_file_in_step(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 500))
    lecture.sound(1000.0, encode_sound(20))
    lecture.pictures(1004.0, encode_pictures("vp8", 150, 960, 540), source="screen")
    lecture.pictures(1014.0, encode_pictures("vp8", 100, 960, 540), source="screen", peer="p3")
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    [screen] = [track for track in manifest.tracks if track.kind == "screen"]
    assert (screen.width, screen.height, screen.has_audio) == (960, 540, False)
    assert screen.offset_s == pytest.approx(4.0, abs=0.06)
    assert [tuple(round(at, 1) for at in stretch) for stretch in screen.visible] == [(4.0, 10.0), (14.0, 18.0)]
    flashed = flashes(tmp_path / "work" / screen.file)
    assert min(abs(time_s + screen.offset_s - 6.0) for time_s in flashed) < 0.08
    assert [scene.layout for scene in manifest.scenes] == ["camera", "screen", "camera", "screen", "camera"]
    dark = [luma.mean() for time_s, luma in decode_pictures(tmp_path / "work" / screen.file) if 5.98 < time_s < 9.5]
    assert dark
    assert max(dark) < 20, "black while nothing is shared"


def test_sound_alone_plays_over_black(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(10.0, abs=0.5)
    assert manifest.track("main").source == "none"
    assert len(clicks(*decode_sound(main_file(tmp_path, manifest)))) >= 9
    assert max(luma.max() for _, luma in decode_pictures(main_file(tmp_path, manifest))) < 30


def test_pictures_alone_play_with_silence(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    samples, rate = decode_sound(main_file(tmp_path, manifest))
    assert len(samples) / rate == pytest.approx(10.0, abs=0.1)
    assert np.abs(samples).max() < 0.001
