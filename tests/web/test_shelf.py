"""Uploading ready-made videos in parts, keeping and deleting, sharing with other municipalities, downloads with a reason."""

import asyncio
import base64
import hashlib
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from recording.publish import open_storage
from tests.recording.encoders import HARMS, Harm, harm_one, impatient, starved
from tests.web.world import World
from web.shelf_keeper import ShelfKeeper
from web.video_jobs import VideoJobs

NEW = {"municipality": "suwon", "title_ko": "봄 사진", "category": "arts", "shared": True, "file_name": "봄.mp4"}


def digest(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def begin(world: World, size_bytes: int, who: str = "suwon", **changes: Any) -> Any:
    return world.post("/admin/uploads", who, json=NEW | {"size_bytes": size_bytes} | changes)


def send(world: World, upload: str, offset: int, data: bytes, **headers: str) -> Any:
    return world.post(
        f"/admin/uploads/{upload}/parts?offset={offset}", "suwon", content=data, headers={"Accept": "application/json"} | headers
    )


def jobs(world: World) -> VideoJobs:
    services = world.app.state.services
    return VideoJobs(world.store, services.storage, services.uploads, services.now)


def upload_whole(world: World, data: bytes, **changes: Any) -> dict[str, Any]:
    """What became of it."""
    upload = begin(world, len(data), **changes).json()["id"]
    for offset in range(0, len(data), 700_000):
        assert send(world, upload, offset, data[offset : offset + 700_000]).status_code == 200
    world.query(jobs(world).turn)
    told: dict[str, Any] = world.get(f"/admin/uploads/{upload}", "suwon").json()
    return told


def film(folder: Path, *coding: str, name: str = "film.mp4", seconds: int = 2) -> bytes:
    """A test picture with a tone."""
    path = folder / name
    sources = ("-f", "lavfi", "-i", f"testsrc2=s=320x180:r=15:d={seconds}", "-f", "lavfi", "-i", f"sine=d={seconds}")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *sources, *coding, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()


H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-threads", "1", "-c:a", "aac")


def test_a_video_goes_on_where_it_stopped_and_is_then_watched_by_another_citys_resident(world: World, tmp_path: Path) -> None:
    data = film(tmp_path, *H264)
    upload = begin(world, len(data)).json()["id"]
    half = len(data) // 2
    assert send(world, upload, 0, data[:half], **{"Content-Digest": digest(data[:half])}).json()["offset"] == half
    assert (
        send(world, upload, half, data[half:], **{"Content-Digest": digest(b"other")}).json()["error"]["code"] == "video-digest"
    )
    again = send(world, upload, 0, data[:half])
    assert (again.status_code, again.json()["offset"]) == (409, half)
    told = world.get(f"/admin/uploads/{upload}", "suwon").json()
    assert told["offset"] == half
    ends = data[:half][: told["sample"]["bytes"]] + data[:half][-told["sample"]["bytes"] :]
    assert told["sample"]["sha256"] == hashlib.sha256(ends).hexdigest()
    assert world.get(f"/admin/uploads/{upload}", "seongnam").status_code == 404
    assert send(world, upload, half, data[half:] + b"more").json()["error"]["code"] == "video-length"
    assert send(world, upload, half, data[half:]).json() == {"offset": len(data), "complete": True}
    assert world.query(jobs(world).turn)
    told = world.get(f"/admin/uploads/{upload}", "suwon").json()
    assert (told["state"], told["wrong"]) == ("ready", None)
    page = world.get(f"/recordings/{told['recording']}", "resident30")
    assert (page.status_code, "봄 사진" in page.text) == (200, True)
    manifest = world.get(f"/recordings/{told['recording']}/manifest.json", "resident30").json()
    assert manifest["duration_s"] == pytest.approx(2, abs=0.2)
    signed = world.signed(f"/recordings/{told['recording']}/files/{manifest['tracks'][0]['file']}", "resident30")
    bytes_ = world.get(signed, "resident30").content
    assert b"ftyp" in bytes_[:12]
    assert "봄 사진" in world.get("/recordings?q=봄사진&kind=video&category=arts", "resident30").text
    assert "봄 사진" not in world.get("/recordings?kind=class", "resident30").text
    assert f"/items/{upload}" in world.get("/suwon/").text
    assert not list((tmp_path / "uploads").glob("*"))


def test_captions_come_with_their_video_or_are_refused_at_their_field_and_nothing_is_begun(world: World, tmp_path: Path) -> None:
    def packed(text: str, encoding: str = "utf-8") -> str:
        return base64.b64encode(text.encode(encoding)).decode()

    korean = packed("1\n00:00:00,100 --> 00:00:01,000\n안녕하세요\n", "cp949")
    wrong = packed("WEBVTT\n\n00:00.100 --> 00:01.000\nHello\n\n00:0x.000 --> 00:02.000\nlost\n")
    data = film(tmp_path, *H264)
    folder = world.app.state.services.uploads.folder
    before = world.get("/admin/uploads.json", "suwon").json()
    for english, code in ((wrong, "6번째 줄"), ("no base64!", "1번째 줄"), (packed("x" * (2 << 20) + "x"), "2 MB")):
        refused = begin(world, len(data), captions_ko=korean, captions_en=english)
        assert refused.status_code == 422
        assert code in refused.json()["error"]["fields"]["captions_en"]
    assert (world.get("/admin/uploads.json", "suwon").json(), list(folder.glob("*"))) == (before, [])

    told = upload_whole(world, data, captions_ko=korean, captions_en=packed("WEBVTT\n\n00:00.100 --> 00:01.000\n<b>Hello</b>\n"))
    manifest = world.get(f"/recordings/{told['recording']}/manifest.json", "resident30").json()
    assert [each["language"] for each in manifest["captions"]] == ["ko", "en"]
    for each, line in zip(manifest["captions"], ("안녕하세요", "Hello"), strict=True):
        address = world.signed(f"/recordings/{told['recording']}/files/{each['file']}", "resident30")
        assert line in world.get(address, "resident30").text
    assert list(folder.glob("*")) == []


HOSTILE = {
    "video-playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "video-archive": b"PK\x03\x04" + bytes(2_000),
    "video-program": b"MZ" + bytes(2_000),
    "video-document": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "video-unknown": b"just some words",
    "video-broken": b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40,
}


@pytest.mark.parametrize("code", HOSTILE)
def test_what_is_no_video_is_refused_in_words_and_leaves_nothing(world: World, code: str) -> None:
    told = upload_whole(world, HOSTILE[code])
    assert (told["state"], told["recording"]) == ("refused", None)
    assert told["wrong"]

    async def code_of() -> str | None:
        async with world.store.reading() as uow:
            found = await uow.shelf.upload(told["id"])
            return found.refusal if found else None

    assert world.query(code_of) == code
    folder = world.app.state.services.uploads.folder
    assert list(folder.iterdir()) == []


def test_other_codings_are_made_anew_and_a_film_cut_off_is_refused(world: World, tmp_path: Path) -> None:
    old = upload_whole(world, film(tmp_path, "-c:v", "mpeg4", "-c:a", "mp3", name="old.avi"))
    assert old["state"] == "ready"
    manifest = world.get(f"/recordings/{old['recording']}/manifest.json", "suwon").json()
    assert "avc1" in manifest["tracks"][0]["mime"]
    whole = film(tmp_path, *H264, "-movflags", "+faststart")
    assert upload_whole(world, whole[: len(whole) // 2])["state"] == "refused"


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_happens_to_ffmpeg_an_uploaded_video_is_made(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Harm
) -> None:
    """Killed, stopped or without memory while it is coded anew: nothing is refused, the file stays, the next try makes it."""
    impatient(monkeypatch)
    monkeypatch.setattr("web.video_jobs.wait_s", lambda attempt: 0.0)
    data = film(tmp_path, "-c:v", "mpeg4", "-vf", "scale=1280:720", "-c:a", "mp3", name="old.avi", seconds=8)
    upload = begin(world, len(data), file_name="old.avi").json()["id"]
    for offset in range(0, len(data), 2_000_000):
        assert send(world, upload, offset, data[offset : offset + 2_000_000]).status_code == 200
    making = jobs(world)

    async def harmed() -> None:
        if harm == "out of memory":
            with starved(monkeypatch):
                await making.turn()
            return
        await asyncio.gather(making.turn(), harm_one(harm, upload))

    world.query(harmed)
    assert world.get(f"/admin/uploads/{upload}", "suwon").json()["state"] == "making"
    world.query(making.turn)
    assert world.get(f"/admin/uploads/{upload}", "suwon").json()["state"] == "ready"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"size_bytes": 0}, "file"),
        ({"size_bytes": 10**14}, "file"),
        ({"title_ko": " "}, "title_ko"),
        ({"category": "nothing"}, "category"),
        ({"lesson": "the one with a recording"}, "lesson"),
    ],
)
def test_a_wrong_announcement_names_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    if "lesson" in changes:
        changes = {"lesson": world.demo.ended_lesson}
    answer = begin(world, changes.pop("size_bytes", 5), **changes)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {field}


def test_another_citys_staff_cannot_upload_here(world: World) -> None:
    assert begin(world, 5, who="seongnam").status_code in (403, 404)


def bulk(world: World, deed: str, who: str = "suwon", **more: str) -> Any:
    return world.post("/admin/recordings/bulk", who, data={"recording": world.recording, "deed": deed} | more)


def keep_house(world: World) -> None:
    services = world.app.state.services
    storage = services.storage
    world.query(ShelfKeeper(world.store, storage, storage.path("a/b").parent.parent, services.now).turn)


def test_what_is_deleted_is_gone_at_once_comes_back_within_a_week_and_its_files_go_after(world: World) -> None:
    address = f"/recordings/{world.recording}"
    assert "reason-missing" in bulk(world, "delete").headers["location"]
    assert bulk(world, "delete", who="seongnam", reason="x").status_code == 404
    assert world.get(address, "resident01").status_code == 200
    assert "done=recordings" in bulk(world, "delete", reason="잘못 녹화함").headers["location"]
    for who in ("resident01", "instructor", "suwon"):
        assert world.get(f"{address}/files/main.webm", who).status_code == 404
    assert world.recording not in world.get("/me", "resident01").text + world.get("/recordings", "suwon").text
    assert "잘못 녹화함" in world.get("/admin/keeping", "suwon").text
    report = world.get("/admin/keeping.csv", "suwon").text.splitlines()
    assert [line for line in report if "삭제됨" in line and "잘못 녹화함" in line and "수원" in line], report
    assert len(world.get("/admin/keeping.csv", "seongnam").text.splitlines()) == 1, "nothing of other municipalities"
    assert world.recording in world.get("/admin/recordings?deleted=1", "suwon").text
    bulk(world, "restore")
    assert world.get(world.signed(f"{address}/files/main.webm", "resident01"), "resident01").status_code == 200
    bulk(world, "delete", reason="x")
    world.ahead = timedelta(days=8)
    keep_house(world)
    assert not (world.app.state.services.storage.path(f"{world.recording}/main.webm")).exists()


def test_a_policy_deletes_what_is_due_but_not_what_is_kept(world: World) -> None:
    wrong = world.post("/admin/keeping/suwon", "suwon", data={"keep_days": "3"})
    assert (wrong.status_code, "aria-invalid" in wrong.text) == (422, True)
    world.post("/admin/keeping/suwon", "suwon", data={"keep_days": "30"})
    address = f"/recordings/{world.recording}"
    keep_house(world)
    assert world.get(address, "resident01").status_code == 200
    page = world.get("/admin/keeping", "suwon").text
    assert "삭제 예정" in page
    assert re.search(r"1\d KB", page), "measured"
    world._sessions.clear()
    bulk(world, "keep")
    world.ahead = timedelta(days=20)
    world._sessions.clear()
    keep_house(world)
    assert world.get(address, "suwon").status_code == 200
    bulk(world, "unkeep")
    world.ahead = timedelta(days=60)
    world._sessions.clear()
    keep_house(world)
    assert world.get(address, "suwon").status_code == 404


def test_residents_of_a_chosen_municipality_watch_what_is_shared_with_it(world: World) -> None:
    address = f"/recordings/{world.recording}/files/main.webm"
    assert world.get(world.signed(address, "resident30"), "resident30").status_code == 404

    async def home() -> str:
        async with world.store.reading() as uow:
            found = await uow.people.by_email("resident30@demo.example")
            assert found is not None
            return str(found[0].home)

    theirs = world.query(home)
    if theirs == "suwon":
        pytest.skip("the demo's resident30 lives in suwon")
    share = {"municipality": theirs}
    assert world.post(f"/admin/recordings/{world.recording}/sharing", "suwon", data=share).status_code == 303
    address = world.signed(address, "resident30")
    assert world.get(address, "resident30").status_code == 200
    world.post(f"/admin/recordings/{world.recording}/sharing", "suwon", data={})
    assert world.get(address, "resident30").status_code == 404


def test_a_download_asks_for_a_reason_and_its_address_is_worth_nothing_to_others(world: World, tmp_path: Path) -> None:
    recording = upload_whole(world, film(tmp_path, *H264))["recording"]
    address = f"/recordings/{recording}/film"
    assert world.get(address, "resident01").status_code == 404
    assert "받는 까닭" in world.get(address, "suwon").text
    assert world.post(address, "suwon", data={"reason": " "}).status_code == 422
    pass_ = world.post(address, "suwon", data={"reason": "시청각실 상영"}).headers["location"]
    part = world.get(pass_, "suwon", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert world.get(pass_, "province").status_code == 404
    assert world.get(pass_, "resident01").status_code == 404
    assert "시청각실 상영" in world.get("/admin/access-log", "suwon").text
    world.ahead = timedelta(hours=2)
    assert world.get(pass_, "suwon").status_code == 303


async def test_nothing_of_a_cleared_recording_stays(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    for name in ("one/a.webm", "one/b.vtt", "ones/c.webm"):
        await storage.put(name, b"12345")
    assert await storage.size("one") == 10
    await storage.clear("one")
    await storage.clear("one")
    assert (await storage.size("one"), await storage.size("ones")) == (0, 5)
