"""Lost? What is asked for again, and what is sent again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from media.nack import FIRST_WAIT_S, MAX_TRIES, RESEND_GAP_S, LossDetector, ResendLimiter
from media.packet_cache import CAPACITY, PacketCache


@given(st.lists(st.integers(0, 199), unique=True, max_size=60), st.integers(0, 65535), st.randoms(use_true_random=False))
def test_exactly_what_is_missing_is_asked_for(lost: list[int], first: int, chance: random.Random) -> None:
    detector = LossDetector()
    gone = {n for n in lost if 0 < n < 199}
    order = [n for n in range(200) if n not in gone]
    numbers = [detector.receive((first + n) & 0xFFFF, 0.0) for n in order]
    assert all(n is not None for n in numbers)
    base = numbers[0]
    assert base is not None
    assert [n - base for n in detector.due(1.0)] == sorted(gone)


def test_reordering_within_ten_milliseconds_asks_for_nothing() -> None:
    detector = LossDetector()
    for sequence in (1, 3, 2, 4):
        detector.receive(sequence, 0.0)
    assert detector.due(FIRST_WAIT_S) == []
    assert detector.duplicates == 0


def test_a_duplicate_is_recognised_also_when_it_is_a_late_repair() -> None:
    detector = LossDetector()
    assert [detector.receive(n, 0.0) is not None for n in (10, 12, 11, 11, 12)] == [True, True, True, False, False]


def test_asking_ends_after_some_tries_and_counts_as_lost() -> None:
    detector = LossDetector()
    detector.receive(1, 0.0)
    detector.receive(3, 0.0)
    asked, now = 0, 0.0
    while detector.is_waiting:
        now += 0.05
        asked += len(detector.due(now))
        assert now < 10
    assert asked == MAX_TRIES
    assert detector.lost == 1


def test_an_outage_is_not_asked_for() -> None:
    detector = LossDetector()
    detector.receive(1, 0.0)
    detector.receive(2000, 0.0)
    assert detector.due(1.0) == []
    assert detector.lost == 1998


def test_the_same_packet_is_not_resent_again_at_once() -> None:
    limiter = ResendLimiter()
    assert limiter.allows(1, 5, 1.0)
    assert not limiter.allows(1, 5, 1.0 + RESEND_GAP_S / 2)
    assert limiter.allows(1, 5, 1.0 + 2 * RESEND_GAP_S)


def test_a_viewer_cannot_make_us_resend_without_end() -> None:
    limiter = ResendLimiter()
    allowed = sum(limiter.allows(1, n & 0xFFFF, 10 + n / 100_000) for n in range(100_000))
    assert allowed <= ResendLimiter.BURST + ResendLimiter.PACKETS_PER_S + 1


def test_the_cache_forgets_the_oldest_and_never_gives_another_packet() -> None:
    cache = PacketCache()
    for number in range(CAPACITY + 10):
        cache.put(number, str(number).encode())
    assert cache.get(9) is None
    assert cache.get(10) == b"10"
    cache.put(9, b"late")
    assert cache.get(9 + CAPACITY) == str(9 + CAPACITY).encode()
