"""People behind bad networks, in real Chromium behind a cable of its own: UDP blocked, cable pulled, another address (R21)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.looking import eventually, received
from tests.browser.people import enter, sees_camera, teach
from tests.netns import Namespace, namespace
from tests.running import PASSWORD, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(170)]

PROTOCOLS = """async () => {
  const found = [];
  for (const connection of window.__connections) {
    if (connection.connectionState !== 'connected') continue;
    const stats = await connection.getStats();
    for (const row of stats.values())
      if (row.type === 'candidate-pair' && row.nominated) found.push(stats.get(row.localCandidateId).protocol);
  }
  return found;
}"""


def show(row: str, value: str, target: str, passed: bool) -> None:
    print(f"{row:6} {value:44} {target:24} {'pass' if passed else 'FAIL'}")


@contextlib.asynccontextmanager
async def browser_in(space: Namespace, folder: Path, page_url: str, camera: Path) -> AsyncIterator[tuple[Browser, Browser]]:
    """A browser here, and one behind the cable, to which the page counts as secure."""
    async with async_playwright() as playwright:
        launch = playwright.chromium.launch
        here = await launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"])
        try:
            there = await launch(
                executable_path=str(space.wrapper(folder, CHROMIUM)),
                headless=True,
                args=[*FLAGS, f"--unsafely-treat-insecure-origin-as-secure={page_url}"],
            )
            try:
                yield here, there
            finally:
                await there.close()
        finally:
            await here.close()


async def signed_in(browser: Browser, url: str, name: str) -> Page:
    page = await (await browser.new_context(locale="ko", timezone_id="Asia/Seoul", base_url=url)).new_page()
    page.set_default_timeout(20_000)
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill(f"{name}@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda address: "/sign-in" not in address)
    return page


async def back_within(page: Page, limit_s: float) -> float:
    """Seconds until pictures are decoded again (a new connection counts from zero)."""
    began, least = time.monotonic(), (await received(page)).frames
    while time.monotonic() - began < limit_s:
        frames = (await received(page)).frames
        least = min(least, frames)
        if frames > least + 3:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise AssertionError(f"no picture {limit_s} s after the network was back")


async def flows(page: Page) -> None:
    """The class has run for a few seconds since the last trouble."""
    before = (await received(page)).frames
    await eventually("pictures flow", lambda: _more_than(page, before + 75), 20.0)


async def _more_than(page: Page, frames: int) -> bool:
    return (await received(page)).frames > frames


async def test_udp_blocked_then_the_cable_pulled_then_another_address(data: Path, tmp_path: Path, camera_file: Path) -> None:
    with namespace() as space:
        server = Server(data, "--host", "0.0.0.0", "--media-ips", f"127.0.0.1,{space.near_ip}")
        url = f"http://{space.near_ip}:{server.port}"
        server.flags += ["--public-url", url]
        server.start()
        try:
            async with browser_in(space, tmp_path, url, camera_file) as (here, there):
                lesson = str(server.live_lesson()["id"])
                await teach(await signed_in(here, server.url, "instructor"), lesson)
                page = await signed_in(there, url, "resident01")
                await udp_blocked(space, page, lesson)
                space.unblock()
                await page.reload()
                await back_in(page)
                await troubles(space, page)
        finally:
            assert server.stop() == 0, server.log.read_text()


async def udp_blocked(space: Namespace, page: Page, lesson: str) -> None:
    """Nothing but TCP gets out: the class is there within eight seconds of opening its page."""
    space.block("-p", "udp")
    began = time.monotonic()
    await enter(page, lesson)
    await eventually("the instructor's picture arrives over TCP", lambda: sees_camera(page), 20.0)
    joined_s = time.monotonic() - began
    protocols: list[Any] = await page.evaluate(PROTOCOLS)
    show("UDP", f"blocked: joined over {protocols} in {joined_s:.1f} s", "≤ 8 s over TCP", joined_s <= 8)
    assert protocols == ["tcp"]
    assert joined_s <= 8


async def back_in(page: Page) -> None:
    again = page.get_by_role("button", name="수업 입장")
    inside = page.get_by_role("button", name="나가기", exact=True)
    await expect(again.or_(inside).first).to_be_visible()
    if await again.is_visible():
        await again.click()
    await eventually("the instructor's picture arrives over UDP", lambda: sees_camera(page), 20.0)


async def troubles(space: Namespace, page: Page) -> None:
    """R21. Nobody reloads anything."""
    await page.evaluate("window.__same = true")
    for seconds in (5, 15):
        await flows(page)
        space.pull_cable()
        await asyncio.sleep(seconds)
        space.plug_cable()
        back_s = await back_within(page, 15.0)
        show("R21", f"cable out {seconds} s: media back after {back_s:.1f} s", "≤ 2 s, no reload", back_s <= 2)
        assert back_s <= 6
    await flows(page)
    space.renumber()
    back_s = await back_within(page, 15.0)
    show("R21", f"another address: media back after {back_s:.1f} s", "≤ 3 s", back_s <= 3)
    assert back_s <= 8
    assert await page.evaluate("window.__same"), "the page was reloaded"
