"""`classroom recordings verify | rebuild`: are the files whole, and making them anew from what was captured."""

import hashlib
from typing import Any

from classroom.actions.recording_changes import rebuild_recording
from classroom.people import RecordingId
from recording.captions import CaptionsWrong, read_captions
from recording.edits import Edits
from recording.errors import ObjectMissing
from recording.manifest import NAME, Manifest
from recording.publish import Storage, open_storage
from web.clock import utc_now
from web.operations import opened
from web.settings import DataFolder, Settings, SettingsWrong


async def verify(settings: Settings, wanted: list[str]) -> list[dict[str, Any]]:
    """One row per file: good, missing, damaged, unlisted (made before checksums were kept), unreadable (the manifest).

    Captions have no checksum; they are good when they can be read as captions.
    """
    storage = open_storage(DataFolder(settings.data).root, settings.storage_url or None)
    async with opened(settings) as store:
        known = {row["id"]: row for row in await store.queries.cli_recordings()}
        async with store.reading() as uow:
            edits = {each: await uow.recording_changes.edits(RecordingId(each)) for each in known}
    for recording in wanted:
        if recording not in known:
            raise SettingsWrong(f"There is no recording {recording}.")
    rows: list[dict[str, Any]] = []
    for recording in wanted or list(known):
        if known[recording]["state"] not in ("ready", "composed"):
            continue
        rows += [{"recording": recording, "file": name, "verdict": verdict} for name, verdict in await _check(storage, recording)]
        captions = Edits.model_validate(edits[recording].document).captions
        rows += [
            {"recording": recording, "file": each.file, "verdict": await _read(storage, recording, each.file)}
            for each in captions
        ]
    return rows


async def _read(storage: Storage, recording: str, name: str) -> str:
    try:
        read_captions(await storage.read(f"{recording}/{name}"))
    except ObjectMissing:
        return "missing"
    except CaptionsWrong:
        return "damaged"
    return "good"


async def _check(storage: Storage, recording: str) -> list[tuple[str, str]]:
    try:
        manifest: Manifest = await storage.read_manifest(recording)
    except ObjectMissing:
        return [(NAME, "missing")]
    except ValueError:
        return [(NAME, "unreadable")]
    found = [(NAME, "good")]
    for name in sorted(manifest.files() - {NAME}):
        try:
            digest = hashlib.sha256()
            info = await storage.head(f"{recording}/{name}")
            async for chunk in storage.open_range(f"{recording}/{name}", 0, info.size):
                digest.update(chunk)
        except ObjectMissing:
            found.append((name, "missing"))
            continue
        said = manifest.sha256.get(name)
        found.append((name, "unlisted" if said is None else "good" if said == digest.hexdigest() else "damaged"))
    return found


async def _edition(storage: Storage, recording: str) -> int:
    try:
        return (await storage.read_manifest(recording)).edition
    except (ObjectMissing, ValueError):
        return 0


async def rebuild(settings: Settings, wanted: list[str]) -> str:
    """Marks them; `classroom jobs` (a part of `serve`) does the work. Raises SettingsWrong: there is nothing to make it of."""
    folder = DataFolder(settings.data)
    storage = open_storage(folder.root, settings.storage_url or None)
    editions = {recording: await _edition(storage, recording) for recording in wanted}
    async with opened(settings) as store:
        for recording in wanted:
            found = await store.queries.find_recording(recording)
            if found is None:
                raise SettingsWrong(f"There is no recording {recording}.")
            if not any((folder.recordings / recording / "capture").glob("run-*.log")):
                raise SettingsWrong(f"Recording {recording} has no capture on this machine: it cannot be made anew.")
        async with store.writing() as uow:
            for recording in wanted:
                await rebuild_recording(uow, RecordingId(recording), newer_than=editions[recording], now=utc_now())
    return f"{len(wanted)} to be made anew; `classroom serve` or `classroom jobs` does it."
