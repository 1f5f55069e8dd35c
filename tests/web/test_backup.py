"""A backup taken while a class is recorded, put into an empty folder: replay, film, certificates are there, every file whole."""

import asyncio
import contextlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recording.files import assert_decodes
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound
from tests.web.world import Template, World
from web import backup, operations, recording_operations
from web.film_jobs import run_jobs
from web.settings import DataFolder, Settings, SettingsWrong, read_settings

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(template: Template, tmp_path: Path) -> Settings:
    shutil.copytree(template.folder, tmp_path / "data")
    DataFolder(tmp_path / "data").create()
    return read_settings({}, data=tmp_path / "data")


async def make_anew(settings: Settings, recording: str) -> None:
    """`classroom recordings rebuild`, and the jobs until the film is there."""
    await recording_operations.rebuild(settings, [recording])
    stop = asyncio.Event()
    jobs = asyncio.create_task(run_jobs(settings, DataFolder(settings.data), stop))
    try:
        async with asyncio.timeout(60):
            while [row["state"] for row in await operations.recordings(settings) if row["id"] == recording] != ["composed"]:
                await asyncio.sleep(0.2)
    finally:
        stop.set()
        await jobs


def verdicts(settings: Settings) -> dict[str, str]:
    return {row["file"]: row["verdict"] for row in asyncio.run(recording_operations.verify(settings, []))}


def test_replay_film_and_certificates_come_back(settings: Settings, template: Template, tmp_path: Path) -> None:
    recording, folder = template.recording, DataFolder(settings.data)
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 50))
    lecture.sound(1000.0, encode_sound(2))
    lecture.write(folder.recordings / recording / "capture")
    asyncio.run(make_anew(settings, recording))
    assert set(verdicts(settings).values()) == {"good"}
    # Another class is being recorded, and jobs are at work, while the backup is taken.
    lecture.sound(1000.0, encode_sound(2), close=False)
    lecture.write(folder.recordings / "live" / "capture", closed=False)
    (folder.recordings / "live" / "work").mkdir()
    (folder.recordings / "live" / "work" / "main.webm").write_bytes(b"growing")
    archive = tmp_path / "backup.tar"
    backup.backup(settings, archive, recordings=True)
    other = Settings(data=tmp_path / "other")
    backup.restore(other, archive)
    assert set(verdicts(other).values()) == {"good"}
    assert sorted(path.name for path in (DataFolder(other.data).recordings / "live").iterdir()) == ["capture"]
    world = World(replace(template, folder=other.data), tmp_path / "served")
    with world.client:
        manifest = world.get(f"/recordings/{recording}/manifest.json", "instructor").json()
        assert (manifest["state"], manifest["film"]["file"] in manifest["sha256"]) == ("composed", True)
        for name in [manifest["film"]["file"], *(track["file"] for track in manifest["tracks"])]:
            answer = world.get(world.signed(f"/recordings/{recording}/files/{name}", "instructor"), "instructor")
            assert answer.status_code == 200
            (tmp_path / name).write_bytes(answer.content)
            assert_decodes(tmp_path / name)
        viewer = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at)
        [certificate] = world.query(world.store.queries.certificates, viewer)
        assert certificate.paper.name in world.get(f"/verify/{certificate.shown_code}").text


def test_a_backup_that_cannot_be_finished_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    archive.mkdir()
    with contextlib.suppress(OSError):
        backup.backup(settings, archive, recordings=True)
    assert not archive.with_name("backup.tar.partial").exists()


def test_with_postgresql_the_rest_is_taken_and_it_is_said_who_takes_the_database(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"database_url": "postgresql://db.example/classroom"})
    said = backup.backup(elsewhere, tmp_path / "backup.tar", recordings=True)
    assert "pg_dump" in said
    with pytest.raises(SettingsWrong, match="not a backup"):
        backup.restore(Settings(data=tmp_path / "other"), tmp_path / "backup.tar")
    assert not (tmp_path / "other").exists()
