"""Waiting for something to become true, with an end: a test that hangs tells nobody what it hung on."""

import asyncio
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T], what: str, within_s: float = 30.0) -> T:
    """What was waited for, as soon as it is true; fails by name."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.02)
    return value


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """The block ends by then, or fails by name."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise  # something in the block gave up by itself
        raise AssertionError(f"not within {seconds} s: {what}") from None


@contextmanager
def ended_after(seconds: float, process: subprocess.Popen[str]) -> Iterator[None]:
    """What is read from it in this block comes, or ends, within that time."""
    watch = threading.Timer(seconds, process.kill)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
