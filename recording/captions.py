"""Captions: read as people upload them (WebVTT or SRT), written as WebVTT with plain text, moved onto the film's clock (pure)."""

import html
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from recording.errors import RecordingError

MOST_CUES: Final = 20_000
LONGEST_CUE: Final = 500
_STAMP: Final = r"(?:\d+:)?[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMES: Final = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s.*)?", re.ASCII)
_MEANT_AS_TIMES: Final = re.compile(r"\s*(?:[\d:.,]\S*\s*-->|-->|\d+:\d\S*\s*-+>)", re.ASCII)
"""A reader that skips what it does not understand would lose a line without a word: whoever wrote it is told where it is."""


class Cue(NamedTuple):
    """One caption, in seconds."""

    from_s: float
    to_s: float
    text: str


class CaptionsWrong(RecordingError):
    """Not a caption file; `line` is where it stops making sense."""

    code = "captions-wrong"

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def read_captions(data: bytes) -> list[Cue]:
    """The cues of a WebVTT or SRT file, in order. Styles, positions and markup are left out. Raises CaptionsWrong."""
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if "\0" in line or (_MEANT_AS_TIMES.match(line) and not _TIMES.fullmatch(line)):
            raise CaptionsWrong(number)
    try:
        parsed = webvtt.from_string(text) if text.startswith("WEBVTT") else webvtt.from_string(_as_vtt(text))
    except (MalformedFileError, MalformedCaptionError, ValueError, IndexError):
        raise CaptionsWrong(1) from None
    cues = []
    for caption in parsed.captions:
        plain = " ".join(html.unescape(caption.text).split())[:LONGEST_CUE]
        if plain and caption.end_in_seconds >= caption.start_in_seconds:
            cues.append(Cue(_seconds(caption.start), _seconds(caption.end), plain))
    if not cues or len(cues) > MOST_CUES:
        raise CaptionsWrong(1)
    return sorted(cues)


def write_captions(cues: Iterable[Cue]) -> bytes:
    """WebVTT in UTF-8. Text is escaped: it never becomes markup."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.from_s)} --> {_clock(cue.to_s)}\n{text}\n")
    return "\n".join(blocks).encode()


def cut_captions(cues: Iterable[Cue], stretches: list[tuple[float, float]]) -> list[Cue]:
    """What is left of the cues, on the clock of a film that shows only `stretches`."""
    moved: list[Cue] = []
    passed_s = 0.0
    ordered = sorted(cues)
    for start, end in stretches:
        for cue in ordered:
            from_s, to_s = max(cue.from_s, start), min(cue.to_s, end)
            if to_s - from_s > 0.05:
                moved.append(Cue(passed_s + from_s - start, passed_s + to_s - start, cue.text))
        passed_s += end - start
    return moved


def _decode(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or CP949: what older Korean programs save. Raises CaptionsWrong."""
    wrong = len(data)
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            wrong = min(wrong, error.start)
    raise CaptionsWrong(data[:wrong].count(b"\n") + 1)


def _as_vtt(text: str) -> str:
    """SubRip differs by its header and the comma in its times."""
    lines = [line.replace(",", ".") if "-->" in line else line for line in text.split("\n")]
    return "WEBVTT\n\n" + "\n".join(lines)


def _seconds(stamp: str) -> float:
    parts = [float(part) for part in stamp.split(":")]
    return float(round(sum(part * 60**place for place, part in enumerate(reversed(parts))), 3))


def _clock(at_s: float) -> str:
    milliseconds = round(at_s * 1000)
    return (
        f"{milliseconds // 3_600_000:02}:{milliseconds // 60_000 % 60:02}:{milliseconds // 1000 % 60:02}.{milliseconds % 1000:03}"
    )
