"""When key frames are asked for."""

from itertools import pairwise

from recording.watch import EVERY_S, MISSING_S, SILENT_S, PictureWatch

CAMERA = ("p1", "camera")


def opened(**ranks: int) -> PictureWatch:
    watch = PictureWatch()
    for track, rank in enumerate(ranks.values(), 1):
        watch.open_track(track, CAMERA, rank, 0.0)
    return watch


def asked(watch: PictureWatch, until_s: float, sequences: dict[int, int] | None = None) -> list[tuple[float, int]]:
    """Run the watch a quarter second at a time, all its tracks sending, and note what it asks for."""
    found = []
    for step in range(int(until_s * 4) + 1):
        now = step / 4
        for track in sequences or {}:
            watch.receive(track, step, now)
        found += [(now, track) for track in watch.on_deadline(now)]
    return found


def test_an_opening_track_is_asked_three_times_then_every_ten_seconds() -> None:
    found = [now for now, _ in asked(opened(f=2), 35.0, {1: 0})]
    assert found[:3] == [0.0, 1.0, 3.0]
    assert [after - before for before, after in pairwise(found[2:])] == [EVERY_S] * 3


def test_one_request_serves_all_layers_and_goes_to_the_best_that_sends() -> None:
    watch = opened(q=0, h=1, f=2)
    assert [track for _, track in asked(watch, 0.5, {1: 0, 2: 0, 3: 0})] == [3]


def test_a_packet_missing_longer_than_a_retransmission_takes_is_a_broken_picture() -> None:
    watch = opened(f=2)
    watch.receive(1, 10, 5.0)
    watch.on_deadline(5.0)
    watch.receive(1, 12, 5.1)
    assert watch.on_deadline(5.1 + MISSING_S - 0.01) == []
    assert watch.on_deadline(5.1 + MISSING_S + 0.01) == [1]
    assert watch.on_deadline(5.1 + MISSING_S + 0.02) == []


def test_a_packet_that_comes_late_is_not_missing() -> None:
    watch = opened(f=2)
    watch.receive(1, 65_535, 5.0)
    watch.on_deadline(5.0)
    watch.receive(1, 1, 5.1)
    watch.receive(1, 0, 5.3)
    assert watch.on_deadline(5.6) == []


def test_a_layer_that_falls_silent_or_comes_back_is_refreshed() -> None:
    watch = opened(h=1, f=2)
    for step in range(40):
        watch.receive(1, step, 4.0 + step / 10)
        if step < 10:
            watch.receive(2, step, 4.0 + step / 10)
        watch.on_deadline(4.0 + step / 10) if step < 10 else None
    assert watch.on_deadline(4.9 + SILENT_S + 0.1) == [1], "the one that still sends"


def test_after_dropped_data_everything_is_refreshed() -> None:
    watch = opened(f=2)
    watch.open_track(9, ("p1", "screen"), 3, 0.0)
    for now in (0.0, 1.0, 3.0):
        watch.receive(1, int(now), now)
        watch.receive(9, int(now), now)
        watch.on_deadline(now)
    watch.refresh_all(3.2)
    assert sorted(watch.on_deadline(3.2)) == [1, 9]


def test_closed_tracks_are_forgotten() -> None:
    watch = opened(f=2)
    watch.close_track(1)
    watch.close_track(1)
    assert watch.on_deadline(20.0) == []
