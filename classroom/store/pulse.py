"""Whether a PostgreSQL server still answers, asked only while somebody waits for it.

A server that dies says so, and its connections break. One that hangs (its disk, its machine, a network that swallows) says
nothing: every statement would wait for its whole patience, and behind each one those who wait for a connection. So a transaction
that takes long has the server asked something small over a connection of its own. No answer twice: the server is away, all its
connections are broken off, whoever waited is refused, and whoever comes is refused at once, until it answers again.

What is long for a good reason (figures of a province, an erasure) goes on: the server answers meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from classroom.store.finishing import finish

T = TypeVar("T")
SUSPICIOUS_S = 1.5
"""A transaction of a page takes some milliseconds, and this much on a machine that is busy."""
ANSWER_S = 1.5
"""For a new connection and its first answer, each of two tries."""
PAUSE_S = 1.0


class _Connection(Protocol):
    def terminate(self) -> None: ...


class Pulse:
    """Of one server. Opens nothing before a transaction takes long."""

    def __init__(self, asking: AsyncEngine) -> None:
        """asking: keeps no connection, and waits `ANSWER_S` at most."""
        self.away = False
        self._asking = asking
        self._open: WeakSet[_Connection] = WeakSet()
        self._late: set[object] = set()
        """Transactions that take long."""
        self._starting: set[asyncio.Future[Any]] = set()
        """Those that wait for a connection: the pool does not wake them when there is none to be had."""
        self._watch: asyncio.Task[None] | None = None

    def follow(self, engine: AsyncEngine) -> None:
        """Refuse connections of `engine` while the server is away, and break off those it has."""

        @event.listens_for(engine.sync_engine, "do_connect")
        def refuse(*_: Any) -> None:
            self.refuse()

        @event.listens_for(engine.sync_engine, "connect")
        def remember(connection: Any, _: Any) -> None:
            self._open.add(connection.driver_connection)

    def refuse(self) -> None:
        """Raises ConnectionRefusedError while the server is away."""
        if self.away:
            raise ConnectionRefusedError("the database does not answer")

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """For a transaction, from before it has a connection. Raises ConnectionRefusedError while the server is away."""
        self.refuse()
        mark = object()
        suspicion = asyncio.get_running_loop().call_later(SUSPICIOUS_S, self._suspect, mark)
        try:
            yield
        finally:
            suspicion.cancel()
            self._late.discard(mark)

    async def start(self, connection: Awaitable[T]) -> T:
        """Have a connection. Raises ConnectionRefusedError when the server turns out to be away, besides what drivers raise."""
        task = asyncio.ensure_future(connection)
        self._starting.add(task)
        try:
            return await finish(task)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if task.cancelled() and not (me and me.cancelling()):
                raise ConnectionRefusedError("the database does not answer") from None
            raise
        finally:
            self._starting.discard(task)

    async def close(self) -> None:
        """Twice is silent."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        await self._asking.dispose()

    def _suspect(self, mark: object) -> None:
        self._late.add(mark)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while self._late or self.away:
            self.away = not (await self._answers() or await self._answers())
            if self.away:
                for waiting in list(self._starting):
                    waiting.cancel()
                for each in list(self._open):
                    each.terminate()
            await asyncio.sleep(PAUSE_S)

    async def _answers(self) -> bool:
        try:
            async with self._asking.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except OSError:  # no answer in time, or nobody there
            return False
        except DBAPIError:
            return True  # full, starting or ending, but it said so
        return True
