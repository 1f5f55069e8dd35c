"""Real Chromium against a real server. One browser for the session; every person is a context of their own."""

import fcntl
import hashlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.picture import write_camera_file
from tests.running import PASSWORD, Server, classroom

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
]
expect.set_options(timeout=20_000)
"""A condition is waited for, not timed: a shared machine may stand still for seconds."""
SignIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def camera_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_camera_file(tmp_path_factory.mktemp("camera") / "camera.y4m")


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start of `serve --demo` leaves, its film composed: made once of this code and day, copied for every server.

    Else each server would draw the film anew and compose it beside the class under test: a minute of both cores.
    """
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    shared = cache.mkdir("demo") if cache is not None else tmp_path_factory.mktemp("demo")
    folder = shared / made_of()
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of one run make it once
        if not folder.exists():
            for old in shared.iterdir():
                if old.name == "making" or time.time() - old.stat().st_mtime > 3_600:  # else it may be in use
                    shutil.rmtree(old, ignore_errors=True)
            making = Server(shared / "making").start()
            try:
                deadline = time.monotonic() + 120
                while (states := {row["state"] for row in classroom("recordings", data=making.data)}) != {"composed"}:
                    assert time.monotonic() < deadline, f"the demo's film is not composed: {states}"
                    time.sleep(0.5)
            finally:
                assert making.stop() == 0, making.log.read_text()
            making.data.rename(folder)
    return folder


def made_of() -> str:
    """Changes with what could make another demo world: our code, and the day, because its dates count from it."""
    digest = hashlib.sha256(time.strftime("%Y-%m-%d").encode())
    for package in ("classroom", "recording", "signaling", "web"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".typ"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="module")
def data(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of one's own with the demo world."""
    return shutil.copytree(demo, tmp_path_factory.mktemp("server") / "data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    running = Server(data).start()
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest_asyncio.fixture
async def chromium(camera_file: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            headless=True,
            args=[*FLAGS, f"--use-file-for-fake-video-capture={camera_file}"],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def sign_in(chromium: Browser, server: Server) -> AsyncIterator[SignIn]:
    """`await sign_in("resident01")` → a page of a fresh context, signed in, in Korean unless told."""
    contexts: list[BrowserContext] = []

    async def open_page(name: str | None, *, lang: str = "ko", width: int = 1280, height: int = 800) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": height}, locale=lang, timezone_id="Asia/Seoul", base_url=server.url
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(30_000)
        if name is not None:
            # Without the form, which others fill in (`test_hostile_room.py`): a second of both cores for every person.
            form = {"email": f"{name}@demo.example", "password": PASSWORD}
            answer = await context.request.post("/sign-in", form=form, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0)
            assert answer.status == 303, await answer.text()
        return page

    yield open_page
    for context in contexts:
        await context.close()
