"""Transactions that a cancelled task cannot leave half done.

A browser that goes away may cancel its request in the middle of a statement. The driver's thread carries on all the same, while
SQLAlchemy believes the connection lost and abandons it: on SQLite the write lock then stays with nobody, for good (found by a
test that breaks off 40 of 60 applications). So whatever was begun on a connection is finished first, and then cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction: committed at the end, rolled back by any exception, given back in either case."""
    connection = engine.connect()
    try:
        await finish(connection.start())
        await finish(connection.begin())
        yield connection
        await finish(connection.commit())
    except BaseException:
        if connection.sync_connection is not None:
            await finish(connection.rollback())
        raise
    finally:
        if connection.sync_connection is not None:
            await finish(connection.close())
