"""A crash, a pause, a camera that goes and comes: everything keeps its place on the timeline."""

from pathlib import Path

import numpy as np
import pytest

from tests.recording.files import decode_pictures, decode_sound, flashes, main_file, prepare, skews
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound

pytestmark = pytest.mark.integration


def test_a_crash_keeps_its_place_on_the_timeline(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250), close=False)
    lecture.sound(1000.0, encode_sound(10), close=False)
    lecture.write(tmp_path / "capture", run=1, until_s=1004.0, closed=False)
    lecture.events.clear()
    lecture.tracks = 0
    lecture.pictures(1006.0, encode_pictures("vp8", 250), first=0, peer="p9")
    lecture.sound(1006.0, encode_sound(10), peer="p9")
    lecture.write(tmp_path / "capture", run=2)
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(16.0, abs=0.5)
    [gap] = manifest.gaps
    assert (gap.reason, manifest.pauses) == ("interrupted", [])
    assert gap.from_s == pytest.approx(4.0, abs=0.2)
    assert gap.to_s == pytest.approx(6.0, abs=0.2)
    assert len(manifest.tracks) == 1
    flashed = flashes(main_file(tmp_path, manifest))
    assert min(abs(time_s - 7.0) for time_s in flashed) < 0.08
    samples, rate = decode_sound(main_file(tmp_path, manifest))
    assert np.abs(samples[int(4.3 * rate) : int(5.7 * rate)]).max() < 0.01
    assert max(skews(main_file(tmp_path, manifest))) <= 0.080


def test_a_pause_is_cut_out(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 125))
    lecture.sound(1000.0, encode_sound(5))
    lecture.write(tmp_path / "capture", run=1)
    lecture.events.clear()
    lecture.tracks = 0
    lecture.pictures(1600.0, encode_pictures("vp8", 250), first=0)
    lecture.sound(1600.0, encode_sound(10))
    lecture.write(tmp_path / "capture", run=2)
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(15.0, abs=0.5)
    [pause] = manifest.pauses
    assert pause.at_s == pytest.approx(5.0, abs=0.1)
    assert (pause.to_utc - pause.from_utc).total_seconds() == pytest.approx(595.0, abs=0.5)
    assert manifest.gaps == []
    assert max(skews(main_file(tmp_path, manifest))) <= 0.080
    spoken = manifest.started_at.timestamp() + 602.0
    assert manifest.media_time(manifest.wall_time(7.0)) == pytest.approx(7.0, abs=0.01)
    assert manifest.wall_time(7.0).timestamp() == pytest.approx(spoken, abs=0.2)


def test_the_camera_may_be_switched_off_and_on(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 100))
    lecture.pictures(1010.0, encode_pictures("vp8", 100), peer="p2")
    lecture.sound(1000.0, encode_sound(14))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    main = manifest.track("main")
    assert [tuple(round(at) for at in stretch) for stretch in main.visible] == [(0, 4), (10, 14)]
    dark = [luma.mean() for time_s, luma in decode_pictures(main_file(tmp_path, manifest)) if 4.2 < time_s < 9.8]
    assert dark
    assert max(dark) < 20


def test_changing_the_connection_is_no_interruption(tmp_path: Path) -> None:
    """Starting to share the screen replaces the publisher's connection: the camera comes back 0.3 s later on another track."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 100))
    lecture.pictures(1004.3, encode_pictures("vp8", 100), peer="p2")
    lecture.sound(1000.0, encode_sound(8))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert len(manifest.track("main").visible) == 1
    assert min(luma.mean() for _, luma in decode_pictures(main_file(tmp_path, manifest))) > 50


def test_a_camera_that_comes_after_a_long_wait_is_still_the_main_picture(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(80))
    lecture.pictures(1070.0, encode_pictures("vp8", 250))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.track("main").visible == [(pytest.approx(70.0, abs=0.1), pytest.approx(80.0, abs=0.1))]
