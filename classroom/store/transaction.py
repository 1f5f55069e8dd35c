"""Transactions that a cancelled task cannot leave half done (`finishing.py`).

A server that is away, ending or just starting says so in a dozen ways, by whoever notices first; here they become one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from classroom.errors import DatabaseAway
from classroom.store.finishing import finish
from classroom.store.pulse import Pulse

AWAY_STATES = ("08", "53300", "57P01", "57P02", "57P03", "57P05")
"""SQLSTATEs of a PostgreSQL that cannot serve now: connection trouble, no connection left, shutting down, crashed, starting."""


@asynccontextmanager
async def transaction(engine: AsyncEngine, pulse: Pulse | None = None) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction: committed at the end, rolled back by any exception, given back in either case.

    pulse: notices a server that hangs; None where there is no server. Raises DatabaseAway when it was the server's fault.
    """
    try:
        with pulse.waiting() if pulse else nullcontext():
            async with _transaction(engine, pulse) as connection:
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
async def _transaction(engine: AsyncEngine, pulse: Pulse | None) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        try:
            await (pulse.start(connection.start()) if pulse else finish(connection.start()))
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
