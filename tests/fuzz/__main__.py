"""`make fuzz`: every target for a while, new inputs kept beside the seeds when asked.

python -m tests.fuzz [NAME …] [--seconds 30] [--keep] [--seeds]
"""

import argparse
import sys

from tests.fuzz.running import SEEDS, executed, fuzz
from tests.fuzz.targets import TARGETS, good_inputs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*TARGETS, []], default=[])
    parser.add_argument("--seconds", type=int, default=30, help="per target")
    parser.add_argument("--keep", action="store_true", help="add inputs that reach new code to tests/data/fuzz")
    parser.add_argument("--seeds", action="store_true", help="only write the seeds anew")
    arguments = parser.parse_args()
    if arguments.seeds:
        for name, inputs in good_inputs().items():
            folder = SEEDS / name
            folder.mkdir(parents=True, exist_ok=True)
            for number, data in enumerate(inputs):
                (folder / f"good-{number}").write_bytes(data)
        return 0
    status = 0
    for name in arguments.names or TARGETS:
        ended = fuzz(name, arguments.seconds, SEEDS / name if arguments.keep else None)
        verdict = "pass" if ended.returncode == 0 else "FAIL"
        print(f"{name:16} {executed(ended):10,} inputs in {arguments.seconds} s   {verdict}", flush=True)
        if ended.returncode:
            print(ended.stderr[-4000:])
        status |= ended.returncode
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
