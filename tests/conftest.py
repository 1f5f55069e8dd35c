"""Which tests may share the machine with others, and which must have it to themselves."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALONE = ("browser", "integration", "js")
"""Folders whose tests meet real time: browsers, processes, packets."""
TOGETHER = ("integration/store", "js/test_js.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` runs those without the mark `alone` on all cores, the others one after the other."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(ALONE) and not place.startswith(TOGETHER):
            item.add_marker("alone")
