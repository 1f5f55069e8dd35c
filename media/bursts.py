"""Packets of a frame in runs the kernel takes as one message: equal sizes, a shorter last (pure)."""

BURST_PACKETS = 16
"""At most so many packets in a run."""
PAD_LIMIT_BYTES = 16
"""Browsers split a frame into packets that differ by a byte; larger differences are not worth padding."""
SOUND_PAD_LIMIT_BYTES = 96
"""Two sounds that travel together are small: so much padding costs less than a message."""


def cut_runs(pending: list[tuple[int, bytes]], limit: int = PAD_LIMIT_BYTES) -> list[list[tuple[int, bytes]]]:
    """Cut packets into runs of equal size but for a shorter last, padding (RFC 3550 §5.1) by at most `limit` bytes."""
    if len(pending) == 1:
        return [pending[:]]
    runs: list[list[tuple[int, bytes]]] = []
    run: list[tuple[int, bytes]] = []
    largest = smallest = 0
    for entry in pending:
        size = len(entry[1])
        if run and size - smallest <= limit and largest - size <= limit:
            run.append(entry)
            largest, smallest = max(largest, size), min(smallest, size)
        elif run and size < largest:
            run.append(entry)
            runs.append(_pad(run, largest, keep_last=True))
            run = []
        else:
            if run:
                runs.append(_pad(run, largest, keep_last=False))
            run, largest, smallest = [entry], size, size
    if run:
        runs.append(_pad(run, largest, keep_last=False))
    return runs


def _pad(run: list[tuple[int, bytes]], size: int, *, keep_last: bool) -> list[tuple[int, bytes]]:
    last = len(run) - 1
    for place, (number, packet) in enumerate(run):
        missing = size - len(packet)
        if missing and not (keep_last and place == last):
            run[place] = (number, bytes((packet[0] | 0x20,)) + packet[1:] + bytes(missing - 1) + bytes((missing,)))
    return run


def add_riders(runs: list[list[bytes]], riders: list[list[bytes]]) -> list[list[bytes]]:
    """All runs, those of `riders` last; a single packet that is short enough becomes the last of the run before it."""
    for run in riders:
        before = runs[-1] if runs else []
        if len(run) == 1 and 0 < len(before) < BURST_PACKETS and len(run[0]) <= len(before[-1]) == len(before[0]):
            before.append(run[0])
        else:
            runs.append(run)
    return runs
