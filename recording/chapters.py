"""Chapters as a film's file carries them: an ffmetadata text on the film's clock (pure)."""

from collections.abc import Sequence

from recording.edits import film_time
from recording.manifest import Chapter


def write_chapters(chapters: Sequence[Chapter], stretches: list[tuple[float, float]]) -> str | None:
    """None when there are none. A chapter that was cut away whole is left out."""
    length_s = sum(end - start for start, end in stretches)
    starts = [(film_time(chapter.at_s, stretches), chapter.title) for chapter in chapters]
    ends = [*(start for start, _ in starts[1:]), length_s][: len(starts)]
    parts = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={round(start * 1000)}\nEND={round(end * 1000)}\ntitle={_escape(title)}\n"
        for (start, title), end in zip(starts, ends, strict=True)
        if end - start > 0.05
    ]
    return ";FFMETADATA1\n" + "".join(parts) if parts else None


def _escape(text: str) -> str:
    return "".join("\\" + sign if sign in "=;#\\" else " " if sign == "\n" else sign for sign in text)
