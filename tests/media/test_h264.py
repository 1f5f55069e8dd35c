"""Sizes out of H.264 parameter sets: those encoders write, and what nobody should."""

import random
import time

import pytest

from media import h264

BASELINE_480 = bytes.fromhex("6742c01f8c8d40501e900f08846a")
"""Constrained baseline as OpenH264 writes it."""


@pytest.mark.parametrize(
    ("sps", "size"),
    [
        (BASELINE_480.hex(), (640, 480)),
        ("67640028acd940780227e5c044000003000400000300c83c60c658", (1920, 1080)),  # high profile, cropped
        ("67", (0, 0)),
        ("6742c01e", (0, 0)),
        ("00", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_sizes(sps: str, size: tuple[int, int]) -> None:
    assert h264.read_size(bytes.fromhex(sps)) == size


def test_a_key_frame_tells_its_height_alone_and_aggregated() -> None:
    assert h264.height(BASELINE_480) == 480
    aggregated = b"\x18" + len(BASELINE_480).to_bytes(2, "big") + BASELINE_480 + b"\x00\x04\x68\xce\x3c\x80"
    assert h264.height(aggregated) == 480
    assert h264.height(b"\x65\x88\x84") is None
    assert h264.height(b"\x18\xff\xff\x67") is None


def test_whatever_comes_it_takes_no_time_and_raises_nothing() -> None:
    chance = random.Random(5)
    worst = [b"\x67" + bytes(60_000), b"\x67\x64\x00\x28" + b"\xff" * 60_000, b"\x67\x42\x00\x1f" + b"\x00\x00\x03" * 20_000]
    began = time.process_time()
    for number in range(3_000):
        data = bytearray(BASELINE_480 if number % 2 else worst[number % 3][:300])
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(1, len(data))] = chance.randrange(256)
        found = h264.height(bytes(data))
        assert found is None or 0 < found <= h264.LARGEST
    for data in worst:
        h264.height(bytes(data))
    assert time.process_time() - began < 10
