"""Work that is finished before a cancellation is raised.

A browser that goes away may cancel its request in the middle of a statement. The driver's thread carries on all the same, while
SQLAlchemy believes the connection lost and abandons it: on SQLite the write lock then stays with nobody, for good (found by a
test that breaks off 40 of 60 applications). So whatever was begun on a connection is finished first, and then cancelled.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def finish(work: Awaitable[T]) -> T:
    """Await `work` to its end, whatever happens to us; a cancellation meanwhile is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody is told it never was
        raise cancelled
    return task.result()
