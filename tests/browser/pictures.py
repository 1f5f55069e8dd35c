"""Makes the two pictures of the README from a real class: `python -m tests.browser.pictures`.

The instructor's camera is the drawn lecturer of the demo world, the shared screen one of its slides; all else is real.
"""

import asyncio
import base64
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import imageio_ffmpeg
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.looking import eventually
from tests.browser.people import SCREEN, enter, record, teach
from tests.running import PASSWORD, Server, classroom
from web.demo_film import draw

IMAGES = Path(__file__).parent.parent.parent / "web" / "static" / "img"
SHARE_SLIDE = """(picture) => {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const image = new Image();
    image.src = picture;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: 1280, height: 720});
    const context = canvas.getContext('2d');
    setInterval(() => context.drawImage(image, 0, 0), 100);
    return canvas.captureStream(10);
  };
}"""


async def sign_in(browser: Browser, server: Server, name: str) -> Page:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="ko", timezone_id="Asia/Seoul", base_url=server.url, color_scheme="light"
    )
    page = await context.new_page()
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill(f"{name}@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def lecturer(portrait: Path, target: Path) -> Path:
    argv = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-loop", "1", "-framerate", "30", "-t", "1"),
        *("-i", str(portrait), "-vf", "scale=1280:720", "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", str(target)),
    ]
    subprocess.run(argv, check=True)
    return target


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="메시지").fill(text)
    await page.get_by_role("button", name="보내기").click()


async def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        slides, portrait = draw(folder, "수원 스마트폰 사진 교실", [Path(str(files("pylopdf_fonts_ko")))])
        camera = lecturer(portrait, folder / "camera.y4m")
        server = Server(folder / "data").start()
        try:
            async with async_playwright() as playwright:
                flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=flags)
                await live(browser, server, slides[1])
                await replay(browser, server)
                await browser.close()
        finally:
            server.stop()


async def live(browser: Browser, server: Server, slide: Path) -> None:
    lesson = str(server.live_lesson()["id"])
    instructor = await sign_in(browser, server, "instructor")
    await teach(instructor, lesson)
    await record(instructor)
    residents = [await sign_in(browser, server, f"resident0{number}") for number in range(1, 5)]
    for page in residents:
        await enter(page, lesson)
    await instructor.evaluate(SHARE_SLIDE, "data:image/png;base64," + base64.b64encode(slide.read_bytes()).decode())
    await instructor.get_by_role("button", name="화면 공유").click()
    await say(instructor, "오늘은 안내선부터 켜 보겠습니다.")
    await say(residents[1], "격자가 안 보이는데 어디에 있나요?")
    await say(instructor, "설정 → 카메라 → 격자입니다. 천천히 찾아보세요.")
    await say(residents[2], "찾았습니다! 감사합니다.")
    await residents[1].get_by_role("button", name="손들기").click()
    shown = residents[0]
    await shown.locator(SCREEN).first.wait_for()
    await eventually("the slide is there", lambda: shown.evaluate(f"() => document.querySelector('{SCREEN}').videoWidth > 0"))
    await asyncio.sleep(9)  # notices have gone, the picture has its full size
    await shown.screenshot(path=IMAGES / "readme-room.png")


async def replay(browser: Browser, server: Server) -> None:
    row = next(row for row in classroom("recordings", data=server.data) if row["state"] in ("ready", "composed"))
    page = await sign_in(browser, server, "resident01")
    await page.goto(f"/recordings/{row['id']}")
    await page.get_by_role("button", name="재생", exact=True).first.click()
    await asyncio.sleep(4)
    await page.get_by_role("button", name="일시정지").or_(page.get_by_role("button", name="멈춤")).first.click()
    await asyncio.sleep(1)
    await page.screenshot(path=IMAGES / "readme-replay.png")


if __name__ == "__main__":
    asyncio.run(main())
