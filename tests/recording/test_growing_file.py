"""Files that are watched while they grow: written as the log grows, in blocks and clusters that browsers read on from."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from recording.blocks import SOUND_LATER_MS
from recording.fragments import FragmentIndex
from recording.movie import Movie
from recording.prepare import LAG_S, Preparation
from tests.recording.files import main_file, prepare
from tests.recording.lecture import Lecture, bad_network
from tests.recording.material import encode_pictures, encode_sound

pytestmark = pytest.mark.integration


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


def test_followed_while_it_grows_the_result_is_the_same(tmp_path: Path) -> None:
    """The jobs read the log as it is written, a few records at a time."""
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 500))
    lecture.sound(1000.0, encode_sound(20))
    whole = lecture.write(tmp_path / "whole" / "capture").read_bytes()
    at_once = prepare(tmp_path / "whole")

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
