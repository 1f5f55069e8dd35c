"""Starts a fuzzer, bounded in time and memory, and ends it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS

SEEDS = Path(__file__).parents[1] / "data" / "fuzz"
STARTS_WITHIN_S = 60.0
"""Importing instrumented code takes two seconds, on a busy machine more."""


def fuzz(name: str, seconds: int, corpus: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one target (or "all") for about `seconds`; exit status 0: nothing was found. New inputs go to `corpus`, if any."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [str(corpus or scratch)]
        if name == "all":
            for number, each in enumerate(TARGETS):
                for path in (SEEDS / each).iterdir():
                    (Path(scratch) / f"{each}-{path.name}").write_bytes(bytes((number,)) + path.read_bytes())
        else:
            folders.append(str(SEEDS / name))
        options = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1500", "-max_len=8192", "-print_final_stats=1"]
        return subprocess.run(
            [sys.executable, "-m", "tests.fuzz.one", name, *options, f"-artifact_prefix={scratch}/", *folders],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + STARTS_WITHIN_S,
            check=False,
        )


def executed(ended: "subprocess.CompletedProcess[str]") -> int:
    """How many inputs were tried."""
    line = next((line for line in ended.stderr.splitlines() if "number_of_executed_units" in line), "0")
    return int(line.split()[-1])
