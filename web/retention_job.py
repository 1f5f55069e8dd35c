"""Deletes personal data that was kept long enough: once a day, a few hundred rows at a time, rows first and then their files."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from classroom.actions.retention import carry_out_retention_of
from classroom.retention import Kind
from classroom.store.unit_of_work import Store
from recording.publish import Storage

log = structlog.get_logger()
EVERY_S = 3_600.0
"""What a day's run did is written down: looking again costs one row a kind. After midnight in Korea the next day is due."""
MOST_BATCHES = 200
"""Of one kind in one turn: 100,000 rows. The rest goes an hour later, and nothing else waits for it."""
PAUSE_S = 0.05
"""Between two transactions: others want to write too."""
FILES_AT_ONCE = 100


class RetentionJob:
    def __init__(self, store: Store, storage: Storage, now: Callable[[], datetime]) -> None:
        self._store, self._storage, self._now = store, storage, now

    async def run_forever(self) -> None:
        while True:
            await self.turn()
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> None:
        """Killed at any point, the next one goes on: what is half done is so in whole transactions."""
        for kind in (*Kind, None):  # one that fails keeps no other waiting; last the files
            try:
                await (self._carry_out(kind) if kind is not None else self._delete_files())
            except Exception as error:
                log.error("! deleting what was kept long enough failed; trying again in an hour", error=type(error).__name__)

    async def _carry_out(self, kind: Kind) -> None:
        for _ in range(MOST_BATCHES):
            async with self._store.writing() as uow:
                if await carry_out_retention_of(uow, kind, self._now()):
                    return
            await asyncio.sleep(PAUSE_S)
        log.info("= more to delete than one turn may", kind=str(kind))

    async def _delete_files(self) -> None:
        async with self._store.reading() as uow:
            keys = await uow.retention.files(FILES_AT_ONCE)
        while keys:
            for key in keys:
                await self._storage.delete(key)
            async with self._store.writing() as uow:
                await uow.retention.forget_files(keys)
                keys = await uow.retention.files(FILES_AT_ONCE)
