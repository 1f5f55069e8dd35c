"""RTP timestamps become our time: by sender reports, by arrival, across wraps and jumps."""

import random

import pytest

from recording.sender_clock import PeerClock, SenderClock

NTP = 2**32


def test_tracks_of_one_peer_are_aligned_whatever_their_delays() -> None:
    peer = PeerClock()
    sound, picture = SenderClock(48_000, peer), SenderClock(90_000, peer)
    for n in range(100):
        taken_s = n / 10
        sound.receive_packet(n * 4_800, 50 + taken_s + 0.02)
        picture.receive_packet(n * 9_000 + 77, 50 + taken_s + 0.25)
    sound.receive_report(int((7_000 + 5.0) * NTP), 240_000, 55.03)
    picture.receive_report(int((7_000 + 5.0) * NTP), 450_077, 55.04)
    assert sound.time_of(240_000) == pytest.approx(picture.time_of(450_077), abs=1e-6)


def test_the_quickest_report_counts() -> None:
    peer = PeerClock()
    for n, delay_s in enumerate([0.4, 0.02, 0.3, 0.5]):
        peer.receive_report(100.0 + n, 200.0 + n + delay_s)
    assert peer.to_ours(110.0) == pytest.approx(210.02)


def test_a_drifting_wall_clock_is_followed() -> None:
    peer = PeerClock()
    for n in range(7_200):
        peer.receive_report(n * (1 + 50e-6), n + 0.02)
    assert peer.to_ours(7_200 * (1 + 50e-6)) == pytest.approx(7_200.02, abs=0.005)


def test_a_wall_clock_that_is_set_during_class_is_followed() -> None:
    peer = PeerClock()
    peer.receive_report(100.0, 200.0)
    peer.receive_report(3_700.0, 201.0)
    assert peer.to_ours(3_701.0) == pytest.approx(202.0)


def test_timestamps_wrap() -> None:
    clock = SenderClock(90_000, PeerClock())
    start = 2**32 - 45_000
    for n in range(30):
        clock.receive_packet((start + n * 9_000) & 0xFFFFFFFF, 10 + n / 10)
    assert clock.time_of((start + 29 * 9_000) & 0xFFFFFFFF) == pytest.approx(12.9, abs=0.01)
    assert clock.time_of(start) == pytest.approx(10.0, abs=0.01)


def test_arrival_times_ignore_slow_packets() -> None:
    chance = random.Random(3)
    clock = SenderClock(90_000, PeerClock())
    for n in range(300):
        clock.receive_packet(n * 3_000, 10 + n / 30 + chance.random() * 0.2 * (n % 3 > 0))
    assert clock.time_of(299 * 3_000) == pytest.approx(10 + 299 / 30, abs=0.02)


def test_absurd_reports_are_not_believed() -> None:
    peer = PeerClock()
    good, lying = SenderClock(90_000, peer), SenderClock(90_000, peer)
    for n in range(50):
        good.receive_packet(n * 9_000, 10 + n / 10)
        lying.receive_packet(n * 9_000, 10 + n / 10)
    good.receive_report(500 * NTP, 45_000 * 10, 15.0)
    lying.receive_report(500 * NTP, 123_456_789, 15.0)
    assert lying.time_of(49 * 9_000) == pytest.approx(14.9, abs=0.05)


def test_a_restarted_rtp_clock_is_followed() -> None:
    clock = SenderClock(90_000, PeerClock())
    for n in range(20):
        clock.receive_packet(1_000_000 + n * 9_000, 10 + n / 10)
    for n in range(20):
        clock.receive_packet(5 + n * 9_000, 12 + n / 10)
    assert clock.time_of(5 + 19 * 9_000) == pytest.approx(13.9, abs=0.05)
