"""The demo world, built once; a shared application for reading, a fresh one for every test that changes something."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.web.world import Template, World, build_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return asyncio.run(build_template(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="session")
def shared(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that only look."""
    world = World(template, tmp_path_factory.mktemp("shared"), demo=True)
    with world.client:
        yield world


@pytest.fixture
def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that change things."""
    fresh = World(template, tmp_path_factory.mktemp("world"))
    with fresh.client:
        yield fresh
