"""`classroom recordings verify | rebuild`."""

import asyncio
import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from classroom.actions.recording_changes import edit_recording
from classroom.people import RecordingId
from recording.edits import Edits
from recording.manifest import Captions
from recording.publish import open_storage
from tests.web.world import VIDEO, Template
from web import operations, recording_operations
from web.settings import Settings, SettingsWrong, read_settings


@pytest.fixture
def settings(template: Template, tmp_path: Path) -> Settings:
    shutil.copytree(template.folder, tmp_path / "data")
    return read_settings({}, data=tmp_path / "data")


def verdicts(settings: Settings) -> dict[str, str]:
    return {row["file"]: row["verdict"] for row in asyncio.run(recording_operations.verify(settings, []))}


def test_every_file_is_read_and_compared(settings: Settings, template: Template) -> None:
    storage, recording = open_storage(settings.data), template.recording
    assert verdicts(settings) == {"manifest.json": "good", "main.webm": "unlisted", "poster.jpg": "unlisted"}
    manifest = asyncio.run(storage.read_manifest(recording))
    sums = {"main.webm": hashlib.sha256(VIDEO).hexdigest(), "poster.jpg": hashlib.sha256(b"\xff\xd8poster").hexdigest()}
    asyncio.run(storage.write_manifest(manifest.model_copy(update={"sha256": sums})))
    assert set(verdicts(settings).values()) == {"good"}
    folder = settings.data / "recordings" / recording
    (folder / "main.webm").write_bytes(VIDEO[:-1] + b"!")
    (folder / "poster.jpg").unlink()
    assert verdicts(settings) == {"manifest.json": "good", "main.webm": "damaged", "poster.jpg": "missing"}
    edits = Edits(captions=[Captions(language="ko", file="captions-ko.vtt")]).model_dump()
    for content, verdict in ((None, "missing"), (b"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", "good"), (b"\xff", "damaged")):
        if content is None:
            asyncio.run(edit(settings, recording, edits))
        else:
            (folder / "captions-ko.vtt").write_bytes(content)
        assert verdicts(settings)["captions-ko.vtt"] == verdict
    (folder / "manifest.json").write_text("{")
    assert verdicts(settings)["manifest.json"] == "unreadable"


async def edit(settings: Settings, recording: str, edits: dict[str, Any]) -> None:
    async with operations.opened(settings) as store, store.writing() as uow:
        await edit_recording(uow, RecordingId(recording), edits, number=0, by=None, now=datetime.now(UTC))


def test_what_was_captured_is_made_anew(settings: Settings, template: Template) -> None:
    recording = template.recording
    with pytest.raises(SettingsWrong, match="no capture on this machine"):
        asyncio.run(recording_operations.rebuild(settings, [recording]))
    with pytest.raises(SettingsWrong, match="no recording nothing"):
        asyncio.run(recording_operations.rebuild(settings, ["nothing"]))
    capture = settings.data / "recordings" / recording / "capture"
    capture.mkdir()
    (capture / "run-0001-000001.log").write_bytes(b"")
    assert "made anew" in asyncio.run(recording_operations.rebuild(settings, [recording]))
    (row,) = (row for row in asyncio.run(operations.recordings(settings)) if row["id"] == recording)
    assert row["state"] == "capturing"
    assert (settings.data / "recordings" / recording / "main.webm").exists(), "until the new files are there"
