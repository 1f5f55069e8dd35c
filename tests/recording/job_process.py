"""The job process for tests that kill it: `python -m tests.recording.job_process DATA [DATABASE_URL]`.

Prints what the catalogue is told.
"""

import asyncio
import sys
from pathlib import Path

from recording.manifest import Film, Manifest
from recording.runner import JobSettings, run
from tests.recording.catalogue import MemoryCatalogue


class TellingCatalogue(MemoryCatalogue):
    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        await super().mark_ready(recording, manifest)
        print("ready", flush=True)

    async def note_film(self, recording: str, state: str, share: float, attempt: int) -> None:
        if state == "making":
            print("making", flush=True)

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        await super().mark_composed(recording, film, manifest)
        print("composed", flush=True)


async def main() -> None:
    catalogue = TellingCatalogue(rec="capturing")
    catalogue.end("rec")
    await run(JobSettings(Path(sys.argv[1]), database_url=sys.argv[2] if len(sys.argv) > 2 else None), catalogue, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
