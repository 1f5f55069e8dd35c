"""Which tests may share the machine with others, and which must have it to themselves."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("classroom", parent=settings(), deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("classroom")

HERE = Path(__file__).parent
ALONE = ("browser", "integration", "js")
"""Folders whose tests meet real time: browsers, processes, packets."""
TOGETHER = (
    "browser/test_assessing.py",
    "browser/test_firefox.py",
    "browser/test_hostile_recording.py",
    "browser/test_hostile_room.py",
    "browser/test_pages_axe.py",
    "browser/test_whole_path.py",
    "integration/store",
    "integration/test_database_away.py",
    "integration/test_fresh_machine.py",
    "integration/test_recording_changes.py",
    "integration/test_recording_film.py",
    "integration/test_recording_jobs.py",
    "integration/test_recording_live.py",
    "integration/test_recording_playback.py",
    "integration/test_recording_storage.py",
    "integration/test_redis_bus.py",
    "integration/test_standby.py",
    "js/",
)
"""Those among them that wait for what they want to see, however long it takes, and measure no time shorter than seconds."""
IDLE = (
    "browser/test_bad_networks.py",
    "integration/signaling/",
    "integration/test_media_flow.py",
    "integration/test_media_light.py",
    "integration/test_media_memory.py",
    "integration/test_media_spread.py",
    "integration/test_media_tcp.py",
    "integration/test_recording_disk.py",
    "integration/test_recording_kill.py",
    "integration/test_serve.py",
)
"""Those whose seconds are real, and which need little of a core while they pass: three of them at a time disturb nobody."""
YET_ALONE = (
    "integration/signaling/test_storm.py",
    "js/test_replay_page.py::test_the_screen_stays_within_80_ms",
    "js/test_room_page.py",
)
"""What of these folders nothing may disturb, nor it anything."""


def grade(item: pytest.Item) -> str | None:
    """ "alone", "idle", or None: together with anything."""
    place = f"{item.path.relative_to(HERE).as_posix()}::{item.name}"
    if place.startswith(YET_ALONE):
        return "alone"
    if not place.startswith(ALONE) or place.startswith(TOGETHER):
        return None
    return "idle" if place.startswith(IDLE) else "alone"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of the other folders nothing is alone or idle: reading them would take ten seconds."""
    if config.option.markexpr in ("alone", "idle") and collection_path.parent == HERE:
        return collection_path.name not in ALONE or None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs what has no mark on all cores, then `idle` three at a time, then `alone` one after the other."""
    for item in items:
        if (mark := grade(item)) is not None:
            item.add_marker(mark)
    # Long files first: else the longest would begin last and one core wait for it.
    items.sort(key=lambda item: not item.path.relative_to(HERE).as_posix().startswith(TOGETHER))
