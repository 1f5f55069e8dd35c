"""Wrapping numbers and clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.clock import PublisherClock, pack_ntp_64, unpack_ntp_64
from media.serial import distance_16, distance_32, unwrap_16, unwrap_32


@given(st.integers(0, 1 << 40), st.integers(-32000, 32000))
def test_unwrapping_finds_the_nearest_number(near: int, step: int) -> None:
    assert unwrap_16((near + step) & 0xFFFF, near) == near + step
    assert unwrap_32((near + step * 1000) & 0xFFFFFFFF, near) == near + step * 1000
    assert distance_16((near + step) & 0xFFFF, near & 0xFFFF) == step
    assert distance_32((near + step) & 0xFFFFFFFF, near & 0xFFFFFFFF) == step


def test_ntp_times_come_back() -> None:
    assert unpack_ntp_64(pack_ntp_64(1_800_000_000.25)) == pytest.approx(1_800_000_000.25, abs=1e-6)


def test_a_publishers_sound_and_picture_keep_their_distance_whatever_its_clock_says() -> None:
    clock = PublisherClock()
    clock.to_monotonic(pack_ntp_64(500.0), 10.0)
    first = clock.to_monotonic(pack_ntp_64(501.0), 11.02)
    second = clock.to_monotonic(pack_ntp_64(501.04), 11.09)
    assert second - first == pytest.approx(0.04, abs=1e-6)
    assert first == pytest.approx(11.0, abs=1e-6)
