"""The durable queue of films: dbos on SQLite (or PostgreSQL), inside this process.

One workflow per film, named after the recording, so that asking twice queues once; a process that dies half-way finds the
workflow again when it starts, because its executor id and application version never change.

dbos is kept off our event loop: started inside a running loop it adopts that loop, replaces its default executor and shuts it
down at the end. Called from threads it has a loop of its own, and only the work itself comes back to ours.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID

from recording import job

QUEUE: Final = "films"
POLL_S: Final = 1.0
"""Nobody waits for a film by the second, and each look costs milliseconds, day and night."""
UNFINISHED: Final = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
logger = structlog.get_logger("recording.queue")
Work = Callable[[str], Awaitable[None]]
GiveUp = Callable[[str, str], Awaitable[None]]


class FilmQueue:
    """Makes films one after the other. Create, `open`, `put`, `close`; one per process (dbos keeps its state per process)."""

    def __init__(self, work: Work, give_up: GiveUp) -> None:
        """work(recording) makes one film and may be repeated; give_up(recording, reason) is called after the last attempt."""
        self._work, self._give_up = work, give_up
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, data_dir: Path, database_url: str | None, executor_id: str) -> None:
        """Start working; unfinished films of an earlier process come first."""
        config: DBOSConfig = {
            "name": "recording",
            "system_database_url": system_database(data_dir, database_url),
            "executor_id": executor_id,
            "application_version": "1",
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": 0.5,  # we send none, so a look costs nothing; closing waits for it
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        await asyncio.to_thread(self._launch, config)

    async def put(self, recording: str) -> bool:
        """Queue a film. False: it is queued or being made already, perhaps since an earlier process; ask again to see it end."""
        return await asyncio.to_thread(self._enqueue, recording)

    async def close(self) -> None:
        """Stop; what is unfinished is taken up by the next process."""
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _launch(self, config: DBOSConfig) -> None:
        DBOS(config=config)

        @DBOS.step(
            name="compose",
            retries_allowed=True,
            max_attempts=job.ATTEMPTS,
            interval_seconds=job.FIRST_WAIT_S,
            backoff_rate=job.BACKOFF,
        )
        async def compose(recording: str) -> None:
            await self._on_our_loop(self._work(recording))

        @DBOS.step(name="give-up")
        async def give_up(recording: str, reason: str) -> None:
            await self._on_our_loop(self._give_up(recording, reason))

        @DBOS.workflow(name="film")
        async def film(recording: str) -> None:
            try:
                await compose(recording)
            except Exception as error:
                logger.warning("! film given up", recording=recording, error=type(error).__name__)
                await give_up(recording, str(getattr(error, "errors", [error])[-1]))

        self._film = film
        DBOS.launch()
        DBOS.register_queue(QUEUE, concurrency=1, worker_concurrency=1, polling_interval_sec=POLL_S)

    def _enqueue(self, recording: str) -> bool:
        for attempt in itertools.count(1):
            workflow = f"film-{recording}-{attempt}"
            status = DBOS.get_workflow_status(workflow)
            if status is None:
                break  # else it ended, and yet somebody asks: its end never reached the catalogue
            if status.status in UNFINISHED:
                return False
        with SetWorkflowID(workflow):
            DBOS.enqueue_workflow(QUEUE, self._film, recording)
        return True

    async def _on_our_loop(self, work: Awaitable[None]) -> None:
        """Called on dbos's loop; cancelling it (when dbos stops) cancels the work."""

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None, "a coroutine runs in a task"
            self._tasks.add(task)
            try:
                await work
            finally:
                self._tasks.discard(task)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self._loop))


def system_database(data_dir: Path, database_url: str | None) -> str:
    """Where dbos keeps its tables: the configured PostgreSQL, else a file of their own in the data folder."""
    if database_url and database_url.startswith("postgresql"):
        return "postgresql" + database_url[database_url.index("://") :]
    return f"sqlite:///{data_dir / 'jobs.db'}"
