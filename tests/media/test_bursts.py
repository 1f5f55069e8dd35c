"""Runs of packets that one system call can carry."""

from hypothesis import given
from hypothesis import strategies as st

from media.bursts import PAD_LIMIT_BYTES, cut_runs


@given(st.lists(st.one_of(st.integers(1100, 1200), st.integers(40, 1200)), min_size=1, max_size=16))
def test_runs_are_what_the_kernel_can_segment_and_keep_every_payload(sizes: list[int]) -> None:
    pending = [(n, bytes((0x90,)) + bytes(size - 1)) for n, size in enumerate(sizes)]
    originals = dict(pending)
    runs = cut_runs(list(pending))
    assert [n for run in runs for n, _ in run] == list(range(len(sizes)))
    for run in runs:
        lengths = {len(packet) for _, packet in run[:-1]}
        assert len(lengths) <= 1
        if lengths:
            assert len(run[-1][1]) <= lengths.pop()
        for number, packet in run:
            original = originals[number]
            added = len(packet) - len(original)
            assert 0 <= added <= PAD_LIMIT_BYTES
            if added:
                assert packet[0] & 0x20
                assert packet[-1] == added
            assert packet[1 : len(original)] == original[1:]
