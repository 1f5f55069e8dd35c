"""Watches the room recordings have, and tells the administrators of the platform: inbox, mail, status page.

Said when it gets low (before it is full), when it is full, when a class that is being recorded cannot be written whatever the
reason, and when all is well again. A state that comes and goes is not told twice within `AGAIN_S`.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import structlog

from classroom.actions.administration import tell_of_storage
from classroom.messages import MessageKind
from recording.disk import DiskWatch, Space, read_space
from web.services import RoomServer, Store

log = structlog.get_logger()
State = Literal["well", "low", "full", "stopped"]
EVERY_S: Final = 2.0
AGAIN_S: Final = 3_600.0
KINDS: Final[dict[State, MessageKind]] = {
    "well": MessageKind.STORAGE_WELL,
    "low": MessageKind.STORAGE_LOW,
    "full": MessageKind.STORAGE_FULL,
    "stopped": MessageKind.RECORDING_STOPPED,
}


@dataclass
class StorageWatch:
    """One per web process; `forever` is its task."""

    store: Store
    rooms: RoomServer
    folder: Path
    """Where classes are recorded."""
    now: Callable[[], datetime]
    read: Callable[[Path], Space | None] = read_space
    state: State = "well"
    _disk: DiskWatch = field(default_factory=DiskWatch)
    _told_s: dict[State, float] = field(default_factory=dict)

    async def forever(self) -> None:
        while True:
            try:
                await self.turn(time.monotonic())
            except Exception as error:  # the database may be away: said as soon as it is back
                log.error("! administrators could not be told of the storage", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def turn(self, now_s: float) -> None:
        space = await asyncio.to_thread(self.read, self.folder)
        state = self._judge(space, now_s)
        if state == self.state:
            return
        if now_s - self._told_s.get(state, float("-inf")) >= AGAIN_S and (state != "well" or self._told_s):
            free_gb = space.free / 1e9 if space is not None else 0.0
            async with self.store.writing() as uow:
                count = await tell_of_storage(uow, KINDS[state], self.now(), free_gb=free_gb)
            log.warning("= storage", state=state, told=count)
            self._told_s[state] = now_s
        self.state = state

    def _judge(self, space: Space | None, now_s: float) -> State:
        if space is not None:
            self._disk.look(space, now_s)
            if space.is_short():
                return "full"
        if self.rooms.counts().recordings_troubled:
            return "stopped"
        return "low" if self._disk.is_low else "well"
