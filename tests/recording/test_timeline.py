"""Runs, pauses and gaps on one clock."""

import pytest

from recording.log import RunInfo
from recording.timeline import QUIET_S, Gap, Timeline


def run(number: int, wall_s: float, monotonic_s: float, boot: str = "b") -> RunInfo:
    return RunInfo(number, wall_s, monotonic_s, boot)


def play(timeline: Timeline, from_s: float, to_s: float) -> None:
    at_s = from_s
    while at_s <= to_s + 1e-9:
        timeline.receive_packet(at_s)
        at_s += 0.1


def test_time_begins_with_the_first_packet() -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0))
    timeline.stay_alive(130.0)
    play(timeline, 160.0, 170.0)
    timeline.close_run(170.1)
    assert timeline.media_time(165.0) == pytest.approx(5.0)
    assert timeline.started_wall_s == pytest.approx(5_060.0)
    assert timeline.duration_s == pytest.approx(10.1)


def test_a_long_silence_before_the_end_is_not_kept() -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0))
    play(timeline, 100.0, 110.0)
    timeline.stay_alive(400.0)
    timeline.close_run(400.0)
    assert timeline.duration_s == pytest.approx(10.0 + QUIET_S)


def test_a_clean_stop_and_start_is_a_pause() -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0))
    play(timeline, 100.0, 110.0)
    timeline.close_run(110.0)
    timeline.start_run(run(2, 5_600.0, 700.0))
    play(timeline, 700.5, 705.5)
    assert timeline.media_time(700.5) == pytest.approx(10.0)
    assert timeline.duration_s == pytest.approx(15.0)
    [pause] = timeline.pauses
    assert (pause.at_s, pause.from_wall_s, pause.to_wall_s) == pytest.approx((10.0, 5_010.0, 5_600.5))
    assert timeline.gaps == []
    assert [(s.media_s, s.length_s, s.wall_s) for s in timeline.stretches] == [
        pytest.approx((0.0, 10.0, 5_000.0)),
        pytest.approx((10.0, 5.0, 5_600.5)),
    ]


@pytest.mark.parametrize("boot", ["b", "another", ""])
def test_a_kill_is_a_gap_measured_by_the_best_clock(boot: str) -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0))
    play(timeline, 100.0, 110.0)
    # the wall clock was set an hour forward meanwhile: on the same boot the monotonic clock knows better
    wall_s = 5_012.0 + (3_600.0 if boot == "b" else 0.0)
    timeline.start_run(run(2, wall_s, 112.0 if boot == "b" else 3.0, boot))
    play(timeline, 112.5 if boot == "b" else 3.5, 120.0 if boot == "b" else 11.0)
    assert timeline.gaps == [Gap(pytest.approx(10.0), pytest.approx(12.5), "interrupted")]
    assert timeline.duration_s == pytest.approx(20.0)


def test_a_wall_clock_that_went_back_makes_no_negative_gap() -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0, "b"))
    play(timeline, 100.0, 110.0)
    timeline.start_run(run(2, 1_000.0, 3.0, "c"))
    play(timeline, 3.0, 5.0)
    assert timeline.duration_s == pytest.approx(12.0)


def test_a_run_without_media_leaves_no_trace() -> None:
    timeline = Timeline()
    for number, at_s in [(1, 100.0), (2, 120.0)]:
        timeline.start_run(run(number, 5_000.0 + at_s, at_s))
    play(timeline, 121.0, 125.0)
    assert (timeline.gaps, timeline.pauses, len(timeline.stretches)) == ([], [], 1)


def test_what_the_recorder_dropped_is_a_gap() -> None:
    timeline = Timeline()
    timeline.start_run(run(1, 5_000.0, 100.0))
    play(timeline, 100.0, 110.0)
    timeline.drop(110.0, 114.0)
    play(timeline, 114.0, 120.0)
    assert timeline.gaps == [Gap(pytest.approx(10.0), pytest.approx(14.0), "disk")]
    assert timeline.duration_s == pytest.approx(20.0)


def test_asking_before_anything_came() -> None:
    timeline = Timeline()
    assert (timeline.started, timeline.placed, timeline.duration_s) == (False, False, 0.0)
    timeline.stay_alive(1.0)
    timeline.close_run(1.0)
