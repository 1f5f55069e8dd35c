"""Locks of a PostgreSQL database, held for as long as one connection lives: who has the first serves the classes.

It is the server's advisory lock, so nothing is left behind by whoever is killed: the server frees it when the connection ends,
and, when a machine or a cable is gone without a word, after some seconds of silence (`WHEN_SILENT`). Nothing but asyncpg is
imported: the parent process that holds it is thin.
"""

import asyncio
import contextlib
import os
import re
import secrets
import socket
from typing import Any, Final

import asyncpg

from classroom.errors import DatabaseAway

ROOMS: Final = 0x726F6F6D
FILM_JOBS: Final = 0x66696C6D
"""Keys; below 2³², so that `pg_locks` shows them whole in `objid`."""
CONNECT_S: Final = 3.0
WHEN_SILENT: Final = {
    "tcp_keepalives_idle": 3,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 6_000,  # in ms: for an answer that the machine did not live to confirm, keepalives are not asked
}
"""How soon the server gives up our connection when nothing comes from our machine: 6 s."""
NAME: Final = "classroom"
GHOST_TRIES, GHOST_PAUSE_S = 20, 0.05


def holder_of(key: int) -> str:
    """The question who has it: `pid` and `name` of a session, or no row."""
    return f"""
        SELECT lock.pid, activity.application_name AS name
        FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity USING (pid)
        WHERE lock.locktype = 'advisory' AND lock.classid = 0 AND lock.objid = {key} AND lock.objsubid = 1 AND lock.granted
          AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """


def name_of_this_process() -> str:
    """What its session is called on the server (63 characters there): where it runs, and what no other process is called."""
    return f"{NAME} {socket.gethostname()[:32]}/{os.getpid()}/{secrets.token_hex(4)}"


def where_runs(name: str) -> str:
    """The same for people."""
    host, _, rest = name.removeprefix(f"{NAME} ").partition("/")
    process = rest.partition("/")[0]
    return f"process {process} on {host}" if name.startswith(f"{NAME} ") and process else "another process"


class SessionLock:
    """Opens nothing before it is asked. Not for two tasks at a time."""

    def __init__(self, url: str, name: str, key: int = ROOMS) -> None:
        """`url`: as for the store; a proxy that hands a connection to others in between (pgbouncer's transactions) is none."""
        self.name = name
        self.lost = asyncio.Event()
        """Set when the connection ended by itself; clear it before asking again."""
        self._url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
        self._key = key
        self._connection: Any = None
        self._is_held = False

    async def take(self, patience_s: float) -> str | None:
        """None: it is ours, or still ours. Else the name of who has it.

        Raises DatabaseAway, after `patience_s` if nothing is answered; what we held is then no longer held by this connection.
        """
        try:
            connection = await self._connected()
            if self._is_held:
                await connection.execute("SELECT 1", timeout=patience_s)
                return None
            for _ in range(GHOST_TRIES):
                if await connection.fetchval("SELECT pg_try_advisory_lock($1::bigint)", self._key, timeout=patience_s):
                    self._is_held = True
                    return None
                found = await connection.fetchrow(holder_of(self._key), timeout=patience_s)
                if found is not None and found["name"] != self.name:
                    return found["name"] or ""
                if found is not None:  # our own connection of before, which the server takes for alive
                    await connection.execute("SELECT pg_terminate_backend($1)", found["pid"], timeout=patience_s)
                await asyncio.sleep(GHOST_PAUSE_S)
            raise TimeoutError("an old connection of ours does not end")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._drop()
            raise DatabaseAway from error
        except BaseException:
            self._drop()
            raise

    async def look(self, patience_s: float) -> str | None:
        """Who has it; None: nobody. Takes nothing. Raises DatabaseAway."""
        try:
            connection = await self._connected()
            found = await connection.fetchrow(holder_of(self._key), timeout=patience_s)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._drop()
            raise DatabaseAway from error
        except BaseException:
            self._drop()
            raise
        return None if found is None else found["name"] or ""

    async def close(self) -> None:
        """Free it. Twice is silent."""
        connection = self._connection
        if connection is not None and not connection.is_closed():
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=CONNECT_S)
        self._drop()

    async def _connected(self) -> Any:
        if self._connection is not None and self._connection.is_closed():
            self._drop()
        if self._connection is None:
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_S, command_timeout=CONNECT_S, server_settings={"application_name": self.name}
            )
            connection.add_termination_listener(self._ended)
            self._connection = connection
            # Not among the settings above: those a proxy would refuse. Over a socket of the machine itself they mean nothing.
            for name, value in WHEN_SILENT.items():
                await connection.execute("SELECT set_config($1, $2, false)", name, str(value))
        return self._connection

    def _ended(self, connection: Any) -> None:
        if connection is self._connection:
            self.lost.set()

    def _drop(self) -> None:
        connection, self._connection, self._is_held = self._connection, None, False
        if connection is not None and not connection.is_closed():
            connection.terminate()
