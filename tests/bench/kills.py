"""20 random kill -9 of each process of a recording: `python -m tests.bench.kills [SEED]` (about two minutes).

The capturing process is killed while a lecture is sent in real time: what was handed over and is not in the log is lost. The job
process is killed while it makes tracks and film of it: whatever happens, one playable recording comes of it.
"""

import asyncio
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recording import log
from recording.log import LogReader
from recording.manifest import Manifest
from recording.publish import open_storage
from tests.bench.recording import row
from tests.recording.files import assert_decodes

KILLS = 20


def capture(folder: Path, chance: random.Random) -> list[float]:
    """Seconds lost per track and kill."""
    lost: list[float] = []
    for _ in range(KILLS):
        command = [sys.executable, "-m", "tests.recording.capturing_process", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(0.8 + chance.random() * 2)
        process.kill()
        with process.stdout as output:
            sent = [float(line.split()[1]) for line in output if line.startswith("sent ") and line.endswith("\n")]
        process.wait()
        reader, kept = LogReader(folder / "capture"), dict[tuple[int, int], float]()
        while records := reader.read(last=True):
            kept |= {(record.run, record.track): record.at_s for record in records if record.kind == log.RTP}
        newest = max(run for run, _ in kept)
        lost += [max(0.0, sent[-1] - at_s) for (run, _), at_s in kept.items() if run == newest]
    return lost


def work(data: Path, chance: random.Random) -> int:
    """Kills survived until the film was there."""
    kills = 0
    while True:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.recording.job_process", str(data)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            if kills < KILLS:
                time.sleep(1.0 + chance.random() * 3)
                kills += 1
                continue
            assert process.stdout is not None
            deadline = time.monotonic() + 120
            for line in process.stdout:
                if line == b"composed\n":
                    return kills
                assert time.monotonic() < deadline
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    root = Path(tempfile.mkdtemp(prefix="kills-"))
    try:
        folder = root / "recordings" / "rec"
        lost = capture(folder, chance)
        print(f"   p50 {statistics.median(lost):.3f} s, p95 {sorted(lost)[int(len(lost) * 0.95)]:.3f} s, n={len(lost)}")
        good = row("R2 media lost per track, kill -9 of the capture (max)", max(lost), "s", 1.0)
        kills = work(root, chance)
        manifest: Manifest = asyncio.run(open_storage(root).read_manifest("rec"))
        unplayable = 0
        for name in [track.file for track in manifest.tracks] + ([manifest.film.file] if manifest.film else []):
            try:
                assert_decodes(folder / name)
            except AssertionError as error:
                print(error)
                unplayable += 1
        left = {path.name for path in folder.iterdir() if path.is_file()} - manifest.files()
        good &= row("R10 kill -9 of the jobs survived", kills, "kills", KILLS, lambda value, target: value >= target)
        good &= row("R2 unplayable files", unplayable, "files", 0)
        good &= row("R2 orphaned files", len(left), "files", 0)
        good &= row("R2 gaps marked", len(manifest.gaps), "gaps", KILLS - 1, lambda value, target: value == target)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
