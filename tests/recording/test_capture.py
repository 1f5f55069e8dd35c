"""The capture keeps everything, asks for key frames, and survives disks that do not."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media.control import CaptureId, CaptureTrouble, PeerId, RoomId
from media.subscription import TrackInfo
from recording import capture as capture_module
from recording import log
from recording.capture import CaptureSink, open_capture
from recording.log import LogReader, Record


class Listener:
    """What the relay would hear."""

    def __init__(self) -> None:
        self.keyframes: list[int] = []
        self.troubles: list[str] = []

    def request_keyframe(self, track: int) -> None:
        self.keyframes.append(track)

    def report(self, trouble: CaptureTrouble) -> None:
        self.troubles.append(trouble.code)


def camera(track: int = 1, rid: str | None = None) -> TrackInfo:
    return TrackInfo(track, PeerId("p1"), "teacher", "camera", "vp8", 90_000, 96, 1000 + track, rid, "", lead=True)


def rtp(sequence: int, size: int = 1_000) -> bytes:
    return bytes([0x80, 96]) + (sequence & 0xFFFF).to_bytes(2) + bytes(8) + bytes(size)


def start(folder: Path, listener: Listener) -> CaptureSink:
    return open_capture(RoomId("r"), CaptureId("c"), str(folder), listener.request_keyframe, listener.report)


def records(folder: Path) -> list[Record]:
    reader, found = LogReader(folder / "capture"), []
    while some := reader.read(last=True):
        found += some
    assert reader.damaged_bytes == 0
    return found


def wait_for(condition: Callable[[], bool], limit_s: float = 8.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_everything_comes_back_in_order(tmp_path: Path, listener: Listener) -> None:
    sink = start(tmp_path, listener)
    now = time.monotonic()
    sink.open_track(camera(), now)
    packets = [rtp(sequence, 100 + sequence) for sequence in range(50)]
    for place, packet in enumerate(packets):
        sink.receive_rtp(1, packet, now + place / 1000)
    sink.receive_sender_report(1, 2**63 + 5, 77, now + 0.06)
    sink.close_track(1, now + 0.07)
    sink.close(now + 0.08)
    sink.close(now + 0.09)
    found = records(tmp_path)
    assert [record.kind for record in found if record.kind not in (log.RTP, log.ALIVE)] == [
        log.RUN,
        log.TRACK_OPENED,
        log.SENDER_REPORT,
        log.TRACK_CLOSED,
        log.CLOSED,
    ]
    assert [record.payload for record in found if record.kind == log.RTP] == packets
    assert found[1].document()["lead"] is True
    assert abs(next(record.at_s for record in found if record.kind == log.RTP) - now) < 1e-5
    assert log.REPORT.unpack(next(r.payload for r in found if r.kind == log.SENDER_REPORT)) == (2**63 + 5, 77)
    assert listener.troubles == []


def test_starting_again_is_a_new_run_in_the_same_folder(tmp_path: Path, listener: Listener) -> None:
    for _ in range(3):
        start(tmp_path, listener).close(time.monotonic())
    assert [record.run for record in records(tmp_path) if record.kind == log.RUN] == [1, 2, 3]


def test_a_worker_that_is_shut_down_while_recording_leaves_a_gap_not_a_pause(tmp_path: Path, listener: Listener) -> None:
    sink = start(tmp_path, listener)
    now = time.monotonic()
    sink.open_track(camera(), now)
    sink.receive_rtp(1, rtp(1), now)
    sink.close(now + 0.5, interrupted=True)
    found = records(tmp_path)
    assert log.CLOSED not in {record.kind for record in found}
    assert found[-1].kind == log.ALIVE
    assert abs(found[-1].at_s - now - 0.5) < 1e-5
    assert log.RTP in {record.kind for record in found}


def test_what_is_written_reaches_the_system_within_a_second(tmp_path: Path, listener: Listener) -> None:
    sink = start(tmp_path, listener)
    sink.receive_rtp(1, rtp(1), time.monotonic())
    path = tmp_path / "capture" / log.segment_name(1, 1)
    before = time.monotonic()
    wait_for(lambda: path.stat().st_size > 1_000)
    assert time.monotonic() - before < 1.0
    sink.close(time.monotonic())


def test_a_key_frame_is_asked_for_at_once_and_again(tmp_path: Path, listener: Listener) -> None:
    sink = start(tmp_path, listener)
    sink.open_track(camera(7), time.monotonic())
    wait_for(lambda: listener.keyframes == [7, 7])
    sink.close(time.monotonic())


def test_segments_rotate_and_read_as_one(tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "SEGMENT_BYTES", 5_000)
    sink = start(tmp_path, listener)
    sequence = iter(range(10_000))
    for _ in range(3):
        for _ in range(10):
            sink.receive_rtp(1, rtp(next(sequence)), time.monotonic())
        count = len(list((tmp_path / "capture").iterdir()))
        wait_for(lambda count=count: len(list((tmp_path / "capture").iterdir())) > count)  # type: ignore[misc]
    sink.close(time.monotonic())
    assert sum(1 for record in records(tmp_path) if record.kind == log.RTP) == 30


@pytest.fixture
def breaking_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Writes fail with `errno` while it is set, after half of the data went through."""
    state = {"errno": 0}
    write = os.write

    def failing(file: int, data: bytes) -> int:
        if not state["errno"]:
            return write(file, data)
        if len(data) > 1:
            half = write(file, data[: len(data) // 2])
            assert half
        raise OSError(state["errno"], "injected")

    monkeypatch.setattr(capture_module.os, "write", failing)
    yield state
    state["errno"] = 0


@pytest.mark.parametrize(("number", "code"), [(28, "disk-full"), (5, "disk-error")])
def test_a_failing_disk_is_told_survived_and_written_down(
    tmp_path: Path, listener: Listener, breaking_disk: dict[str, int], number: int, code: str
) -> None:
    sink = start(tmp_path, listener)
    opened = time.monotonic()
    sink.open_track(camera(), opened)
    sink.receive_rtp(1, rtp(1), opened)
    wait_for(lambda: listener.keyframes != [])
    breaking_disk["errno"] = number
    sink.receive_rtp(1, rtp(2), time.monotonic())
    wait_for(lambda: listener.troubles == [code], 2.0)
    for sequence in range(3, 200):
        before = time.monotonic()
        sink.receive_rtp(1, rtp(sequence), before)
        assert time.monotonic() - before < 0.05, "the packet loop is never held up"
    asked = len(listener.keyframes)
    breaking_disk["errno"] = 0
    wait_for(lambda: listener.troubles == [code, "recovered"])
    wait_for(lambda: len(listener.keyframes) > asked)
    sink.receive_rtp(1, rtp(300), time.monotonic())
    sink.close(time.monotonic())
    found = records(tmp_path)
    [dropped] = [record.document() for record in found if record.kind == log.DROPPED]
    assert dropped["reason"] == "disk"
    assert dropped["packets"] >= 197
    assert opened < dropped["from_s"] < dropped["to_s"]
    received = [record.payload for record in found if record.kind == log.RTP]
    assert (received[0], received[-1]) == (rtp(1), rtp(300))
    assert [record.track for record in found if record.kind == log.TRACK_OPENED] == [1, 1], "said again in the new segment"


def test_a_disk_that_hangs_delays_nobody(tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "QUEUE_BYTES", 50_000)
    release, entered, write = threading.Event(), threading.Event(), os.write

    def hanging(file: int, data: bytes) -> int:
        if not release.is_set():
            entered.set()
            release.wait(20)
        return write(file, data)

    sink = start(tmp_path, listener)
    monkeypatch.setattr(capture_module.os, "write", hanging)
    sink.receive_rtp(1, rtp(0), time.monotonic())
    assert entered.wait(5)
    before = time.monotonic()
    for sequence in range(1, 300):
        sink.receive_rtp(1, rtp(sequence), time.monotonic())
    assert time.monotonic() - before < 0.5
    assert listener.troubles == ["slow-disk"]
    release.set()
    wait_for(lambda: "recovered" in listener.troubles)
    sink.close(time.monotonic())
    found = records(tmp_path)
    [dropped] = [record.document() for record in found if record.kind == log.DROPPED]
    assert dropped["reason"] == "slow-disk"
    assert dropped["packets"] + sum(1 for record in found if record.kind == log.RTP) == 300


def test_closing_while_the_disk_hangs_takes_a_second_at_most(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, write = threading.Event(), os.write

    def hanging(file: int, data: bytes) -> int:
        release.wait(20)
        return write(file, data)

    sink = start(tmp_path, listener)
    monkeypatch.setattr(capture_module.os, "write", hanging)
    sink.receive_rtp(1, rtp(0), time.monotonic())
    before = time.monotonic()
    sink.close(before)
    assert time.monotonic() - before < 1.5
    release.set()
    wait_for(lambda: any(record.kind == log.CLOSED for record in records(tmp_path)))


def test_a_folder_that_cannot_be_written_refuses_at_once(tmp_path: Path, listener: Listener) -> None:
    (tmp_path / "capture").write_text("in the way")
    with pytest.raises(OSError, match="capture"):
        start(tmp_path, listener)
