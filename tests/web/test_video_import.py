"""`classroom recordings import`: everything is looked at first, taken once, and plays with its captions."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from classroom.people import RecordingId
from classroom.store.unit_of_work import Store
from recording.publish import open_storage
from tests.web.test_shelf import H264, film
from tests.web.world import Template
from web.clock import utc_now
from web.settings import DataFolder, Settings, SettingsWrong, database_url, read_settings
from web.upload_folder import UploadFolder
from web.video_import import import_videos
from web.video_jobs import VideoJobs
from web.video_table import read_videos

HEADER = "file,municipality,title_ko,category,title_en,shared,captions_ko\n"
BY = "suwon@demo.example"


@pytest.fixture
def settings(template: Template, tmp_path: Path) -> Settings:
    shutil.copytree(template.folder, tmp_path / "data")
    return read_settings({}, data=tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "videos"
    (made / "봄").mkdir(parents=True)
    film(made / "봄", *H264, name="a.mp4")
    (made / "a.srt").write_text("1\n00:00:00,100 --> 00:00:01,000\n안녕하세요\n", encoding="utf-8")
    (made / "list.m3u8").write_text("#EXTM3U\nfile:///etc/passwd\n")
    return made


def run(settings: Settings, folder: Path, rows: str, **more: Any) -> tuple[list[dict[str, Any]], bool]:
    table = folder.parent / "list.csv"
    table.write_text(HEADER + rows, encoding="utf-8")
    return asyncio.run(import_videos(settings, folder, table, more.pop("by", BY), only_check=more.pop("only_check", False)))


def left(settings: Settings) -> list[str]:
    uploads = DataFolder(settings.data).uploads
    return sorted(path.name for path in uploads.glob("*")) if uploads.exists() else []


async def make_all(settings: Settings, recording: str) -> dict[str, Any]:
    store = Store(database_url(settings))
    storage = open_storage(settings.data)
    try:
        jobs = VideoJobs(store, storage, UploadFolder(DataFolder(settings.data).uploads), utc_now)
        while await jobs.turn():
            pass
        async with store.reading() as uow:
            entry = await uow.recordings.get(RecordingId(recording))
            edits = (await uow.recording_changes.edits(RecordingId(recording))).document
        assert entry is not None
        captions = await storage.read(f"{recording}/{edits['captions'][0]['file']}")
        return {"title": entry.title.en, "shared": entry.shared, "captions": captions.decode()}
    finally:
        await store.close()


def test_one_bad_row_is_named_and_nothing_is_taken(settings: Settings, folder: Path) -> None:
    (folder / "link.mp4").symlink_to("/etc/passwd")
    rows = (
        "봄/a.mp4,suwon,봄 사진,arts,,,a.srt\n"
        "list.m3u8,suwon,가,arts,,,\n"
        "link.mp4,suwon,나,arts,,,\n"
        "../data/classroom.db,suwon,다,arts,,,\n"
        "absent.mp4,nowhere,,cooking,,perhaps,list.m3u8\n"
        "absent.mp4,suwon,라,arts,,,\n"
        "gone.mp4,suwon,마,arts,,,list.m3u8\n"
    )
    told, good = run(settings, folder, rows)
    assert not good
    found = {(row["row"], row["column"]) for row in told}
    assert found == {
        *((3, "file"), (4, "file"), (5, "file"), (6, "municipality"), (6, "title_ko"), (6, "category"), (6, "shared")),
        *((7, "file"), (8, "file"), (8, "captions_ko")),
    }
    assert left(settings) == []


def test_a_table_that_cannot_be_used_at_all_is_said_so(settings: Settings, folder: Path) -> None:
    with pytest.raises(SettingsWrong, match="no account"):
        run(settings, folder, "봄/a.mp4,suwon,봄,arts,,,\n", by="nobody@demo.example")
    with pytest.raises(SettingsWrong, match="no folder"):
        run(settings, folder / "absent", "")
    _, problems = read_videos([["file", "file", "titel"]], ["suwon"])
    assert {(each.column, each.what) for each in problems} == {
        *((name, "this column is missing") for name in ("municipality", "title_ko", "category")),
        *(("titel", "no such column"), ("file", "this column stands here twice")),
    }


def test_a_video_is_taken_once_by_its_content_and_plays_with_its_captions(settings: Settings, folder: Path) -> None:
    row = "봄/a.mp4,suwon,봄 사진,arts,Spring,no,a.srt\n"
    assert run(settings, folder, row, only_check=True) == ([{"row": 2, "file": "봄/a.mp4", "state": "good"}], True)
    assert left(settings) == []
    ((taken,), _) = run(settings, folder, row)
    assert taken["state"] == "taken"
    assert len(left(settings)) == 2, "the video and its captions; no half copy"
    ((waiting,), _) = run(settings, folder, row)
    assert (waiting["state"], waiting["recording"]) == ("waiting", taken["recording"])
    made = asyncio.run(make_all(settings, taken["recording"]))
    assert (made["title"], made["shared"]) == ("Spring", False)
    assert "안녕하세요" in made["captions"]
    assert left(settings) == []
    (folder / "봄" / "b.mp4").write_bytes((folder / "봄" / "a.mp4").read_bytes())
    told, good = run(settings, folder, row + "봄/b.mp4,suwon,같은 것,arts,,,\n")
    assert (good, told[0]["what"]) == (False, "the same video as in row 2")
    (folder / "봄" / "a.mp4").rename(folder / "renamed.mp4")
    ((again,), _) = run(settings, folder, "renamed.mp4,suwon,다른 이름,arts,,,\n")
    assert (again["state"], again["recording"]) == ("ready", taken["recording"])
