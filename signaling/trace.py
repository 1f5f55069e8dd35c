"""Where a failure of ours happened, for the log: places only. Messages and local variables may hold names, tickets and chat."""

import errno
import traceback
from pathlib import Path

MAX_FRAMES = 5


def where(failure: BaseException) -> str:
    """`OSError ENOSPC < repositories.py:41 append < workers.py:12 consume`, the innermost place first."""
    frames = traceback.extract_tb(failure.__traceback__)[-MAX_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    number = failure.errno if isinstance(failure, OSError) else None
    kind = type(failure).__name__ + (f" {errno.errorcode.get(number, number)}" if number is not None else "")
    return " < ".join([kind, *places])
