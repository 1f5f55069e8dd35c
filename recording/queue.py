"""The durable queue of films: dbos on SQLite (or PostgreSQL), inside this process.

One workflow per film, named after the recording, so that asking twice queues once; a process that dies half-way finds the
workflow again when it starts, because its executor id and application version never change.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID

from recording import job

QUEUE: Final = "films"
logger = structlog.get_logger("recording.queue")
Work = Callable[[str], Awaitable[None]]
GiveUp = Callable[[str, str], Awaitable[None]]


class FilmQueue:
    """Makes films one after the other. Create, `open`, `put`, `close`; one per process (dbos keeps its state per process)."""

    def __init__(self, work: Work, give_up: GiveUp) -> None:
        """work(recording) makes one film and may be repeated; give_up(recording, reason) is called after the last attempt."""
        self._work, self._give_up = work, give_up
        self._loop = asyncio.get_running_loop()

    async def open(self, data_dir: Path, database_url: str | None, executor_id: str) -> None:
        """Start working; unfinished films of an earlier process come first."""
        config: DBOSConfig = {
            "name": "recording",
            "system_database_url": system_database(data_dir, database_url),
            "executor_id": executor_id,
            "application_version": "1",
            "log_level": "ERROR",
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=config)

        @DBOS.step(
            name="compose",
            retries_allowed=True,
            max_attempts=job.ATTEMPTS,
            interval_seconds=job.FIRST_WAIT_S,
            backoff_rate=job.BACKOFF,
        )
        async def compose(recording: str) -> None:
            await self._here(self._work(recording))

        @DBOS.step(name="give-up")
        async def give_up(recording: str, reason: str) -> None:
            await self._here(self._give_up(recording, reason))

        @DBOS.workflow(name="film")
        async def film(recording: str) -> None:
            try:
                await compose(recording)
            except Exception as error:
                logger.warning("! film given up", recording=recording, error=type(error).__name__)
                await give_up(recording, str(error))

        self._film = film
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE, concurrency=1, worker_concurrency=1)

    async def put(self, recording: str) -> None:
        """Queue a film; one that is queued, being made or done is not queued again."""
        with SetWorkflowID(f"film-{recording}"):
            await DBOS.enqueue_workflow_async(QUEUE, self._film, recording)

    def close(self) -> None:
        """Stop; what is unfinished is taken up by the next process."""
        DBOS.destroy(destroy_registry=True)

    async def _here(self, work: Awaitable[None]) -> None:
        """Run on the loop this queue belongs to: dbos has a loop of its own for recovered workflows."""

        async def run() -> None:
            await work

        if asyncio.get_running_loop() is self._loop:
            await run()
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self._loop))


def system_database(data_dir: Path, database_url: str | None) -> str:
    """Where dbos keeps its tables: the configured PostgreSQL, else a file of their own in the data folder."""
    if database_url and database_url.startswith("postgresql"):
        return "postgresql" + database_url[database_url.index("://") :]
    return f"sqlite:///{data_dir / 'jobs.db'}"
