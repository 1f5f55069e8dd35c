"""No input makes a parser raise what it may not, or take long. A moment per target here; `make fuzz` takes its time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.running import SEEDS, executed, fuzz
from tests.fuzz.targets import TARGETS

every_target = pytest.mark.parametrize("name", list(TARGETS))
SIZE, FACTOR = 4_000, 8


def seeds(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]


@every_target
def test_every_kept_input_is_taken(name: str) -> None:
    assert seeds(name), "a target without seeds begins nowhere"
    for data in seeds(name):
        TARGETS[name](data)


@st.composite
def damaged(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """A good input with bytes replaced, pieces repeated, swapped for another's, cut off or appended."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.integers(0, 3))
        at = draw(st.integers(0, len(data)))
        if kind == 0 and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif kind == 1:
            data[at:at] = draw(st.binary(max_size=12))
        elif kind == 2:
            del data[at : at + draw(st.integers(0, 8))]
        else:
            data[at:] = draw(st.sampled_from(originals))[at:]
    return bytes(data)


@every_target
def test_damaged_input_raises_nothing_else(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(damaged(seeds(name)), st.binary(max_size=300)))
    def run(data: bytes) -> None:
        target(data)

    run()


def fastest(target: Callable[[bytes], None], data: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        target(data)
        best = min(best, time.process_time() - began)
    return best


@every_target
def test_time_is_linear_in_the_input(name: str) -> None:
    """Eight times the input takes eight times as long (forty are allowed), not sixty-four; on what repeats and nests."""
    target = TARGETS[name]
    patterns = [*seeds(name), b"[", b'{"a":', b"a=rtpmap:96 x\r\n", b"\x00", b"\xff", b"\n", b'"', b"00:00.000 --> 00:00.000\n\n"]
    for pattern in patterns:
        unit = pattern or b"\0"
        small, large = (seeds(name)[0] + unit * (size // len(unit) + 1) for size in (SIZE, SIZE * FACTOR))
        limit = 5 * FACTOR * fastest(target, small) + 0.05
        assert fastest(target, large) < limit, f"{unit[:20]!r}"


@pytest.mark.integration
@pytest.mark.slow
def test_a_moment_of_coverage_guided_fuzzing_finds_nothing() -> None:
    ended = fuzz("all", 10)
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert executed(ended) > 0
