"""A signalling process with its media workers."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.signaling.world import World, world


@pytest.fixture
async def one() -> AsyncIterator[World]:
    """One worker."""
    async with world() as made:
        yield made


@pytest.fixture
async def two() -> AsyncIterator[World]:
    async with world(workers=2) as made:
        yield made
