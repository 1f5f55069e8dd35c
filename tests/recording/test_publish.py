"""Where finished files live."""

from pathlib import Path

import pytest

from recording.errors import ObjectMissing
from recording.publish import CHUNK_BYTES, Storage, content_type, open_storage
from tests.recording.manifests import MAIN, manifest


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(tmp_path)


async def read(storage: Storage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.open_range(key, start, end)])


async def test_a_published_file_is_read_in_ranges(storage: Storage, tmp_path: Path) -> None:
    data = bytes(range(256)) * 3_000
    made = tmp_path / "made.webm"
    made.write_bytes(data)
    await storage.publish("rec/main.webm", made)
    assert not made.exists()
    info = await storage.head("rec/main.webm")
    assert (info.size, info.mime) == (len(data), "video/webm")
    assert info.etag
    assert await read(storage, "rec/main.webm", 0, info.size) == data
    assert await read(storage, "rec/main.webm", 1_000, 1_001) == data[1_000:1_001]
    assert await read(storage, "rec/main.webm", 300_000, 700_000) == data[300_000:700_000]
    chunks = [len(chunk) async for chunk in storage.open_range("rec/main.webm", 0, info.size)]
    assert max(chunks) <= CHUNK_BYTES


async def test_publishing_again_replaces(storage: Storage, tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        (tmp_path / "x").write_bytes(data)
        await storage.publish("rec/film.mp4", tmp_path / "x")
    assert await read(storage, "rec/film.mp4", 0, 3) == b"two"


@pytest.mark.parametrize(
    "key",
    ["", "rec", "rec/", "/main.webm", "rec/../x", "../rec/x", "rec/..", "./x", "a/b/c", "rec\\..\\x/y", "rec/a\x00b", "rec/a\nb"],
)
async def test_what_is_no_key_is_missing(storage: Storage, key: str) -> None:
    with pytest.raises(ObjectMissing):
        await storage.head(key)
    with pytest.raises(ObjectMissing):
        await read(storage, key, 0, 1)
    with pytest.raises(ObjectMissing):
        storage.path(key)


async def test_what_is_not_there_is_missing(storage: Storage, tmp_path: Path) -> None:
    for key in ("rec/main.webm", "rec/capture"):
        with pytest.raises(ObjectMissing):
            await storage.head(key)
        with pytest.raises(ObjectMissing):
            await read(storage, key, 0, 1)
        with pytest.raises(ObjectMissing):
            await storage.fetch(key, tmp_path)
    with pytest.raises(ObjectMissing):
        await storage.read_manifest("rec")


async def test_the_manifest_comes_back_as_it_was(storage: Storage) -> None:
    written = manifest(MAIN)
    await storage.write_manifest(written)
    found = await storage.read_manifest("rec")
    assert found == written
    assert found.files() == {"manifest.json", "main.webm"}


async def test_the_same_works_in_an_object_store(tmp_path: Path) -> None:
    storage = open_storage(tmp_path, "memory:///")
    (tmp_path / "main.webm").write_bytes(b"0123456789")
    await storage.publish("rec/main.webm", tmp_path / "main.webm")
    assert storage.path("rec/main.webm") is None
    assert (await storage.head("rec/main.webm")).size == 10
    assert await read(storage, "rec/main.webm", 2, 5) == b"234"
    folder = tmp_path / "folder"
    folder.mkdir()
    assert (await storage.fetch("rec/main.webm", folder)).read_bytes() == b"0123456789"
    with pytest.raises(ObjectMissing):
        await storage.head("rec/film.mp4")


def test_content_types_come_from_our_table() -> None:
    assert content_type("rec/film.mp4") == "video/mp4"
    assert content_type("rec/evil.html") == "application/octet-stream"
