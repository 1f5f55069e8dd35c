"""Which tests may share the machine with others, and which must have it to themselves."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALONE = ("browser", "integration", "js")
"""Folders whose tests meet real time: browsers, processes, packets."""
TOGETHER = (
    "browser/test_pages_axe.py",
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
    "js/test_js.py",
)
"""Those among them that wait for what they want to see, however long it takes, and measure no time shorter than seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs those without the mark `alone` on all cores, the others one after the other."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(ALONE) and not place.startswith(TOGETHER):
            item.add_marker("alone")
    # Long files first: else the longest would begin last and one core wait for it.
    items.sort(key=lambda item: not item.path.relative_to(HERE).as_posix().startswith(TOGETHER))
