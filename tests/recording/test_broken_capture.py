"""What the network or the disk spoilt costs only itself, and is told."""

from pathlib import Path

import pytest

from recording.errors import CaptureDamaged, NothingRecorded
from tests.recording.files import main_file, numbers, prepare
from tests.recording.lecture import Lecture, bad_network
from tests.recording.material import encode_pictures, encode_sound

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_late_reordered_and_doubled_packets_lose_nothing(tmp_path: Path, codec: str) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures(codec, 250), codec=codec, network=bad_network(1, late=0.1, late_s=0.3))
    lecture.sound(1000.0, encode_sound(10), network=bad_network(2, late=0.05, late_s=0.2))
    doubled = [event for event in lecture.events if event.order % 5 == 0]
    for event in doubled:
        lecture.add(event.at_s + 0.15, event.kind, event.track, event.payload)
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert {number for _, number in numbers(main_file(tmp_path, manifest))} >= set(range(250))
    assert manifest.losses == []


@pytest.mark.parametrize(("codec", "seed"), [("vp8", 3), ("vp8", 4), ("h264", 3), ("h264", 4), ("vp9", 3), ("av1", 4)])
def test_lost_packets_never_leave_a_broken_picture(tmp_path: Path, codec: str, seed: int) -> None:
    """5 % gone for good: whatever is shown decodes, is exactly the picture that was sent, and the loss is told."""
    lecture = Lecture()
    sent = encode_pictures(codec, 500, key_every=25)
    lecture.pictures(1000.0, sent, codec=codec, network=bad_network(seed, lost=0.05))
    lecture.sound(1000.0, encode_sound(20), network=bad_network(seed + 10, lost=0.05))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    seen = [(time_s, number) for time_s, number in numbers(main_file(tmp_path, manifest))]
    offset = seen[0][0] - seen[0][1] / 25
    assert all(abs(time_s - number / 25 - offset) < 0.045 for time_s, number in seen), "each picture at its own time"
    assert manifest.losses
    assert any(mark.source == "camera" and mark.packets > 0 and mark.frames > 0 for mark in manifest.losses)
    assert manifest.duration_s == pytest.approx(20.5, abs=0.5), "the capture was stopped half a second after the last picture"


def test_a_burst_of_loss_freezes_until_the_next_key_frame(tmp_path: Path) -> None:
    lecture = Lecture()
    total = sum(len(picture.payloads) for picture in encode_pictures("vp8", 250, key_every=50)[:110])
    lecture.pictures(
        1000.0,
        encode_pictures("vp8", 250, key_every=50),
        network=lambda packet: None if total <= packet < total + 12 else 0.0,
    )
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    seen = [number for _, number in numbers(main_file(tmp_path, manifest))]
    assert 109 in seen
    assert 150 in seen
    assert not any(115 < number < 150 for number in seen)
    assert [mark.longest_freeze_s > 1.0 for mark in manifest.losses if mark.source == "camera"] == [True]


def test_a_track_without_any_key_frame_is_left_out_and_told(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250), first=1)
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.track("main").source == "none"
    assert [(mark.source, mark.frames) for mark in manifest.losses] == [("camera", 249)]


def test_formats_we_cannot_record_are_named(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.open(1000.0, "camera", "h265")
    lecture.sound(1000.0, encode_sound(5))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert [(entry.source, entry.codec) for entry in manifest.unsupported] == [("camera", "h265")]


def test_nothing_captured_says_so(tmp_path: Path) -> None:
    Lecture().write(tmp_path / "capture")
    with pytest.raises(NothingRecorded):
        prepare(tmp_path)


def test_a_log_of_rubbish_says_so(tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    (tmp_path / "capture" / "run-0001-000001.log").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(CaptureDamaged):
        prepare(tmp_path)


def test_a_torn_tail_and_a_bad_block_cost_only_themselves(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250, key_every=25))
    lecture.sound(1000.0, encode_sound(10))
    path = lecture.write(tmp_path / "capture", closed=False)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 100] = bytes(100)
    path.write_bytes(bytes(data[:-37]))
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(10.0, abs=0.5)
    assert 0 < manifest.damaged_bytes < 6_000
    assert len({number for _, number in numbers(main_file(tmp_path, manifest))}) > 220
