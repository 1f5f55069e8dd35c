"""How loud a film is and what must be done about it (pure): −16 LUFS (EBU R 128), as other videos on the web have.

Measured first, then moved by one constant gain with a limiter over it: nothing is pumped up between sentences.
"""

import re
from typing import Final

TARGET_LUFS: Final = -16.0
SILENCE_LUFS: Final = -60.0
"""Below this nobody spoke: noise is not made louder."""
MOST_DB: Final = 30.0
NOTHING_DB: Final = 0.3


def read_loudness(said: str) -> float | None:
    """Integrated loudness from the summary of ffmpeg's ebur128 filter; None when there is none."""
    found = re.findall(r"I:\s+(-?\d+(?:\.\d+)?) LUFS", said)
    return float(found[-1]) if found else None


def gain_for(loudness_lufs: float | None) -> float:
    """Decibels to add, 0 for what is silent or right already."""
    if loudness_lufs is None or loudness_lufs <= SILENCE_LUFS:
        return 0.0
    gain = TARGET_LUFS - loudness_lufs
    return 0.0 if abs(gain) < NOTHING_DB else min(MOST_DB, gain)
