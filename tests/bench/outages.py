"""R1, R4, R6 in real Chromium: what people notice when a part of the server is killed, or everything is restarted.

    python -m tests.bench.outages [--media 20] [--web 20] [--restarts 1]

`classroom serve`, an instructor with camera and two learners. First SIGUSR1. Then the media worker is killed (-9) again and
again: from the kill to new decoded pictures on both pages. Then the pages' process: from the kill to the room's welcome on both,
and how long pictures stood still. Prints `row value target pass`.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from playwright.async_api import Page, async_playwright

from tests.bench.fanout import show
from tests.bench.replay import sign_in
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.looking import received
from tests.browser.people import enter, teach
from tests.running import Server

WITHIN_S = 40.0
STEADY_S = 9.5
"""Between two kills: who ends again within 10 s of its start is started later each time."""
COUNT_WELCOMES = """
(() => {
  const Native = window.WebSocket;
  window.__welcomes = 0;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', (event) => {
        if (/"type": ?"welcome"/.test(event.data)) window.__welcomes += 1;
      });
    }
  };
})();
"""
WATCH_FRAMES = """() => {
  if (window.__watching) return;
  window.__watching = true;
  window.__longest = 0;
  let last = performance.now();
  let of = null;
  const look = () => {
    const video = document.querySelector('video[data-source="camera"]');
    if (video && video !== of) { of = video; video.requestVideoFrameCallback(function seen() {
      const now = performance.now();
      window.__longest = Math.max(window.__longest, now - last);
      last = now;
      video.requestVideoFrameCallback(seen);
    }); }
    setTimeout(look, 50);
  };
  look();
}"""


async def until(check: Callable[[], Awaitable[bool]], since: float) -> float:
    """Seconds from `since` until `check` holds; WITHIN_S when it never does."""
    while time.monotonic() < since + WITHIN_S:
        if await check():
            return time.monotonic() - since
        await asyncio.sleep(0.03)
    return WITHIN_S


def percentiles(took: list[float]) -> tuple[float, float, float]:
    ordered = sorted(took)
    return ordered[len(ordered) // 2], ordered[max(0, -(-len(ordered) * 95 // 100) - 1)], ordered[-1]


async def pictures_again(page: Page, killed: float) -> float:
    """New connections count from 0, so anything decoded after a moment in which nothing was is new."""
    before = (await received(page)).frames
    since = time.monotonic()

    async def moved() -> bool:
        frames = (await received(page)).frames
        return time.monotonic() - since > 0.2 and frames != before and frames > 0

    await asyncio.sleep(0.3)  # what was on its way is decoded
    before = (await received(page)).frames
    return await until(moved, killed)


async def longest_freeze(page: Page) -> float:
    """Between two pictures that were shown, since this was asked last."""
    longest_ms: float = await page.evaluate("() => { const longest = window.__longest; window.__longest = 0; return longest; }")
    return longest_ms / 1000


async def kill_media(server: Server, pages: list[Page], times: int) -> None:
    took: list[float] = []
    for _ in range(times):
        killed = server.kill_child("media-worker")
        took += await asyncio.gather(*(pictures_again(page, killed) for page in pages))
        print(f"       pictures after {took[-2]:.2f} and {took[-1]:.2f} s", file=sys.stderr, flush=True)
        await asyncio.sleep(STEADY_S)
    p50, p95, worst = percentiles(took)
    value = f"{times} kills of the media worker: pictures after p50 {p50:.2f}, p95 {p95:.2f}, max {worst:.2f} s"
    show("R1", value, "p95 ≤ 4 s, max ≤ 8 s", p95 <= 4 and worst <= 8)


def welcomed(page: Page, before: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return bool(await page.evaluate("window.__welcomes") > before)

    return check


async def kill_web(server: Server, pages: list[Page], times: int) -> None:
    took: list[float] = []
    frozen_s = 0.0
    for page in pages:
        await longest_freeze(page)
    for _ in range(times):
        before = [await page.evaluate("window.__welcomes") for page in pages]
        killed = server.kill_child("web")

        resumes = [until(welcomed(page, count), killed) for page, count in zip(pages, before, strict=True)]
        took += await asyncio.gather(*resumes)
        print(f"       back after {took[-2]:.2f} and {took[-1]:.2f} s", file=sys.stderr, flush=True)
        await asyncio.sleep(STEADY_S)
        frozen_s = max([frozen_s, *[await longest_freeze(page) for page in pages]])
    p50, p95, worst = percentiles(took)
    value = f"{times} kills of the pages: back in the room after p50 {p50:.2f}, p95 {p95:.2f}, max {worst:.2f} s"
    show("R4", value, "p95 ≤ 2 s", p95 <= 2)
    show("R4", f"longest time without a new picture meanwhile {frozen_s:.2f} s", "≤ 1 s", frozen_s <= 1)


async def restart(server: Server, pages: list[Page]) -> None:
    assert server.process is not None
    worker, web = server.child("media-worker").pid, server.child("web").pid
    for page in pages:
        await longest_freeze(page)
    began = time.monotonic()
    os.kill(server.process.pid, signal.SIGUSR1)

    async def is_new() -> bool:
        return not psutil.pid_exists(worker) and not psutil.pid_exists(web)

    took_s = await until(is_new, began)
    await asyncio.sleep(10)
    freezes = [await longest_freeze(page) for page in pages]
    before = [(await received(page)).frames for page in pages]
    await asyncio.sleep(1)
    still = [(await received(page)).frames > frames for page, frames in zip(pages, before, strict=True)]
    value = f"restart of everything in {took_s:.1f} s: longest freeze {max(freezes):.2f} s, "
    value += f"{sum(still)} of {len(still)} see the picture"
    show("R6", value, "0 dropped, ≤ 1 s", all(still) and max(freezes) <= 1)


async def run(media: int, web: int, restarts: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-outages-") as folder:
        server = Server(Path(folder) / "data").start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
                try:
                    lesson = str(server.live_lesson()["id"])
                    teacher = await sign_in(browser, server, "instructor")
                    await teach(teacher, lesson)
                    pages = [await sign_in(browser, server, name) for name in ("resident01", "resident02")]
                    for page in pages:
                        await page.context.add_init_script(COUNT_WELCOMES)
                        await enter(page, lesson)
                        await page.wait_for_selector('video[data-source="camera"]')
                        await page.evaluate(WATCH_FRAMES)
                    await asyncio.sleep(5)
                    for _ in range(restarts):
                        await restart(server, pages)
                    if media:
                        await kill_media(server, pages, media)
                    if web:
                        await kill_web(server, pages, web)
                finally:
                    await browser.close()
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--media", type=int, default=20)
    parser.add_argument("--web", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.media, arguments.web, arguments.restarts))


if __name__ == "__main__":
    main()
