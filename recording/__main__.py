"""`python -m recording …`: look into a capture, or make its files by hand.

inspect DIRECTORY            what the capture log of a recording's folder holds
prepare DIRECTORY            tracks and manifest.json into DIRECTORY
compose DIRECTORY            the film, from the manifest in DIRECTORY
"""

import asyncio
import sys
from collections import Counter
from pathlib import Path

from recording import log
from recording.compose import compose_film, make_poster
from recording.log import LogReader
from recording.prepare import Preparation
from recording.publish import open_storage

NAMES = {
    log.RUN: "run",
    log.TRACK_OPENED: "track-opened",
    log.RTP: "rtp",
    log.SENDER_REPORT: "sender-report",
    log.TRACK_CLOSED: "track-closed",
    log.DROPPED: "dropped",
    log.ALIVE: "alive",
    log.CLOSED: "closed",
    log.ERASED: "erased",
}


def inspect(folder: Path) -> None:
    """Print everything but the packets, and a count of those."""
    reader = LogReader(folder / "capture")
    counts: Counter[tuple[int, int, int]] = Counter()
    while records := reader.read(last=True):
        for record in records:
            counts[record.run, record.kind, record.track] += 1
            if record.kind in (log.RUN, log.TRACK_OPENED, log.DROPPED):
                print(f"{record.at_s:14.3f} run {record.run} {NAMES[record.kind]} {record.document()}")
            elif record.kind in (log.TRACK_CLOSED, log.CLOSED):
                print(f"{record.at_s:14.3f} run {record.run} {NAMES[record.kind]} {record.track or ''}")
    for (run, kind, track), count in sorted(counts.items()):
        if kind in (log.RTP, log.SENDER_REPORT):
            print(f"run {run} track {track}: {count} {NAMES[kind]}")
    print(f"damaged bytes: {reader.damaged_bytes}")


async def prepare(folder: Path) -> None:
    manifest = Preparation(folder.name, folder / "capture", folder / "work").finish()
    poster = await make_poster(manifest, folder / "work")
    manifest = manifest.model_copy(update={"poster": poster.name if poster else None})
    storage = open_storage(folder.parent.parent)
    for name in manifest.files() - {"manifest.json"}:
        await storage.publish(f"{folder.name}/{name}", folder / "work" / name)
    await storage.write_manifest(manifest)
    print(manifest.model_dump_json(indent=1))


async def compose(folder: Path) -> None:
    storage = open_storage(folder.parent.parent)
    manifest = await storage.read_manifest(folder.name)
    await compose_film(manifest, storage, folder / "film", lambda share: print(f"{share:6.1%}", end="\r"))


def main(arguments: list[str]) -> int:
    match arguments:
        case ["inspect", folder]:
            inspect(Path(folder).resolve())
        case ["prepare", folder]:
            asyncio.run(prepare(Path(folder).resolve()))
        case ["compose", folder]:
            asyncio.run(compose(Path(folder).resolve()))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
