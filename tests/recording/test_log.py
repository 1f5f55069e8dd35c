"""The log's bytes: what is packed is read back, what is torn is skipped and counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording import log
from recording.log import LogReader, pack_document, pack_record, segment_name

HEAD = log.MAGIC + pack_document(log.RUN, 0, 1.0, {"run": 1})


def read_all(folder, *, last=True):
    reader, found = LogReader(folder), []
    while some := reader.read(4_096, last=last):
        found += some
    return reader, found


@settings(deadline=None)
@given(
    kind=st.integers(log.RUN, log.CLOSED),
    track=st.integers(0, 65_535),
    time_us=st.integers(0, 2**53),
    payload=st.binary(max_size=3_000),
)
def test_a_record_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, kind, track, time_us, payload) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / segment_name(1, 1)).write_bytes(HEAD + pack_record(kind, track, time_us / 1e6, payload))
    reader, found = read_all(folder)
    assert reader.damaged_bytes == 0
    assert (found[1].kind, found[1].track, found[1].payload) == (kind, track, payload)
    assert abs(found[1].at_s - time_us / 1e6) < 2e-6


def test_every_possible_torn_tail_costs_only_the_last_record(tmp_path) -> None:
    whole = HEAD + pack_record(log.RTP, 1, 1.0, b"a" * 40)
    data = whole + pack_record(log.RTP, 1, 2.0, b"b" * 40)
    for end in range(len(whole), len(data)):
        folder = tmp_path / str(end)
        folder.mkdir()
        (folder / segment_name(1, 1)).write_bytes(data[:end])
        reader, found = read_all(folder)
        assert [record.payload for record in found[1:]] == [b"a" * 40]
        assert reader.damaged_bytes == end - len(whole)


@pytest.mark.parametrize("place", [0, 3, 4, 5, 6, 7, 8, 9, 12, 30, 59])
def test_a_flipped_bit_costs_only_its_record(tmp_path, place) -> None:
    first, second, third = (pack_record(log.RTP, 1, float(n), bytes([n]) * 41) for n in (1, 2, 3))
    broken = bytearray(second)
    broken[place] ^= 0x10
    (tmp_path / segment_name(1, 1)).write_bytes(HEAD + first + bytes(broken) + third)
    reader, found = read_all(tmp_path)
    assert [record.payload[:1] for record in found if record.kind == log.RTP] == [b"\x01", b"\x03"]
    assert reader.damaged_bytes == len(second)


def test_a_growing_log_is_read_as_it_grows(tmp_path) -> None:
    reader = LogReader(tmp_path)
    assert reader.read() == []
    record = pack_record(log.RTP, 1, 1.0, b"x" * 10)
    path = tmp_path / segment_name(1, 1)
    path.write_bytes(HEAD + record[:5])
    assert [entry.kind for entry in reader.read()] == [log.RUN]
    assert reader.read() == []
    path.write_bytes(HEAD + record)
    assert [entry.payload for entry in reader.read()] == [b"x" * 10]
    (tmp_path / segment_name(2, 1)).write_bytes(HEAD)
    assert [entry.run for entry in reader.read()] == [2]
    assert reader.damaged_bytes == 0


def test_segments_and_runs_are_read_in_order(tmp_path) -> None:
    for run, segment in [(2, 1), (1, 2), (1, 10), (1, 1)]:
        (tmp_path / segment_name(run, segment)).write_bytes(HEAD + pack_record(log.RTP, segment, 1.0, b""))
    _, found = read_all(tmp_path)
    assert [(entry.run, entry.track) for entry in found if entry.kind == log.RTP] == [(1, 1), (1, 2), (1, 10), (2, 1)]


@settings(deadline=None)
@given(data=st.binary(max_size=600))
def test_no_rubbish_stops_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / segment_name(1, 1)).write_bytes(data)
    (folder / segment_name(1, 2)).write_bytes(HEAD)
    _, found = read_all(folder)
    assert found[-1].kind == log.RUN
