"""The film jobs for real, and a lecture for them to work on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from recording.runner import JobSettings, run
from tests.recording.catalogue import MemoryCatalogue
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound
from tests.waiting import within


def lecture(folder: Path, seconds: int = 10) -> None:
    made = Lecture()
    made.pictures(1000.0, encode_pictures("vp8", 25 * seconds, shade=60))
    made.sound(1000.0, encode_sound(seconds))
    made.pictures(1003.0, encode_pictures("vp8", 100, 960, 540, shade=170), source="screen")
    made.write(folder / "capture")


@asynccontextmanager
async def jobs(data: Path, catalogue: MemoryCatalogue, storage_url: str | None = None) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run(JobSettings(data, storage_url), catalogue, stop))
    try:
        yield
    finally:
        stop.set()
        async with within(8, "the jobs end before the supervisor would kill them"):
            await task
