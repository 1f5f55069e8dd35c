"""Real Chromium plays what we write: the right duration, sound, and the right picture after seeking."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from recording.compose import compose_film, make_poster
from recording.publish import content_type, open_storage
from tests.recording.files import assert_decodes, prepare
from tests.recording.lecture import Lecture
from tests.recording.material import BITS, FPS, encode_pictures, encode_sound
from tests.waiting import within

pytestmark = [pytest.mark.integration, pytest.mark.browser]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
READ = """(bits) => {
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  canvas.width = 640; canvas.height = 360;
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 640, 360);
  const cell = 640 / (bits + 2), y = (8 + cell / 2) * 1;
  let number = 0;
  for (let bit = 0; bit < bits; bit++)
    if (pen.getImageData(cell * (bit + 1.5), y * 0.8, 1, 1).data[0] > 125) number |= 1 << bit;
  return {number, time: video.currentTime, width: video.videoWidth, middle: pen.getImageData(100, 250, 1, 1).data[0]};
}"""


class Ranges(BaseHTTPRequestHandler):
    """Serves one folder with Range requests, as the web process does."""

    folder: Path

    def do_GET(self) -> None:
        if self.path == "/":
            self._send(200, b"<!doctype html><video muted></video>", "text/html", {})
            return
        path = self.folder / self.path.strip("/")
        size = path.stat().st_size
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2]) + 1 if asked and asked[2] else size, size)
        with open(path, "rb") as file:
            file.seek(start)
            data = file.read(end - start)
        extra = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end - 1}/{size}"}
        self._send(206 if asked else 200, data, content_type(path.name), extra)

    def _send(self, status: int, data: bytes, mime: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": mime, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:  # the player changed its mind
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    handler = type("Here", (Ranges,), {"folder": tmp_path / "rec"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield await browser.new_page()
        await browser.close()


async def load(page: Page, address: str, file: str) -> float:
    """Open a file in the player; its duration."""
    await page.goto(address)
    await page.evaluate("(file) => { document.querySelector('video').src = '/' + file }", file)
    await page.wait_for_function("document.querySelector('video').readyState >= 2", timeout=20_000)
    return float(await page.evaluate("document.querySelector('video').duration"))


async def seek(page: Page, to_s: float) -> dict[str, Any]:
    """Seek; what is on screen afterwards."""
    async with within(30, f"it has sought to {to_s}"):
        await page.evaluate(
            """(to) => new Promise((done) => {
          const video = document.querySelector('video');
          video.pause();
          video.addEventListener('seeked', () => video.requestVideoFrameCallback ? setTimeout(done, 150) : done(), {once: true});
          video.currentTime = to;
        })""",
            to_s,
        )
    return dict(await page.evaluate(READ, BITS))


async def plays(page: Page) -> bool:
    """Time, pictures and sound go on from where it is."""
    before = await page.evaluate("document.querySelector('video').currentTime")
    async with within(30, "it plays"):
        await page.evaluate("document.querySelector('video').muted = true; document.querySelector('video').play()")
    await page.wait_for_function(f"document.querySelector('video').currentTime > {before} + 1", timeout=20_000)
    return bool(await page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames > 0"))


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1"])
async def test_the_main_file_plays_and_seeks(tmp_path: Path, address: str, page: Page, codec: str) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures(codec, 500), codec=codec)
    lecture.sound(1000.0, encode_sound(20))
    lecture.write(tmp_path / "rec" / "capture")
    manifest = prepare(tmp_path / "rec")
    duration = await load(page, address, f"work/{manifest.track('main').file}")
    assert duration == pytest.approx(manifest.duration_s, abs=0.5)
    assert await plays(page)
    assert await page.evaluate("document.querySelector('video').webkitAudioDecodedByteCount") > 0
    for share in (0.8, 0.25, 0.99, 0.5):
        shown = await seek(page, share * duration)
        assert abs(shown["number"] / FPS - shown["time"]) < 0.12, f"the right picture after seeking to {share:.0%}"
    assert await plays(page)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_cameras_that_come_and_go_play_through(tmp_path: Path, address: str, page: Page, codec: str) -> None:
    """Black before, between and after; another resolution in the second half; a crash in the middle."""
    lecture = Lecture()
    lecture.sound(1000.0, encode_sound(20), close=False)
    lecture.pictures(1005.0, encode_pictures(codec, 125), codec=codec)
    lecture.pictures(1015.0, encode_pictures(codec, 500, 320, 180), codec=codec, peer="p2", close=False)
    lecture.write(tmp_path / "rec" / "capture", run=1, until_s=1019.0, closed=False)
    lecture.events.clear()
    lecture.tracks = 0
    lecture.sound(1022.0, encode_sound(10))
    lecture.pictures(1022.0, encode_pictures(codec, 250), codec=codec)
    lecture.write(tmp_path / "rec" / "capture", run=2)
    manifest = prepare(tmp_path / "rec")
    duration = await load(page, address, f"work/{manifest.track('main').file}")
    assert duration == pytest.approx(32.0, abs=0.5)
    assert (await seek(page, 2.0))["middle"] < 30
    assert abs((await seek(page, 8.0))["number"] - 75) < 4
    assert (await seek(page, 12.0))["middle"] < 30
    shown = await seek(page, 17.0)
    assert (shown["width"], abs(shown["number"] - 50) < 4) == (320, True)
    frozen = await seek(page, 20.5)
    assert abs(frozen["number"] - 99) < 4, "the last good picture stays over the gap"
    shown = await seek(page, 28.0)
    assert (shown["width"], abs(shown["number"] - 150) < 4) == (640, True)
    await seek(page, 9.0)
    assert await plays(page)
    await seek(page, 13.5)
    await page.evaluate("document.querySelector('video').play()")
    await page.wait_for_function("document.querySelector('video').currentTime > 16", timeout=20_000)
    assert dict(await page.evaluate(READ, BITS))["width"] == 320


async def test_screen_and_film_play_and_seek(tmp_path: Path, address: str, page: Page) -> None:
    lecture = Lecture()
    lecture.pictures(1000.0, encode_pictures("vp8", 500, shade=60))
    lecture.sound(1000.0, encode_sound(20))
    lecture.pictures(1004.0, encode_pictures("vp8", 300, 960, 540, shade=170), source="screen")
    lecture.write(tmp_path / "rec" / "capture")
    manifest = prepare(tmp_path / "rec")
    poster = await make_poster(manifest, tmp_path / "rec" / "work")
    assert poster is not None
    storage = open_storage(tmp_path)
    (tmp_path / "recordings").rmdir()
    (tmp_path / "recordings").symlink_to(tmp_path)
    for track in manifest.tracks:
        await storage.publish(f"rec/{track.file}", tmp_path / "rec" / "work" / track.file)
    await storage.write_manifest(manifest)
    manifest = await asyncio.wait_for(compose_film(manifest, storage, tmp_path / "film"), 60)
    assert_decodes(tmp_path / "rec" / "film.mp4")

    await load(page, address, "screen-1.webm")
    shown = await seek(page, 8.0)
    assert abs(shown["number"] - 200) < 4
    assert await plays(page)

    duration = await load(page, address, "film.mp4")
    assert duration == pytest.approx(20.0, abs=0.5)
    shown = await seek(page, 2.0)
    assert (abs(shown["number"] - 50) < 4, abs(shown["middle"] - 60) < 15) == (True, True)
    shown = await seek(page, 12.0)
    assert (abs(shown["number"] - 200) < 5, abs(shown["middle"] - 170) < 15) == (True, True)
    assert await plays(page)
