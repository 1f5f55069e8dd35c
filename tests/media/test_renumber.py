"""How do numbers go on? Sequence and time after a switch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.renumber import Continuation, splice


@given(st.integers(0, 1 << 30), st.integers(0, 1 << 40), st.integers(0, 1 << 30), st.integers(0, 1 << 40), st.floats(0, 1e5))
def test_after_a_switch_numbers_go_on_by_one_and_time_by_what_passed(
    next_number: int, timestamp: int, number: int, source_timestamp: int, passed_s: float
) -> None:
    shift = splice(Continuation(next_number, timestamp, 100.0), number, source_timestamp, 100.0 + passed_s, 90000)
    assert number + shift.number == next_number
    passed = source_timestamp + shift.timestamp_rtp - timestamp
    assert passed >= 1
    assert passed == pytest.approx(passed_s * 90000, abs=1)
