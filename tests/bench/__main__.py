"""`make bench`: every benchmark of this folder, one after the other, each in a process of its own.

Each prints `row value target pass`; a benchmark that could not run is a failure, not a gap.
`python -m tests.bench.<name>` runs one alone.
"""

import subprocess
import sys

BENCHMARKS = ("relay", "line", "viewers", "recording", "certificates", "applications", "province", "replay")


def main() -> int:
    status = 0
    for name in BENCHMARKS:
        print(f"-- {name}", flush=True)
        status |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
