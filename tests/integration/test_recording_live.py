"""Watching a class from its beginning while it goes on: the server's files in real Chromium's MediaSource."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from recording import log
from recording.live import LiveFiles, read_live
from recording.prepare import LAG_S, Preparation
from tests.integration.test_recording_playback import READ, Ranges
from tests.integration.test_recording_playback import page as browser_page  # noqa: F401 — a fixture
from tests.recording.files import assert_decodes, duration_s
from tests.recording.lecture import Lecture
from tests.recording.material import BITS, FPS, encode_pictures, encode_sound
from tests.waiting import within

pytestmark = [pytest.mark.integration, pytest.mark.browser]
STATIC = Path(__file__).parent.parent.parent / "web" / "static" / "js"
START = """async () => {
  const {LiveClass, LiveSource} = await import('/js/replay/live-source.js');
  const video = document.querySelector('video');
  window.over = false;
  await new Promise((resolve) => {
    const live = new LiveClass('/live', {
      changed: (state) => {
        window.state = state;
        if (window.source) return;
        window.source = new LiveSource(video, state.tracks[0], live);
        window.source.start();
        resolve();
      },
      over: () => { window.over = true; },
    });
    live.start();
  });
}"""


class Growing(Ranges):
    """The pages' live routes over one folder, and the front end's own modules."""

    work: Path

    def do_GET(self) -> None:
        self.path = self.path.partition("?")[0]  # the pass is the pages' business
        name = self.path.rpartition("/")[2]
        if self.path.startswith("/js/"):
            self._send(200, (STATIC / self.path[4:]).read_bytes(), "text/javascript", {})
        elif self.path == "/live.json":
            path = self.work / name
            self._send(200, path.read_bytes(), "application/json", {}) if path.exists() else self._send(
                404, b"", "text/plain", {}
            )
        elif self.path.startswith("/live/"):
            start = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])
            if start >= (self.work / name).stat().st_size:
                self._send(416, b"", "text/plain", {})
                return
            self.path = name
            super().do_GET()
        elif self.path == "/":
            super().do_GET()
        else:
            self._send(404, b"", "text/plain", {})


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    handler = type("Here", (Growing,), {"folder": tmp_path / "work", "work": tmp_path / "work"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def record(folder: Path, codec: str, seconds: int) -> Path:
    """Lays down a lecture's log; returns it so that a test can let it grow."""
    made = Lecture()
    made.pictures(1000.0, encode_pictures(codec, FPS * seconds, 320, 180, key_every=150), codec=codec)
    made.sound(1000.0, encode_sound(seconds))
    return made.write(folder / "whole", closed=False)


async def wait(page: Page, question: str, within_s: float = 15.0) -> Any:
    await page.wait_for_function(question, timeout=within_s * 1000)


@pytest.mark.parametrize("codec", ["vp8", "h264", "vp9", "av1"])
async def test_a_class_is_watched_from_its_beginning_while_it_goes_on(
    browser_page: Page,  # noqa: F811
    address: str,
    tmp_path: Path,
    codec: str,
) -> None:
    page = browser_page
    whole = await asyncio.to_thread(record, tmp_path, codec, 60)
    data = whole.read_bytes()
    growing = tmp_path / "capture" / log.segment_name(1, 1)
    growing.parent.mkdir()
    growing.write_bytes(data[: len(data) // 2])
    preparation = Preparation("rec", tmp_path / "capture", tmp_path / "work")
    files = LiveFiles(tmp_path / "work")

    def follow() -> None:
        while preparation.advance():
            pass
        files.write(preparation)

    await asyncio.to_thread(follow)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "rec").symlink_to(tmp_path)
    live = read_live(tmp_path, "rec")
    assert live is not None
    assert 30 - LAG_S - 4.5 < live.duration_s < 30, "at most LAG_S and a fragment or two behind"
    assert (live.media_time(live.wall_time(5.0)), live.clock[-1].length_s) == (5.0, live.duration_s), (
        "what was said has its place"
    )
    await page.goto(address)
    async with within(30, "the state of the class is fetched and its first part plays"):
        await page.evaluate(START)
        await page.evaluate("document.querySelector('video').play()")
    await wait(page, "document.querySelector('video').currentTime > 1.5")
    await page.evaluate("(video => { video.pause(); video.currentTime = 15.5; })(document.querySelector('video'))")
    await wait(page, "document.querySelector('video').readyState >= 2 && !document.querySelector('video').seeking")
    seen = await page.evaluate(READ, BITS)
    assert abs(seen["number"] - 15.5 * FPS) <= 2, "the picture of that second"
    growing.write_bytes(data)
    await asyncio.to_thread(follow)
    await wait(page, "window.state.duration_s > 45 && document.querySelector('video').seekable.end(0) > 44.5")
    await page.evaluate("document.querySelector('video').currentTime = 44")
    await wait(page, "document.querySelector('video').readyState >= 2 && !document.querySelector('video').seeking")
    seen = await page.evaluate(READ, BITS)
    assert abs(seen["number"] - 44 * FPS) <= 2
    await asyncio.to_thread(preparation.finish)
    (tmp_path / "work" / "live.json").unlink()
    await wait(page, "window.over")
    (main,) = (path for path in (tmp_path / "work").iterdir() if path.suffix in (".webm", ".mp4"))
    assert_decodes(main)
    assert abs(duration_s(main) - 60) < 1.2, "an ordinary file in the end"
