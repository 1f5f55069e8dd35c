"""The small pictures of the seek bar: pages of tiles, and the WebVTT that says which tile shows which seconds (pure)."""

from typing import Final

from recording.captions import Cue, write_captions
from recording.graph import STRIP_COLUMNS, STRIP_HEIGHT, STRIP_ROWS, STRIP_WIDTH

FINEST_S: Final = 2.0
COUNT: Final = 240
"""About so many pictures: 1 to 2 MB for any class."""


def picture_every(duration_s: float) -> float:
    """Seconds a picture stands for."""
    return max(FINEST_S, round(duration_s / COUNT, 1))


def write_strip(files: list[str], duration_s: float, every_s: float) -> bytes:
    """files: the pages in order."""
    on_page = STRIP_COLUMNS * STRIP_ROWS
    cues = []
    number = 0
    while number * every_s < duration_s and number // on_page < len(files):
        place = number % on_page
        x, y = place % STRIP_COLUMNS * STRIP_WIDTH, place // STRIP_COLUMNS * STRIP_HEIGHT
        where = f"{files[number // on_page]}#xywh={x},{y},{STRIP_WIDTH},{STRIP_HEIGHT}"
        cues.append(Cue(number * every_s, min(duration_s, (number + 1) * every_s), where))
        number += 1
    return write_captions(cues)
