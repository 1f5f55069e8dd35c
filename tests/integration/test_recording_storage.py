"""The same promises of the storage in a folder and in an S3-compatible store (moto's server, really spoken to over HTTP)."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classroom.demo import seed
from classroom.people import MunicipalityCode
from classroom.store.migrate import upgrade
from classroom.store.unit_of_work import Store as AcademicStore
from classroom.texts import Text
from classroom.video_uploads import Upload, UploadState
from recording.errors import ObjectMissing, StorageAway
from recording.publish import Storage, open_storage, sha256_of
from tests.integration.film_jobs import jobs, lecture
from tests.recording.catalogue import MemoryCatalogue
from tests.recording.files import assert_decodes
from tests.recording.manifests import MAIN, manifest
from tests.web.test_shelf import H264, film
from tests.web.world import quick_passwords
from web.upload_folder import UploadFolder
from web.video_jobs import VideoJobs

pytestmark = pytest.mark.integration


class Store:
    """An S3 server that can be stopped and started again with what it held gone: as good as a network that is away."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/films", method="PUT")
                urllib.request.urlopen(asked, timeout=2).close()
                return
            except (OSError, urllib.error.URLError):
                assert time.monotonic() < deadline, "moto never answered"
                time.sleep(0.2)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Line:
    """The way to a server on this machine, that can be cut and joined again while the server keeps what it holds."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.cut_after: int | None = None
        """So many bytes more towards the server, then it is cut by itself."""

    async def join(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Nobody is heard any more, who talks is cut off. Idempotent."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await asyncio.sleep(0.05)
            self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, back}
        await asyncio.gather(self._pump(reader, back, there=True), self._pump(there, writer), return_exceptions=True)
        self._open -= {writer, back}

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, there: bool = False) -> None:
        try:
            while data := await source.read(1 << 16):
                if there and self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after <= 0:
                        self.cut_after = None
                        await self.cut()
                target.write(data)
                await target.drain()
        finally:
            target.close()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(port: int) -> Iterator[Store]:
    store = Store(port)
    try:
        store.start()
        yield store
    finally:
        store.stop()


@pytest.fixture
def s3(server: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return "s3://films/recordings"


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return open_storage(tmp_path, request.getfixturevalue("s3") if request.param == "s3" else None)


async def test_what_is_put_comes_back_whole_and_in_parts(storage: Storage, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4_000
    (tmp_path / "main.webm").write_bytes(data)
    await storage.publish("rec/main.webm", tmp_path / "main.webm")
    info = await storage.head("rec/main.webm")
    assert (info.size, info.mime) == (len(data), "video/webm")
    assert await storage.read("rec/main.webm") == data
    part = b"".join([chunk async for chunk in storage.open_range("rec/main.webm", 100_000, 900_001)])
    assert part == data[100_000:900_001]
    assert (await storage.fetch("rec/main.webm", tmp_path)).read_bytes() == data
    await storage.delete("rec/main.webm")
    await storage.delete("rec/main.webm")
    for key in ("rec/main.webm", "rec", "../rec/main.webm", "rec/../x"):
        with pytest.raises(ObjectMissing):
            await storage.head(key)


async def test_a_manifest_is_changed_only_for_the_edition_meant(storage: Storage) -> None:
    await storage.write_manifest(manifest(MAIN))
    changed = await storage.change_manifest("rec", 1, lambda now: now.model_copy(update={"poster": "poster.jpg"}))
    assert changed is not None
    assert (await storage.read_manifest("rec")).poster == "poster.jpg"
    assert await storage.change_manifest("rec", 2, lambda now: now) is None


async def test_a_store_that_is_away_at_the_end_of_class_costs_time_and_nothing_else(
    server: Store, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the capture to a film in S3, with the store down when the recording becomes ready."""
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.1)
    monkeypatch.setattr("recording.runner.LONGEST_WAIT_S", 1.0)
    lecture(tmp_path / "recordings" / "rec", 6)
    catalogue = MemoryCatalogue(rec="capturing")
    server.stop()
    async with jobs(tmp_path, catalogue, s3):
        catalogue.end("rec")
        deadline = time.monotonic() + 20
        while not (tmp_path / "recordings" / "rec" / "work").exists() and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        await asyncio.sleep(2.0)
        assert (catalogue.states["rec"], catalogue.failures) == ("capturing", {})
        server.start()
        await catalogue.reaches("rec", "composed", within_s=90.0)
    storage = open_storage(tmp_path, s3)
    made = await storage.read_manifest("rec")
    assert made.film is not None
    (tmp_path / "fetched").mkdir()
    assert_decodes(await storage.fetch(f"rec/{made.film.file}", tmp_path / "fetched"))
    assert not (tmp_path / "recordings" / "rec" / "main.webm").exists(), "it lives in the store"


async def test_a_store_that_is_away_while_the_film_is_made_is_waited_for(
    server: Store, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off as soon as the replay plays: the film is neither given up nor encoded twice."""
    line = Line(server.port)
    await line.join()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.port}")
    monkeypatch.setattr("recording.publish.LONGEST_WAIT_S", 1.0)
    lecture(tmp_path / "recordings" / "rec", 6)
    catalogue = MemoryCatalogue(rec="capturing")
    try:
        async with jobs(tmp_path, catalogue, s3):
            catalogue.end("rec")
            await catalogue.reaches("rec", "ready")
            await line.cut()
            with pytest.raises(StorageAway):
                await open_storage(tmp_path, s3).read_manifest("rec")
            await asyncio.sleep(4.0)
            assert (catalogue.states["rec"], catalogue.failures) == ("ready", {})
            await line.join()
            await catalogue.reaches("rec", "composed", within_s=60.0)
        assert [state for state, _ in catalogue.notes if state == "failed"] == []
        assert catalogue.manifests["rec"].film is not None
    finally:
        await line.cut()


async def test_a_store_that_goes_away_in_the_middle_of_a_ready_made_video_gets_it_whole_later(
    server: Store, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after the first megabytes of the file: coded once, there whole, and said to be there only then."""
    line = Line(server.port)
    await line.join()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.port}")
    monkeypatch.setattr("recording.publish.LONGEST_WAIT_S", 1.0)
    upgrade(f"sqlite:///{tmp_path / 'classroom.db'}")
    academic = AcademicStore(f"sqlite:///{tmp_path / 'classroom.db'}")
    uploads = UploadFolder(tmp_path / "uploads")
    now = datetime.now(UTC)
    await seed(academic, quick_passwords(), now)
    noise = ("-vf", "noise=alls=60:allf=t,scale=1280:720", "-crf", "12", "-movflags", "+faststart")
    data = await asyncio.to_thread(film, tmp_path, *H264, *noise)
    assert len(data) > 8 << 20, "in several parts"
    async with academic.writing() as uow:
        staff = await uow.people.by_email("suwon@demo.example")
        assert staff is not None
        titles = (Text("봄", "Spring"), Text("", ""))
        here = (MunicipalityCode("suwon"), staff[0].id, None, *titles, "arts", True, "a.mp4", len(data))
        await uow.shelf.put_upload(Upload("v1", *here, UploadState.RECEIVED, now), now)
    uploads.path("v1").parent.mkdir(parents=True, exist_ok=True)
    uploads.path("v1").write_bytes(data)

    async def state() -> UploadState:
        async with academic.reading() as uow:
            found = await uow.shelf.upload("v1")
            assert found is not None
            return found.state

    line.cut_after = 3 << 20
    making = asyncio.create_task(VideoJobs(academic, open_storage(tmp_path, s3), uploads, lambda: datetime.now(UTC)).turn())
    try:
        async with asyncio.timeout(60):
            while line.cut_after is not None:
                await asyncio.sleep(0.1)
            await asyncio.sleep(3.0)
            assert (await state(), making.done()) == (UploadState.MAKING, False)
            await line.join()
            await making
        assert await state() is UploadState.READY
        storage = open_storage(tmp_path, s3)
        manifest = await storage.read_manifest("v1")
        fetched = await storage.fetch("v1/video.mp4", tmp_path)
        assert manifest.sha256["video.mp4"] == sha256_of(fetched)
        assert_decodes(fetched)
        assert not uploads.path("v1").exists()
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        await line.cut()
        await academic.close()
