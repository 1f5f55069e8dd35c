"""A 1080p screen share over lines that lose packets: what the recording shows is whole, and stands still for moments only."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.recording.files import decode_pictures, prepare
from tests.recording.lecture import Lecture
from tests.recording.lossy import FPS, Line, share_screen
from tests.recording.material import encode_sound, read_picture

pytestmark = pytest.mark.integration
BURST_S = 0.3


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("5 % and bursts, repeated on request", Line(0.05, ((2.0, 2.0 + BURST_S), (5.0, 5.0 + BURST_S)))),
        ("bursts, nothing repeated", Line(0.0, ((3.0, 3.0 + BURST_S),), repeats=False)),
    ],
)
def test_a_screen_share_over_a_bad_line_is_whole_and_stands_still_briefly(tmp_path: Path, name: str, line: Line) -> None:
    seconds = 8
    lecture = Lecture()
    share_screen(lecture, seconds, line)
    lecture.sound(1000.0, encode_sound(seconds))
    lecture.write(tmp_path / "capture")
    manifest = prepare(tmp_path)  # every file decodes to its end with ffmpeg -xerror
    screen = next(track for track in manifest.tracks if track.source == "screen")
    shown = [(time_s, read_picture(luma)) for time_s, luma in decode_pictures(tmp_path / "work" / screen.file)]
    freeze_s = max(after - before for (before, _), (after, _) in pairwise(shown)) - 1 / FPS
    print(f"row=loss value={freeze_s:.2f}s target=1.5s pictures={len(shown)}/{seconds * FPS} pass={freeze_s <= 1.5} ({name})")
    assert freeze_s <= 1.5
    assert len(shown) >= (seconds - 1.6 * len(line.bursts)) * FPS
    first_s, first = shown[0]
    assert all(abs((time_s - first_s) - (number - first) / FPS) < 0.05 for time_s, number in shown), "each at its own time"
