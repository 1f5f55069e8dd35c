"""Wall clock ↔ replay."""

from datetime import timedelta

from recording.manifest import ClockStretch, utc
from tests.recording.manifests import MAIN, manifest

START = utc(1_790_000_000.0)
PAUSED = manifest(MAIN).model_copy(
    update={
        "clock": [
            ClockStretch(media_s=0.0, length_s=10.0, utc=START),
            ClockStretch(media_s=10.0, length_s=10.0, utc=START + timedelta(seconds=100)),
        ]
    }
)


def test_both_ways_agree() -> None:
    for media_s in (0.0, 4.5, 9.9, 10.0, 17.25):
        assert abs(PAUSED.media_time(PAUSED.wall_time(media_s)) - media_s) < 1e-6


def test_what_was_said_in_a_pause_is_shown_where_it_goes_on() -> None:
    assert PAUSED.media_time(START + timedelta(seconds=50)) == 10.0


def test_before_and_after() -> None:
    assert PAUSED.media_time(START - timedelta(hours=1)) == 0.0
    assert PAUSED.media_time(START + timedelta(hours=1)) == 20.0
