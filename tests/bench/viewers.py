"""Eight people who watch, each a page of real Chromium, on the machine that also serves them: do they see every picture?

    python -m tests.bench.viewers [--viewers 8] [--seconds 30] [--only phone|window] [--teacher encoder|browser]

They sit in one browser, muted, each in the real room page: first pages of a phone's size, then of a window's. The lecture comes
from an encoder as a lecture hall has one (ffmpeg over WHIP, 360p and 720p in H.264, encoded beforehand: its machine is another
one in life), or from the instructor's own Chromium on this machine, which encodes 720p in three sizes; a page then gets the size
it shows. All is decoded, painted and served by this machine without a graphics card, so the CPU of each part is told beside the
row. Judged by the browsers' own getStats. About three minutes. Prints `row value target pass`.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.async_api import Browser, Page, Playwright, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.encoder import FFMPEG, publishing
from tests.browser.looking import eventually, received
from tests.browser.people import enter, teach
from tests.running import PASSWORD, Server, classroom

SIZES = {"phone": (390, 844), "window": (1280, 800)}
LECTURES = {"phone": ("640x360", "600k"), "window": ("1280x720", "1400k")}
"""What an encoder sends to pages of such a size."""
SETTLE_S = 8.0
"""Joins, and the first estimates of a new connection."""
FPS, CLEAN_FPS = 30, 29.5
COUNT = """async () => {
  const seen = {at: performance.now(), frames: 0, freezes: 0, frozen_s: 0, dropped: 0, lost: 0, height: 0};
  for (const connection of window.__connections) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach((row) => {
      if (row.type !== 'inbound-rtp' || row.kind !== 'video' || !row.framesDecoded) return;
      seen.frames += row.framesDecoded; seen.freezes += row.freezeCount; seen.frozen_s += row.totalFreezesDuration;
      seen.dropped += row.framesDropped; seen.lost += row.packetsLost; seen.height = row.frameHeight;
    });
  }
  return seen;
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one page showed while it was measured."""

    fps: float
    freezes: int
    frozen_s: float
    dropped: int
    lost: int
    height: int


def cpu_s(pid: int) -> float:
    """What a process and its children have used."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for process in (root := psutil.Process(pid), *root.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def new_children(before: set[int]) -> Iterator[int]:
    """Processes with a data folder of their own that came since: the browser just launched."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.pid not in before and "chromium" in process.name() and not any("--type=" in a for a in process.cmdline()):
                yield process.pid


async def sign_in(browser: Browser, server: Server, name: str, size: tuple[int, int]) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="ko", timezone_id="Asia/Seoul", base_url=server.url
    )
    form = {"email": f"{name}@demo.example", "password": PASSWORD}
    answer = await context.request.post("/sign-in", form=form, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0)
    assert answer.status == 303, await answer.text()
    page = await context.new_page()
    page.set_default_timeout(30_000)
    return page


async def watch(pages: list[Page], seconds: float) -> list[Seen]:
    before = [await page.evaluate(COUNT) for page in pages]
    await asyncio.sleep(seconds)
    after = [await page.evaluate(COUNT) for page in pages]
    return [
        Seen(
            (end["frames"] - start["frames"]) / (end["at"] - start["at"]) * 1000,
            end["freezes"] - start["freezes"],
            end["frozen_s"] - start["frozen_s"],
            end["dropped"] - start["dropped"],
            end["lost"] - start["lost"],
            end["height"],
        )
        for start, end in zip(before, after, strict=True)
    ]


def tell(size: str, seen: list[Seen], cpu: dict[str, float]) -> bool:
    """Print the row; True when it passes."""
    slowest = min(each.fps for each in seen)
    freezes, frozen_s = sum(each.freezes for each in seen), sum(each.frozen_s for each in seen)
    heights = "/".join(str(height) for height in sorted({each.height for each in seen}))
    value = f"{len(seen)} pages ({size}, {heights}p): {slowest:.1f} fps at least, {freezes} freezes, {frozen_s:.2f} s frozen"
    passed = slowest >= CLEAN_FPS and freezes == 0
    print(f"{'viewers':8} {value:70} {'30 fps, 0 freezes':20} {'pass' if passed else 'FAIL'}", flush=True)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in cpu.items())
    lost, dropped = sum(each.lost for each in seen), sum(each.dropped for each in seen)
    print(
        f"         of a core: {shares}; load {os.getloadavg()[0]:.1f}; {lost} packets lost, {dropped} pictures dropped",
        flush=True,
    )
    return passed


def lecture(folder: Path, size: str) -> Path:
    """Half a minute, encoded: sending it then costs next to nothing."""
    pixels, rate = LECTURES[size]
    path = folder / f"{size}.mkv"
    encoding = [
        *("-f", "lavfi", "-i", f"testsrc2=size={pixels}:rate={FPS}", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"),
        *("-t", "30", "-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-bf", "0", "-g", "60"),
        *("-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-pix_fmt", "yuv420p", "-c:a", "libopus", "-ac", "2", "-b:a", "48k"),
    ]
    subprocess.run([FFMPEG, "-loglevel", "error", "-y", *encoding, str(path)], check=True, timeout=60)
    return path


async def launch(playwright: Playwright, opened: contextlib.AsyncExitStack) -> tuple[Browser, int]:
    """A browser, closed with `opened`, and its process."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    browser = await playwright.chromium.launch(
        executable_path=CHROMIUM, headless=True, args=[*FLAGS, "--mute-audio"], timeout=60_000
    )
    opened.push_async_callback(browser.close)
    return browser, next(new_children(before))


async def measure(server: Server, size: str, teacher: str, count: int, seconds: float) -> bool:
    """A class of `count` pages of this size, watched."""
    lesson = str(server.live_lesson()["id"])
    assert server.process is not None, "it runs"
    pids = {"the server": server.process.pid}
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as opened:
        if teacher == "browser":
            studio, pids["the instructor's browser"] = await launch(playwright, opened)
            await teach(await sign_in(studio, server, "instructor", SIZES["window"]), lesson)
        else:
            film = lecture(server.data.parent, size)
            encoder = opened.enter_context(publishing(server, lesson, ["-i", str(film), "-c", "copy"]))
            pids["the encoder"] = encoder.pid
        hall, pids[f"{count} viewers"] = await launch(playwright, opened)
        pages = []
        for number in range(count):
            page = await sign_in(hall, server, f"resident{number + 1:02}", SIZES[size])
            await enter(page, lesson)
            pages.append(page)
        for page in pages:
            await eventually("the picture moves", lambda page=page: moves(page), 30.0)
        await asyncio.sleep(SETTLE_S)
        used = {name: cpu_s(pid) for name, pid in pids.items()}
        began = time.monotonic()
        seen = await watch(pages, seconds)
        took_s = time.monotonic() - began
        return tell(f"{size}, {teacher}", seen, {name: (cpu_s(pid) - used[name]) / took_s for name, pid in pids.items()})


async def moves(page: Page) -> bool:
    return (await received(page)).frames > FPS


def until_calm(data: Path) -> None:
    """The demo's own film is composed: that would be measured, too."""
    deadline = time.monotonic() + 120
    while {row["state"] for row in classroom("recordings", data=data)} != {"composed"} and time.monotonic() < deadline:
        time.sleep(0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", choices=list(SIZES))
    parser.add_argument("--teacher", choices=["encoder", "browser"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data").start()
        try:
            until_calm(server.data)
            for teacher in [arguments.teacher] if arguments.teacher else ["encoder", "browser"]:
                for size in [arguments.only] if arguments.only else list(SIZES):
                    asyncio.run(measure(server, size, teacher, arguments.viewers, arguments.seconds))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
