"""Firefox ESR teaches a class and sees one: both windows are one Firefox, told apart by the host name their cookies belong to."""

import asyncio
from itertools import takewhile
from pathlib import Path

import av
import pytest

from tests.browser.firefox import Firefox, firefox
from tests.running import PASSWORD, Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(170)]

KEEP_CONNECTIONS = """
const Native = window.RTCPeerConnection;
window.__connections = [];
window.RTCPeerConnection = class extends Native {
  constructor(...args) { super(...args); window.__connections.push(this); }
};
"""
FRAMES = """
return (async () => {
  let frames = 0;
  for (const connection of window.__connections) {
    if (connection.connectionState === 'closed') continue;
    (await connection.getStats()).forEach((row) => {
      if (row.type === 'inbound-rtp' && row.kind === 'video') frames += row.framesDecoded || 0;
    });
  }
  return frames;
})();
"""
RECORD = """
const shown = [...document.querySelectorAll("button")].filter((each) => each.checkVisibility());
const named = (name) => shown.find((each) => each.textContent.trim() === name);
if (!named("녹화 중지")) named("녹화 시작")?.click();
return named("녹화 중지") !== undefined;
"""
SHOWN = """
const video = document.querySelector('video[data-source="camera"]');
return video && video.videoWidth;
"""
MICROPHONE_HEARD = """
return [...document.querySelectorAll('audio, video')].some(
  (element) => element.srcObject && element.srcObject.getAudioTracks().some((track) => !track.muted));
"""
BUTTONS = "[...document.querySelectorAll('button[aria-pressed]')].filter((each) => each.checkVisibility())"
STATE = f"return {BUTTONS}.filter((each) => each.textContent.trim().startsWith('%s')).map((each) => each.ariaPressed)[0] ?? null;"
INSIDE = """
return [...document.querySelectorAll('button')].some((each) => each.textContent.trim() === '나가기' && each.checkVisibility());
"""


async def sign_in(browser: Firefox, url: str, name: str) -> None:
    await browser.go(f"{url}/sign-in?lang=ko")
    await browser.fill("input[type=email]", f"{name}@demo.example")
    await browser.fill("input[type=password]", PASSWORD)
    await browser.press("로그인")
    await browser.until("signed in", "return !location.pathname.includes('sign-in') && document.readyState === 'complete'")


async def enter(browser: Firefox, url: str, name: str, lesson: str) -> None:
    await sign_in(browser, url, name)
    await browser.go(f"{url}/lessons/{lesson}/room")
    await browser.run(KEEP_CONNECTIONS)
    await browser.press("수업 입장")
    await browser.until("inside", INSIDE)


async def switch_on(browser: Firefox, name: str) -> None:
    state = STATE.replace("%s", name)
    if await browser.until(f"{name} is a button", state) != "true":
        await browser.press(name)
    await browser.until(f"{name} is on", state.replace("return", "return 'true' ===").replace(" ?? null", ""))


REPLAY = "document.querySelector('main video[data-track=main]')"


def pictures_before(path: Path, time_s: float) -> int:
    """How many a file that grows holds up to a second."""
    with av.open(str(path)) as file:
        packets = takewhile(lambda packet: (packet.pts or 0) * packet.time_base < time_s, file.demux(video=0))
        return sum(1 for _ in packets)


async def watch_from_the_beginning(browser: Firefox, server: Server) -> None:
    """The class that goes on, as who comes late sees it: from its first second, to the newest, and back."""
    recording = next(row["id"] for row in classroom("recordings", data=server.data) if row["state"] == "capturing")
    await browser.go(f"{server.url.replace('127.0.0.1', 'localhost')}/recordings/{recording}")
    await browser.until("there is something to see", f"return {REPLAY}?.readyState >= 2", within_s=40)
    assert await browser.run(f"return {REPLAY}.currentTime") < 1.5
    await browser.press("재생")
    await browser.until("it plays", f"return {REPLAY}.currentTime > 2 && !{REPLAY}.paused && {REPLAY}.videoWidth > 0")
    await browser.until("it has seen more than one piece", f"return {REPLAY}.currentTime > 12", within_s=60)
    shown = int(await browser.run(f"return {REPLAY}.getVideoPlaybackQuality().totalVideoFrames"))
    there = await asyncio.to_thread(pictures_before, server.data / "recordings" / recording / "work" / "main.webm", 12.0)
    print(f"Firefox ESR shows {shown} of the first {there} pictures of a class that goes on")
    assert shown > 0.9 * there, "nothing is left out between the pieces"
    await browser.press("가장 최근으로")
    await browser.until(
        "it plays the newest", f"return {REPLAY}.currentTime > 13 && !{REPLAY}.seeking && {REPLAY}.readyState >= 2"
    )
    await browser.run(f"{REPLAY}.currentTime = 1")
    await browser.until(
        "it goes back and on", f"return {REPLAY}.currentTime > 2 && {REPLAY}.currentTime < 20 && !{REPLAY}.seeking"
    )
    assert await browser.run("return [...document.querySelectorAll('main video')].every((v) => v.error === null)")


async def test_firefox_teaches_and_firefox_watches(server: Server, tmp_path: Path) -> None:
    lesson = str(server.live_lesson()["id"])
    async with firefox(tmp_path) as browser:
        await enter(browser, server.url, "instructor", lesson)
        for name in ("카메라", "마이크"):
            await switch_on(browser, name)
        await browser.until("it is recorded", RECORD)
        await browser.switch(await browser.open_window())
        await enter(browser, server.url.replace("127.0.0.1", "localhost"), "resident01", lesson)
        assert await browser.until("the instructor's tile has a picture", SHOWN) >= 320
        seen = int(await browser.until("Firefox decodes what Firefox sends", FRAMES))
        await asyncio.sleep(3)
        more = int(await browser.run(FRAMES)) - seen
        print(f"Firefox ESR decodes {more / 3:.0f} pictures a second of what Firefox ESR sends")
        assert more > 20
        await browser.until("the voice is heard", MICROPHONE_HEARD)
        await watch_from_the_beginning(browser, server)


SOUGHT = (
    f"return [...document.querySelectorAll('main video')].every((v) => Math.abs(v.currentTime - {REPLAY}.currentTime) < 0.3) && "
)


async def test_firefox_plays_a_replay_and_seeks_in_it(server: Server, tmp_path: Path) -> None:
    """A camera with sound and a screen beside it, in step, from signed addresses."""
    recording = next(row["id"] for row in classroom("recordings", data=server.data) if row["state"] in ("ready", "composed"))
    async with firefox(tmp_path) as browser:
        await sign_in(browser, server.url, "resident01")
        await browser.go(f"{server.url}/recordings/{recording}")
        await browser.until("it can play", f"return {REPLAY}?.readyState >= 2")
        await browser.press("재생")
        await browser.until("it plays", f"return {REPLAY}.currentTime > 1 && !{REPLAY}.paused && {REPLAY}.videoWidth > 0")
        await browser.run(f"{REPLAY}.currentTime = 50")
        await browser.until("both play on from there, together", f"{SOUGHT}{REPLAY}.currentTime > 51 && !{REPLAY}.seeking")
        assert await browser.run("return [...document.querySelectorAll('main video')].every((v) => v.error === null)")
