"""Which track a picture comes from."""

from itertools import pairwise

from recording.feed import STALL_S, Feed, Picture

FULL, LOW, NEW = (1, 1), (1, 2), (2, 1)


def picture(time_s: float, key: bool = False, width: int = 1280) -> Picture:
    return Picture(time_s, key, b"", "vp8", width, width * 9 // 16, "teacher", "camera")


def send(feed: Feed, key: tuple[int, int], from_s: float, to_s: float, keys: tuple[float, ...], width: int) -> None:
    for n in range(round(from_s * 10), round(to_s * 10)):
        feed.receive(key, picture(n / 10, any(abs(n / 10 - at) < 0.01 for at in keys), width))


def two_layers() -> Feed:
    feed = Feed()
    feed.open_track(FULL, (0, 2))
    feed.open_track(LOW, (0, 0))
    return feed


def widths(pictures: list[Picture]) -> list[tuple[int, float, float]]:
    """Runs of equal width as (width, first, last)."""
    runs: list[tuple[int, float, float]] = []
    for shown in pictures:
        if runs and runs[-1][0] == shown.width:
            runs[-1] = (shown.width, runs[-1][1], shown.time_s)
        else:
            runs.append((shown.width, shown.time_s, shown.time_s))
    return runs


def test_the_best_layer_is_followed() -> None:
    feed = two_layers()
    send(feed, FULL, 0, 5, (0.0,), 1280)
    send(feed, LOW, 0, 5, (0.0, 2.0), 320)
    assert widths(feed.advance(5.0)) == [(1280, 0.0, 4.9)]


def test_a_stalled_layer_hands_over_and_gets_back_at_key_frames() -> None:
    feed = two_layers()
    send(feed, FULL, 0, 3, (0.0,), 1280)
    send(feed, LOW, 0, 9, (0.0, 3.2), 320)
    send(feed, FULL, 6, 9, (7.0,), 1280)
    shown = [*feed.advance(2.0), *feed.advance(5.0), *feed.advance(9.0)]
    assert widths(shown) == [(1280, 0.0, 2.9), (320, 3.2, 6.9), (1280, 7.0, 8.9)]
    assert feed.longest_freeze_s < STALL_S


def test_a_short_hiccup_changes_nothing() -> None:
    feed = two_layers()
    send(feed, FULL, 0, 2, (0.0,), 1280)
    send(feed, FULL, 2.6, 5, (), 1280)
    send(feed, LOW, 0, 5, (2.2,), 320)
    assert [run[0] for run in widths(feed.advance(5.0))] == [1280]


def test_a_new_connection_of_the_same_source_takes_over() -> None:
    feed = Feed()
    feed.open_track(FULL, (0, 3))
    send(feed, FULL, 0, 4, (0.0,), 640)
    feed.open_track(NEW, (1, 0))
    send(feed, NEW, 3, 6, (3.5,), 320)
    assert widths(feed.advance(6.0)) == [(640, 0.0, 3.4), (320, 3.5, 5.9)]


def test_times_never_go_back() -> None:
    feed = Feed()
    feed.open_track(FULL, (0, 3))
    for time_s in (0.0, 0.1, 0.09, 0.05, 0.2):
        feed.receive(FULL, picture(time_s, time_s == 0.0))
    times = [shown.time_s for shown in feed.advance(1.0)]
    assert len(times) == 5, "a picture others build on is never left out"
    assert all(before < after for before, after in pairwise(times))


def test_only_the_end_of_the_last_track_is_an_end() -> None:
    feed = two_layers()
    feed.close_track(FULL, 3.0)
    assert feed.closed_s == []
    feed.close_track(LOW, 4.0)
    feed.close_track(LOW, 5.0)
    assert feed.closed_s == [4.0]


def test_memory_stays_small_over_hours() -> None:
    feed = two_layers()
    for minute in range(20):
        send(feed, FULL, minute * 60, minute * 60 + 60, (minute * 60.0,), 1280)
        send(feed, LOW, minute * 60, minute * 60 + 60, (minute * 60.0,), 320)
        feed.advance(minute * 60 + 52.0)
    assert sum(len(line.pictures) for line in feed._lines.values()) < 2 * 100
