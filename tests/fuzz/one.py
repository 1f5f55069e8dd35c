"""One target under atheris, which instruments what it imports: so in a process of its own.

python -m tests.fuzz.one NAME|all [libFuzzer options and corpus folders]
"""

import sys

import atheris


def main() -> None:
    name = sys.argv[1]
    with atheris.instrument_imports(include=["media", "recording", "signaling", "web.operations"]):
        from tests.fuzz.targets import TARGETS, any_of_them
    atheris.Setup([sys.argv[0], *sys.argv[2:]], any_of_them if name == "all" else TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
