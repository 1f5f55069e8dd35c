"""Transactions that a cancelled task cannot leave half done.

A browser that goes away may cancel its request in the middle of a statement. The driver's thread carries on all the same, while
SQLAlchemy believes the connection lost and abandons it: on SQLite the write lock then stays with nobody, for good (found by a
test that breaks off 40 of 60 applications). So whatever was begun on a connection is finished first, and then cancelled.

A server that is away, ending or just starting says so in a dozen ways, by whoever notices first; here they become one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, nullcontext
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from classroom.errors import DatabaseAway
from classroom.store.pulse import Pulse

T = TypeVar("T")
AWAY_STATES = ("08", "53300", "57P01", "57P02", "57P03", "57P05")
"""SQLSTATEs of a PostgreSQL that cannot serve now: connection trouble, no connection left, shutting down, crashed, starting."""


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
async def transaction(engine: AsyncEngine, pulse: Pulse | None = None) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction: committed at the end, rolled back by any exception, given back in either case.

    pulse: notices a server that hangs; None where there is no server. Raises DatabaseAway when it was the server's fault.
    """
    try:
        with pulse.waiting() if pulse else nullcontext():
            async with _transaction(engine) as connection:
                yield connection
    except Exception as error:
        if is_away(error):
            raise DatabaseAway from error
        raise


def is_away(error: Exception) -> bool:
    """Whether the server is to blame, and not what was asked of it."""
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(AWAY_STATES)


def is_passing(error: Exception) -> bool:
    """The same, or it is busy or full: to write the same thing later may help."""
    return isinstance(error, DatabaseAway | OperationalError | InterfaceError | OSError) or is_away(error)


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        try:
            await finish(connection.start())
        except OSError as error:  # no such address, nobody listens there, no socket of that name
            raise DatabaseAway from error
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
