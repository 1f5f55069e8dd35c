"""A disk that really gets full while a class is recorded: a warning before, an alarm, and the recording goes on by itself."""

import shutil
import time
from pathlib import Path

import pytest

from tests.recording.files import prepare
from tests.recording.small_disk import SmallDisk
from tests.waiting import ended_after

pytestmark = pytest.mark.integration
MODULE = "tests.recording.capturing_process"


def test_a_disk_that_gets_full_is_told_before_and_the_recording_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """Half a megabyte of which 80 kB are free: seven seconds of this class fit."""
    disk = SmallDisk(tmp_path / "disk", "size=512k", filler_bytes=440_000)
    try:
        process = disk.start(MODULE, str(disk.folder / "rec"))
        assert process.stdout is not None
        heard: list[str] = []
        sent_s = full_s = recovered_s = 0.0
        with ended_after(60.0, process):
            for line in process.stdout:
                word, _, value = line.strip().partition(" ")
                if word == "sent":
                    sent_s = float(value)
                    if full_s and sent_s > full_s + 1.0 and heard[-1] != "recovered":
                        full_s = float("inf")
                        disk.free_room()
                    if heard[-1:] == ["recovered"] and sent_s > recovered_s + 2.0:
                        break
                elif word == "trouble":
                    heard.append(value)
                    if value == "disk-full":
                        full_s, found_s = sent_s, newest_s(disk)
                        print(f"row=R9 value={full_s - found_s:.2f}s target=5s (last packet written → alarm)")
                        assert full_s - found_s <= 5.0
                    recovered_s = sent_s
        assert heard == ["disk-low", "disk-full", "disk-enough", "recovered"]
        shutil.copytree(disk.inside / "rec", tmp_path / "kept")
    finally:
        disk.stop()
    manifest = prepare(tmp_path / "kept")
    assert [gap.reason for gap in manifest.gaps] == ["disk"]
    assert manifest.gaps[0].to_s - manifest.gaps[0].from_s < 5.0
    assert manifest.duration_s > 6.0


def newest_s(disk: SmallDisk) -> float:
    """When the capture last wrote, on the clock packets are sent by."""
    newest = max(path.stat().st_mtime for path in (disk.inside / "rec" / "capture").iterdir())
    return newest - time.time() + time.monotonic()


def test_a_disk_that_may_only_be_read_refuses_at_once(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "disk", "size=1m,ro")
    try:
        process = disk.start(MODULE, str(disk.folder / "rec"))
        assert process.stdout is not None
        assert process.stdout.read() == "refused EROFS\n"
        assert process.wait(10) == 1
    finally:
        disk.stop()
