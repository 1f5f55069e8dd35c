"""When it is said that the disk gets full, and when recordings leave the rest to others."""

from recording.disk import DiskWatch, Space

GB = 1_000_000_000


def watch(free_gb: list[float], every_s: float = 2.0, total_gb: float = 500.0) -> list[tuple[float, str]]:
    """What is said, and when, while the free room goes through these values."""
    disk, said = DiskWatch(), []
    for place, free in enumerate(free_gb):
        word = disk.look(Space(int(free * GB), int(total_gb * GB)), place * every_s)
        if word is not None:
            said.append((place * every_s, word))
    return said


def test_a_disk_with_room_says_nothing() -> None:
    assert watch([100.0 - 0.001 * step for step in range(500)]) == []


def test_little_room_is_said_at_once_and_once() -> None:
    assert watch([2.0] * 30) == [(0.0, "disk-low")]


def test_half_an_hour_at_the_present_rate_is_low() -> None:
    """18 GB that shrink by 20 MB a second are gone in a quarter of an hour; believed after twenty seconds."""
    [(at_s, word)] = watch([18.0 - 0.04 * step for step in range(60)])
    assert word == "disk-low"
    assert 20.0 <= at_s <= 24.0


def test_copying_files_to_a_large_disk_is_no_alarm() -> None:
    assert watch([200.0 - 0.4 * step for step in range(60)]) == []


def test_it_is_enough_only_when_it_is_clearly_more() -> None:
    around = [2.2, 2.3, 2.2, 2.3] * 5
    assert watch([*around, 30.0, 30.0]) == [(0.0, "disk-low"), (40.0, "disk-enough")]


def test_recordings_leave_something_to_others_on_disks_of_any_size() -> None:
    assert Space(0, 500 * GB).reserve == 256 << 20
    assert Space(0, 8 << 20).reserve == (8 << 20) * 2 // 100
    assert Space(200 << 20, 500 * GB).is_short()
    assert not Space(300 << 20, 500 * GB).is_short()
    assert Space(300 << 20, 500 * GB).is_short(2.0), "what can wait stops earlier"
