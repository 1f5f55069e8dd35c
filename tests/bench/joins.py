"""P4, the browser's half, step by step: `python -m tests.bench.joins [TIMES]`. One class, people who enter one after the other.

Prints when each step of a join was reached after the press, p50 and p95, so that one sees which step the time is lost in.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.bench.fanout import show
from tests.bench.replay import sign_in
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.people import enter, teach
from tests.running import Server

STEPS = ("ticket", "socket", "welcome", "offer", "answer", "ice", "connected", "packet", "picture")
WATCH = """
(() => {
  const at = (window.__at = {});
  const reach = (step) => { if (at.press && !at[step]) at[step] = performance.now(); };
  addEventListener('click', () => { at.press ||= performance.now(); }, true);
  const fetched = window.fetch;
  window.fetch = async (...args) => {
    const answer = await fetched(...args);
    if (String(args[0]).includes('ticket')) reach('ticket');
    return answer;
  };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener('open', () => reach('socket'));
      this.addEventListener('message', ({ data }) => {
        if (/"type": ?"welcome"/.test(data)) reach('welcome');
        if (String(data).includes('"type":"view-offered"')) reach('offer');
      });
    }
    send(data) {
      if (String(data).includes('"type":"view-answer"')) reach('answer');
      super.send(data);
    }
  };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      const ice = () => ['connected', 'completed'].includes(this.iceConnectionState) && reach('ice');
      this.addEventListener('iceconnectionstatechange', ice);
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && reach('connected'));
      const unmuted = ({ target }) => target.kind === 'video' && reach('packet');
      this.addEventListener('track', ({ track }) => track.addEventListener('unmute', unmuted));
    }
  };
  let tell = () => {};
  window.__pictured = new Promise((done) => { tell = done; });
  const look = () => {
    const videos = [...document.querySelectorAll('video[data-source="camera"]')];
    const shown = videos.some((video) => video.videoWidth > 0 && video.currentTime > 0);
    if (shown) reach('picture');
    if (at.picture) tell(at);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


async def join(browser: Browser, server: Server, lesson: str, name: str) -> dict[str, float]:
    """Milliseconds from the press to each step."""
    page = await sign_in(browser, server, name)
    try:
        await page.context.add_init_script(WATCH)
        await page.goto(f"/lessons/{lesson}/room")
        await page.get_by_role("button", name="수업 입장").click()
        async with asyncio.timeout(20):
            at: dict[str, float] = await page.evaluate("window.__pictured")
        return {step: at[step] - at["press"] for step in STEPS if step in at}
    finally:
        await page.context.close()


async def run(times: int) -> None:
    taken: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="bench-joins-") as folder:
        server = Server(Path(folder) / "data").start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
                try:
                    lesson = str(server.live_lesson()["id"])
                    await teach(await sign_in(browser, server, "instructor"), lesson)
                    await enter(await sign_in(browser, server, "resident20"), lesson)  # a class that runs is watched by somebody
                    await asyncio.sleep(2)
                    for number in range(times):
                        taken.append(await join(browser, server, lesson, f"resident{number % 19 + 1:02}"))
                        print("       ", " ".join(f"{step} {ms:.0f}" for step, ms in taken[-1].items()), flush=True)
                finally:
                    await browser.close()
        finally:
            server.stop()
    for step in STEPS:
        reached = sorted(join[step] for join in taken if step in join)
        if reached:
            p95 = reached[max(0, -(-len(reached) * 95 // 100) - 1)]
            print(f"        {step:10} p50 {reached[len(reached) // 2]:5.0f} ms, p95 {p95:5.0f} ms")
    pictures = sorted(join["picture"] for join in taken)
    p95 = pictures[max(0, -(-len(pictures) * 95 // 100) - 1)]
    value = (
        f"press → picture, {times} joins: p50 {pictures[len(pictures) // 2]:.0f}, p95 {p95:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )
    show("P4", value, "p95 ≤ 700 ms", p95 <= 700)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
