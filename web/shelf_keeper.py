"""Keeps the catalogue: carries out how long recordings are kept, takes the files of deleted ones away, measures the rest."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from classroom.actions.shelf import carry_out_retention
from classroom.catalogue import PURGE_AFTER
from classroom.store.unit_of_work import Store
from recording.publish import Storage

log = structlog.get_logger()
EVERY_S = 600.0


class ShelfKeeper:
    """`recordings`: the local folder with captures, beside the storage of finished files."""

    def __init__(self, store: Store, storage: Storage, recordings: Path, now: Callable[[], datetime]) -> None:
        self._store, self._storage, self._recordings, self._now = store, storage, recordings, now

    async def run_forever(self) -> None:
        """At every start and every ten minutes: what became due today goes today, also after days of standing still."""
        while True:
            try:
                await self.turn()
            except Exception:
                log.exception("! keeping the catalogue failed; trying again")
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> None:
        now = self._now()
        async with self._store.writing() as uow:
            deleted = await carry_out_retention(uow, now)
        if deleted:
            log.info("= recordings deleted by policy", count=deleted)
        async with self._store.reading() as uow:
            gone, unmeasured = await uow.shelf.unpurged(now - PURGE_AFTER), await uow.shelf.unmeasured()
        for recording in gone:
            await self._storage.clear(recording)
            await asyncio.to_thread(shutil.rmtree, self._recordings / recording, ignore_errors=True)
            async with self._store.writing() as uow:
                await uow.shelf.note_purged(recording, self._now())
            log.info("= files of a deleted recording removed", recording=recording)
        for recording in unmeasured:
            size = await self._storage.size(recording)
            async with self._store.writing() as uow:
                await uow.shelf.note_size(recording, size, self._now())
