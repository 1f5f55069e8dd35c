"""A picture that changes its size, its layer or its format while it is recorded."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from aiortc.rtp import RtpPacket

from recording import log
from tests.recording.files import decode_pictures, main_file, prepare
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound, read_picture

pytestmark = pytest.mark.integration


def test_the_best_layer_is_recorded_and_a_lower_one_when_it_stops(tmp_path: Path) -> None:
    lecture = Lecture()
    low = encode_pictures("vp8", 250, 320, 180, key_every=25)
    lecture.pictures(1000.0, encode_pictures("vp8", 100, 1280, 720), rid="f", close=False)
    lecture.pictures(1000.0, low, rid="q")
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    sizes = [(time_s, luma.shape[1], read_picture(luma)) for time_s, luma in decode_pictures(main_file(tmp_path, manifest))]
    assert {width for time_s, width, _ in sizes if time_s < 3.9} == {1280}
    assert {width for time_s, width, _ in sizes if time_s > 5.0} == {320}
    times = [time_s for time_s, _, _ in sizes]
    assert max(after - before for before, after in pairwise(times)) < 1.5
    assert (manifest.track("main").width, manifest.track("main").height) == (1280, 720)


def test_a_second_format_of_the_camera_goes_into_its_own_file(tmp_path: Path) -> None:
    """The instructor leaves the browser and goes on with OBS, which sends H.264."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 100))
    lecture.pictures(1005.0, encode_pictures("h264", 100), codec="h264", peer="p2")
    lecture.sound(1000.0, encode_sound(9))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert [(track.id, track.file) for track in manifest.tracks] == [("main", "main.webm"), ("camera-1", "camera-1.mp4")]
    assert manifest.track("camera-1").offset_s == pytest.approx(5.0, abs=0.1)
    assert manifest.scenes[-1].tracks == ["camera-1"]


def test_a_file_is_declared_as_large_as_the_layer_that_follows(tmp_path: Path) -> None:
    """The relay hears the smallest layer first and goes over to the best one a moment later, then records only that one."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 20, 320, 180), rid="q", close=False)
    lecture.pictures(1000.8, encode_pictures("vp8", 200, 1280, 720), rid="f", close=False)
    lecture.sound(1000.0, encode_sound(9))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    widths = [luma.shape[1] for _, luma in decode_pictures(main_file(tmp_path, manifest))]
    assert widths == [320] * 20 + [1280] * 200
    assert (manifest.track("main").width, manifest.track("main").height) == (1280, 720)


def test_a_layer_that_rests_while_another_is_recorded_has_lost_nothing(tmp_path: Path) -> None:
    lecture = Lecture()
    small = encode_pictures("vp8", 250, 320, 180, key_every=25)
    packets = [sum(len(picture.payloads) for picture in small[:count]) for count in (50, 175)]
    lecture.pictures(
        1000.0, small, rid="h", network=lambda number: None if packets[0] <= number < packets[1] else 0.0, close=False
    )
    lecture.pictures(1002.0, encode_pictures("vp8", 125, 1280, 720), rid="f", close=False)
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.losses == []
    pictures = [(time_s, luma.shape[1]) for time_s, luma in decode_pictures(main_file(tmp_path, manifest))]
    assert {width for time_s, width in pictures if time_s > 8.5} == {320}
    assert max(after[0] - before[0] for before, after in pairwise(pictures)) < 0.2


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("after_ms", [1, 12, 33])
def test_a_change_of_size_right_after_a_picture_is_taken_by_every_reader(tmp_path: Path, codec: str, after_ms: int) -> None:
    """Seen with a real browser: the second connection's first key frame 5 ms after the first connection's last picture."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures(codec, 100, 320, 180), codec=codec, close=False)
    start_s = 1000.0 + 75 / 25 + after_ms / 1000
    lecture.pictures(start_s, encode_pictures(codec, 100), codec=codec, peer="p2", close=False)
    lecture.sound(1000.0, encode_sound(7))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    sizes = [luma.shape[1] for _, luma in decode_pictures(main_file(tmp_path, manifest))]
    assert sizes == [320] * 76 + [640] * 100


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_jittering_camera_that_adapts_its_size_is_taken_by_every_reader(tmp_path: Path, codec: str) -> None:
    """30 pictures a second, each up to 12 ms early or late, and two changes of size: as real browsers send."""
    chance = np.random.default_rng(11)
    lecture = Lecture()
    for part, width in enumerate((320, 640, 320)):
        track = lecture.open(1000.0 + part * 4.0, "camera", codec, peer=f"p{part}")
        for number, picture in enumerate(encode_pictures(codec, 120, width, width * 9 // 16)):
            taken_s = 1000.0 + part * 4.0 + number / 30 + chance.uniform(-0.012, 0.012)
            for place, payload in enumerate(picture.payloads):
                sequence = sum(len(earlier.payloads) for earlier in encode_pictures(codec, 120, width, width * 9 // 16)[:number])
                packet = RtpPacket(
                    payload_type=96,
                    marker=int(place == len(picture.payloads) - 1),
                    sequence_number=sequence + place,
                    timestamp=round((taken_s - 990.0) * 90_000),
                    payload=payload,
                )
                lecture.add(taken_s + 0.03, log.RTP, track, packet.serialize())
    lecture.sound(1000.0, encode_sound(12))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    sizes = [luma.shape[1] for _, luma in decode_pictures(main_file(tmp_path, manifest))]
    assert sizes == [320] * 120 + [640] * 120 + [320] * 120
