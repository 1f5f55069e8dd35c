"""Real RTP in a capture log becomes files that play: judged by decoding them."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc.rtp import RtpPacket

from recording import log
from recording.blocks import SOUND_LATER_MS
from recording.errors import CaptureDamaged, NothingRecorded
from recording.fragments import FragmentIndex
from recording.manifest import Manifest
from recording.movie import Movie
from tests.recording.files import prepare
from tests.recording.lecture import (
    Lecture,
    bad_network,
    clicks,
    decode_pictures,
    decode_sound,
    encode_pictures,
    encode_sound,
    flashes,
    read_picture,
)

pytestmark = pytest.mark.integration


def main_file(folder: Path, manifest: Manifest) -> Path:
    return folder / "work" / manifest.track(manifest.main).file


def numbers(path: Path) -> list[tuple[float, int]]:
    return [(time_s, read_picture(luma)) for time_s, luma in decode_pictures(path)]


def skews(path: Path) -> list[float]:
    """For each click, how far the nearest flash is."""
    flashed = np.array(flashes(path))
    return [float(np.abs(flashed - click).min()) for click in clicks(*decode_sound(path))]


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


def test_sound_alone_plays_over_black(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(10))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.duration_s == pytest.approx(10.0, abs=0.5)
    assert manifest.track("main").source == "none"
    assert len(clicks(*decode_sound(main_file(tmp_path, manifest)))) >= 9
    assert max(luma.max() for _, luma in decode_pictures(main_file(tmp_path, manifest))) < 30


def test_a_camera_that_comes_after_a_long_wait_is_still_the_main_picture(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(80))
    lecture.pictures(1070.0, encode_pictures("vp8", 250))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    assert manifest.track("main").visible == [(pytest.approx(70.0, abs=0.1), pytest.approx(80.0, abs=0.1))]


def test_pictures_alone_play_with_silence(tmp_path: Path) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 250))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)
    samples, rate = decode_sound(main_file(tmp_path, manifest))
    assert len(samples) / rate == pytest.approx(10.0, abs=0.1)
    assert np.abs(samples).max() < 0.001


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


def test_followed_while_it_grows_the_result_is_the_same(tmp_path: Path) -> None:
    """The jobs read the log as it is written, a few records at a time."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 500))
    lecture.sound(1000.0, encode_sound(20))
    whole = lecture.write(tmp_path / "whole" / "capture").read_bytes()
    at_once = prepare(tmp_path / "whole")

    from recording.prepare import Preparation

    growing = tmp_path / "growing"
    (growing / "capture").mkdir(parents=True)
    preparation = Preparation("rec", growing / "capture", growing / "work")
    with open(growing / "capture" / "run-0001-000001.log", "wb", buffering=0) as file:
        for start in range(0, len(whole), 7_919):
            file.write(whole[start : start + 7_919])
            preparation.advance()
    while preparation.advance():
        pass
    assert preparation.closed
    manifest = preparation.finish()
    assert manifest.tracks == at_once.tracks
    assert manifest.damaged_bytes == 0


def test_finishing_writes_only_the_last_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a two-hour class ready as fast as a short one: when it ends, all but the lag is on the disk."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 1000))
    lecture.sound(1000.0, encode_sound(40))
    lecture.write(tmp_path / "capture")

    from recording.prepare import LAG_S, Preparation

    preparation = Preparation("rec", tmp_path / "capture", tmp_path / "work")
    while preparation.advance():
        pass
    written: list[float] = []
    write = Movie.write_picture

    def counted(movie: Movie, time_s: float, key: bool, data: bytes) -> None:
        written.append(time_s)
        write(movie, time_s, key, data)

    monkeypatch.setattr(Movie, "write_picture", counted)
    preparation.finish()
    assert min(written) > 40 - LAG_S - 1.0


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


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_no_block_is_earlier_than_the_one_before_it(tmp_path: Path, codec: str) -> None:
    """Chromium, fed a growing file, stops there; a real camera's pictures lie anywhere between the packets of sound."""
    lecture = Lecture()
    lecture.pictures(1000.013, encode_pictures(codec, 75, 320, 180), codec=codec, network=bad_network(5, late=0.3, late_s=0.01))
    lecture.sound(1000.0, encode_sound(4))
    lecture.write(tmp_path / "capture")
    times = block_times(main_file(tmp_path, prepare(tmp_path)).read_bytes())
    assert len(times) > 250
    assert [(before, after) for before, after in pairwise(times) if after < before] == []


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_a_cluster_ends_when_it_is_told_to(tmp_path: Path, codec: str) -> None:
    """About every two seconds, with a sound; the picture before lasts until there. What told the muxer is not in the file."""
    lecture = Lecture()
    lecture.pictures(1000.013, encode_pictures(codec, 150, 320, 180), codec=codec)
    lecture.sound(1000.0, encode_sound(6))
    lecture.write(tmp_path / "capture")
    path = main_file(tmp_path, prepare(tmp_path))
    data, fragments = path.read_bytes(), FragmentIndex(path).update()
    pieces = [block_times(data[each.start : each.end]) for each in fragments]
    assert [1.9 < after.at_s - before.at_s < 2.1 for before, after in pairwise(fragments)] == [True] * 2
    assert sum(map(len, pieces)) == len(block_times(data)) == 150 + 301
    with av.open(str(path)) as file:
        sounds = {packet.pts for packet in file.demux(audio=0)}
    assert {piece[0] - SOUND_LATER_MS for piece in pieces[1:]} <= sounds
    with av.open(str(path)) as file:
        shown = [(packet.pts, packet.pts + (packet.duration or 0)) for packet in file.demux(video=0) if packet.pts is not None]
    for piece in pieces[1:]:
        assert max(end_ms for at_ms, end_ms in shown if at_ms < piece[0]) <= piece[0]


def block_times(data: bytes) -> list[int]:
    """Milliseconds of the blocks of a WebM file in the order they stand in it, before anything is taken off them."""

    def number(at: int, keep: bool) -> tuple[int, int]:
        length = 9 - data[at].bit_length()
        value = int.from_bytes(data[at : at + length], "big")
        return (value if keep else value & (1 << 7 * length) - 1), at + length

    times, cluster_ms, at = [], 0, 0
    while at < len(data):
        kind, at = number(at, True)
        size, at = number(at, False)
        if kind in (0x18538067, 0x1F43B675, 0xA0):  # segment, cluster, group of a block: what is in them follows
            continue
        if kind == 0xE7:
            cluster_ms = int.from_bytes(data[at : at + size], "big")
        elif kind in (0xA3, 0xA1):
            times.append(cluster_ms + int.from_bytes(data[at + 1 : at + 3], "big", signed=True))
        at += size
    return times
