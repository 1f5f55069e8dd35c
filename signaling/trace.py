"""Where a failure of ours happened, for the log: places only. Messages and local variables may hold names, tickets and chat."""

import traceback
from pathlib import Path

MAX_FRAMES = 5


def where(failure: BaseException) -> str:
    """`OSError < repositories.py:41 append < workers.py:12 consume`, the innermost place first."""
    frames = traceback.extract_tb(failure.__traceback__)[-MAX_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return " < ".join([type(failure).__name__, *places])
