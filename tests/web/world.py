"""The demo world behind the real application: SQLite, storage and sessions are real, only the room server is absent."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, WebSocket
from jinja2.bccache import Bucket, BytecodeCache
from starlette.testclient import TestClient

from classroom.actions.recordings import mark_recording_ready, start_recording
from classroom.badges import BadgeIssuer
from classroom.demo import DemoWorld, seed
from classroom.demo_courses import PASSWORD
from classroom.passwords import Passwords
from classroom.people import MunicipalityCode, RecordingId, new_id
from classroom.store.migrate import upgrade
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from classroom.video_uploads import Upload, UploadState
from media.control import StatsTaken
from media.load import LAG_BUCKETS_S
from recording.manifest import NAME, ClockStretch, Manifest, Scene, Track
from recording.publish import open_storage
from web.app import create_app
from web.services import Services, WebSettings
from web.upload_folder import UploadFolder

SECRET = "a secret of the tests, long enough for anything"
METRICS_TOKEN = "m" * 20
VIDEO = bytes(range(256)) * 40
"""What the test recording's file holds: 10,240 bytes that tell where they are."""


class Counts:
    rooms = peers = connections = recordings = recordings_troubled = 0
    workers = workers_up = 1


@dataclass
class AbsentRooms:
    """No media here: remembers what it was asked."""

    ready: bool = True
    refreshed: list[str] = field(default_factory=list)

    async def serve(self, websocket: WebSocket, lesson: str) -> None:
        await websocket.accept()
        await websocket.send_text(lesson)
        await websocket.close()

    async def refresh(self, lesson: str) -> None:
        self.refreshed.append(lesson)

    def counts(self) -> Counts:
        return Counts()

    async def whip(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]:
        raise AssertionError("no media here")

    async def whep(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]:
        raise AssertionError("no media here")

    async def caption(self, lesson: str, ticket: str, text: str, language: str) -> None:
        raise AssertionError("no media here")

    async def hang_up(self, resource: str) -> None:
        raise AssertionError("no media here")


class PaperRenderer:
    """Stands for the typst renderer, which has its own tests."""

    def render(self, certificate: Any, *, verify_url: str, locale: str, seal: Any = None) -> bytes:
        return f"%PDF {certificate.paper.number} {verify_url} {locale} {seal.mark if seal else ''}".encode()

    def render_statement(self, statement: Any, *, verify_url: str, locale: str) -> bytes:
        return f"%PDF {statement.shown_code} {verify_url} {locale}".encode()


def quick_passwords() -> Passwords:
    """Argon2 as weak as it gets: these tests sign in a lot."""
    return Passwords(memory_kib=64, rounds=1)


@dataclass(frozen=True)
class Template:
    """A data folder with the demo world in it, to be copied for every test."""

    folder: Path
    demo: DemoWorld
    recording: str
    upload: str
    """A video that is being uploaded to Suwon."""


async def build_template(folder: Path) -> Template:
    url = f"sqlite:///{folder / 'classroom.db'}"
    upgrade(url)
    store = Store(url)
    now = datetime.now(UTC)
    demo = await seed(store, quick_passwords(), now)
    recording = RecordingId(new_id())
    storage = open_storage(folder)
    await storage.put(f"{recording}/main.webm", VIDEO)
    await storage.put(f"{recording}/poster.jpg", b"\xff\xd8poster")
    await storage.put(f"{recording}/secret.txt", b"not in the manifest")
    await storage.write_manifest(manifest_of(recording, demo.ended_started_at))
    async with store.writing() as uow:
        await start_recording(uow, recording=recording, lesson=demo.ended_lesson, now=now)
        await mark_recording_ready(
            uow,
            recording,
            duration_s=60.0,
            gaps=[],
            manifest=f"{recording}/{NAME}",
            thumbnail=f"{recording}/poster.jpg",
            now=now,
        )
    upload = new_id()
    async with store.writing() as uow:
        staff = await uow.people.by_email("suwon@demo.example")
        assert staff is not None
        title = Text("영상", "Video")
        here = (MunicipalityCode("suwon"), staff[0].id, None, title, title, "arts", True, "a.mp4", 100)
        await uow.shelf.put_upload(Upload(upload, *here, UploadState.RECEIVING, now), now)
    await store.close()
    return Template(folder, demo, recording, upload)


def manifest_of(recording: str, started_at: datetime) -> Manifest:
    track = Track(
        id="main",
        kind="main",
        source="camera",
        owner=None,
        file="main.webm",
        mime='video/webm; codecs="vp8, opus"',
        offset_s=0.0,
        duration_s=60.0,
        width=1280,
        height=720,
        has_audio=True,
        visible=[(0.0, 60.0)],
        size_bytes=len(VIDEO),
    )
    return Manifest(
        recording=recording,
        duration_s=60.0,
        started_at=started_at,
        main="main",
        tracks=[track],
        scenes=[Scene(from_s=0.0, to_s=60.0, layout="camera", tracks=["main"])],
        gaps=[],
        pauses=[],
        clock=[ClockStretch(media_s=0.0, length_s=60.0, utc=started_at)],
        unsupported=[],
        losses=[],
        poster="poster.jpg",
    )


async def two_workers() -> dict[str, StatsTaken]:
    """What two media workers would tell."""
    lags = [3, *(0 for _ in LAG_BUCKETS_S)]
    return {
        name: StatsTaken(
            request=0,
            counters={"classroom_media_packets_sent_total": 7},
            gauges={"classroom_media_viewers": 2.0},
            dropped={"malformed": 1},
            lag_counts=lags,
            lag_sum_s=0.003,
        )
        for name in ("worker-0", "worker-1")
    }


class Compiled(BytecodeCache):
    """Templates are compiled once in this process, not for every application: a third of a second each."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._code.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class World:
    """One running application. `as_` signs in as a demo account (`resident01`) for the one request; None is a stranger."""

    def __init__(self, template: Template, folder: Path, **settings: Any) -> None:
        shutil.copytree(template.folder, folder, dirs_exist_ok=True)
        self.demo = template.demo
        self.recording = template.recording
        self.upload = template.upload
        self.ahead = timedelta()
        """How far the clock of the pages is ahead."""
        self.rooms = AbsentRooms()
        self.store = Store(f"sqlite:///{folder / 'classroom.db'}")
        self.app: FastAPI = create_app(
            Services(
                settings=WebSettings(secret=SECRET, public_url="http://testserver", metrics_token=METRICS_TOKEN, **settings),
                store=self.store,
                hasher=quick_passwords(),
                certificates=PaperRenderer(),
                badges=BadgeIssuer("http://testserver"),
                rooms=self.rooms,
                storage=open_storage(folder),
                uploads=UploadFolder(folder / "uploads"),
                media_stats=two_workers,
                now=lambda: datetime.now(UTC) + self.ahead,
            ),
            lifespan=self._lifespan,
        )
        self.app.state.pages.environment.bytecode_cache = COMPILED
        self.client = TestClient(self.app, follow_redirects=False)
        self._sessions: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        await self.store.close()

    def sign_in(self, name: str, password: str = PASSWORD, **headers: str) -> Any:
        """The answer of the sign-in form; the jar of the client stays empty."""
        response = self.client.post("/sign-in", data={"email": f"{name}@demo.example", "password": password}, headers=headers)
        self.client.cookies.clear()
        return response

    def session(self, name: str) -> str:
        if name not in self._sessions:
            self._sessions[name] = self.sign_in(name).cookies["session"]
        return self._sessions[name]

    def ask(
        self, method: str, path: str, as_: str | None = None, headers: Mapping[str, str] | None = None, **request: Any
    ) -> Any:
        sent = {"Accept-Language": "ko"} | dict(headers or {})
        if as_ is not None:
            sent["Cookie"] = f"session={self.session(as_)}" + (f"; {sent['Cookie']}" if "Cookie" in sent else "")
        response = self.client.request(method, path, headers=sent, **request)
        self.client.cookies.clear()
        return response

    def signed(self, path: str, as_: str) -> str:
        """The address of a media file, or a poster, as this person's player is told it."""
        address = path.partition("/files/")[0].removesuffix("/poster") + "/manifest.json"
        manifest = self.get(address, as_, headers={"Accept": "application/json"}).json()
        return f"{path}?pass={manifest.get('pass', '')}"

    def get(self, path: str, as_: str | None = None, **request: Any) -> Any:
        return self.ask("GET", path, as_, **request)

    def post(self, path: str, as_: str | None = None, **request: Any) -> Any:
        return self.ask("POST", path, as_, **request)

    def query(self, coroutine_function: Any, *arguments: Any) -> Any:
        """Run a query of the store on the application's own loop."""
        assert self.client.portal is not None
        return self.client.portal.call(coroutine_function, *arguments)
