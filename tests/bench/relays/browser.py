"""From the press of "enter" to the first picture, in real Chromium on the real room page."""

import asyncio

from playwright.async_api import Page, async_playwright

from tests.bench.relays.servers import Ours
from tests.running import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--autoplay-policy=no-user-gesture-required"),
    *("--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream"),
]
WATCH = """
addEventListener('click', () => { window.__pressed = performance.now(); }, true);
const look = () => {
  const tile = [...document.querySelectorAll('video[data-source="camera"]')].find((v) => v.videoWidth > 0 && v.currentTime > 0);
  if (tile && window.__pressed) window.__seen = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


async def first_pictures(server: Ours, times: int) -> list[float]:
    """Seconds from the press to the first decoded picture, of `times` people who enter one after the other."""
    taken: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        try:
            context = await browser.new_context(locale="ko", base_url=f"http://127.0.0.1:{server.port}")
            page = await context.new_page()
            page.set_default_timeout(15_000)
            await sign_in(page)
            await page.close()
            for _ in range(times):
                page = await context.new_page()
                page.set_default_timeout(15_000)
                await page.add_init_script(WATCH)
                await page.goto(f"/lessons/{server.lesson}/room")
                await page.get_by_role("button", name="수업 입장").click()
                async with asyncio.timeout(10):
                    while not await page.evaluate("window.__seen || 0"):
                        await asyncio.sleep(0.1)
                taken.append(await page.evaluate("(window.__seen - window.__pressed) / 1000"))
                await page.close()
                await asyncio.sleep(0.3)
        finally:
            await browser.close()
    return taken


async def sign_in(page: Page) -> None:
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill("resident05@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
