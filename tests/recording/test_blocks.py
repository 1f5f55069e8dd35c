"""The order of blocks, and clusters that browsers read on from: checked as the two of them check it."""

import random
from itertools import pairwise

import pytest

from recording.blocks import CLUSTER_MS, Blocks, Cut, Lasting, Placed, sound_ms
from recording.mixer import RATE, Sound

Block = Lasting | Sound | Cut


def pictures(seed: int, fps: float, seconds: float, jitter_ms: float, key_every_s: float = 10.0) -> list[Placed]:
    chance = random.Random(seed)
    placed, key_ms = [Placed(0, True, b"")], 0.0
    for index in range(1, round(fps * seconds)):
        at_ms = max(placed[-1].at_ms + 1, round(index * 1000 / fps + chance.gauss(0, jitter_ms)))
        is_key = at_ms - key_ms >= key_every_s * 1000
        key_ms = at_ms if is_key else key_ms
        placed.append(Placed(at_ms * 90, is_key, b""))
    return placed


def sounds(seed: int, seconds: float) -> list[Sound]:
    """20 ms each, and here and there a short silence before a voice that begins."""
    chance, found, at = random.Random(seed), [], 0
    while at < seconds * RATE:
        length = chance.choice([120, 240, 480]) if chance.random() < 0.02 else 960
        found.append(Sound(at, length, b"sound"))
        at += length
    return found


def lay(shown: list[Placed], heard: list[Sound], step_ms: int = 137) -> list[Block]:
    """As they come while class runs: the pictures up to a moment, then the sounds."""
    blocks = Blocks()
    laid: list[Block] = []
    end_ms = max(shown[-1].at_ms, sound_ms(heard[-1])) + step_ms
    waiting, sounding = list(shown), list(heard)
    for until_ms in range(0, end_ms + step_ms, step_ms):
        while waiting and waiting[0].at_ms <= until_ms:
            blocks.add_picture(waiting.pop(0))
            laid += blocks.take()
        while sounding and sound_ms(sounding[0]) <= until_ms:
            blocks.add_sound(sounding.pop(0))
            laid += blocks.take()
    return laid + list(blocks.take(end_ms))


def at_ms(block: Lasting | Sound) -> int:
    return block.picture.at_ms if isinstance(block, Lasting) else sound_ms(block)


def clusters(laid: list[Block]) -> list[list[Lasting | Sound]]:
    """A cut takes the sound before it along."""
    found: list[list[Lasting | Sound]] = [[]]
    for block in laid:
        if isinstance(block, Cut):
            assert found[-1].pop() == block.sound
            found.append([block.sound])
        else:
            found[-1].append(block)
    return found


def assert_read_on(before: list[Lasting | Sound], after: list[Lasting | Sound]) -> None:
    shown = [block for block in before if isinstance(block, Lasting)]
    heard = [sound_ms(block) for block in before if isinstance(block, Sound)]
    start_ms = at_ms(after[0])
    following = next(block for block in after if isinstance(block, Lasting))
    if shown:
        assert start_ms >= shown[-1].picture.at_ms + shown[-1].ms + (1 if shown[-1].ms == 8 else 0), "Firefox reads on"
        gap_ms = following.picture.at_ms - shown[-1].picture.at_ms
        assert following.picture.key or gap_ms <= 2 * shown[-1].ms, "Chromium reads on"
    if len(heard) > 1:
        assert start_ms >= 2 * heard[-1] - heard[-2], "Firefox takes the last sound to be as long as the one before"


@pytest.mark.parametrize(("fps", "jitter_ms"), [(30, 0), (25, 0), (30, 6), (60, 2), (15, 10), (7, 20), (0.7, 50), (24, 15)])
def test_every_cluster_begins_where_browsers_read_on(fps: float, jitter_ms: float) -> None:
    shown, heard = pictures(1, fps, 40, jitter_ms), sounds(2, 40)
    laid = lay(shown, heard)
    blocks = [block for block in laid if not isinstance(block, Cut)]
    times = [at_ms(block) for block in blocks]
    assert times == sorted(times)
    assert [block.picture for block in blocks if isinstance(block, Lasting)] == shown
    assert [block for block in blocks if isinstance(block, Sound)] == heard
    found = clusters(laid)
    for before, after in pairwise(found):
        assert_read_on(before, after)
    lengths_ms = [at_ms(after[0]) - at_ms(before[0]) for before, after in pairwise(found)]
    assert len(lengths_ms) >= 9
    assert max(lengths_ms) < CLUSTER_MS + max(600, 2500 / fps), "a place for the next one is never far"


def test_a_key_picture_begins_a_cluster_and_others_last_until_the_next() -> None:
    laid = lay(pictures(1, 30, 12, 0, key_every_s=5), sounds(3, 12))
    begun = [next(block for block in cluster if isinstance(block, Lasting)).picture for cluster in clusters(laid)]
    assert {picture.at_ms for picture in begun if picture.key} == {0, 5000, 10000}
    lasting = [block for cluster in clusters(laid) for block in cluster if isinstance(block, Lasting)]
    short = [one for one, other in pairwise(lasting) if one.picture.at_ms + one.ms < other.picture.at_ms]
    assert len(short) == len(begun) - 1


def test_a_camera_that_stands_still_does_not_keep_the_sound_from_the_file() -> None:
    blocks = Blocks()
    out: list[Block] = []
    blocks.add_picture(Placed(0, True, b""))
    for sound in sounds(4, 30):
        blocks.add_sound(sound)
        out += blocks.take()
    assert max(at_ms(block) for block in out if not isinstance(block, Cut)) > 19_000
