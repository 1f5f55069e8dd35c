"""What must not be in a recording is not in its files: decoded, looked at, listened to."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser import picture
from tests.browser.conftest import CHROMIUM, FLAGS, SignIn
from tests.browser.looking import eventually, keep_connections, number_shown
from tests.browser.people import end_class, record, switch_on
from tests.running import PASSWORD, Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(150)]

AUDIBLE = 0.003


@pytest_asyncio.fixture
async def teacher_browser() -> AsyncIterator[Browser]:
    """Another browser, whose camera shows Chromium's own picture: ours in a file is a learner's."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


async def enter_asked(page: Page, lesson: str, consent: str | None) -> None:
    """Through the lobby, with an answer to the question of recording ("yes", "no", or none)."""
    await keep_connections(page)
    await page.goto(f"/lessons/{lesson}/room")
    if consent is not None:
        await page.locator(f"#consent-{consent}").check()
    await page.get_by_role("button", name="수업 입장").click()
    await expect(page.get_by_role("button", name="나가기", exact=True)).to_be_visible()


async def sees_learner(page: Page) -> bool:
    """Our counted picture stands in some tile."""
    number_tiles = "() => [...document.querySelectorAll('video')].map((video, place) => (video.dataset.look = place)).length"
    numbers = [await number_shown(page, f'video[data-look="{place}"]') for place in range(await page.evaluate(number_tiles))]
    return any(number is not None for number in numbers)


def shows_learner(path: Path) -> list[float]:
    """Seconds at which our counted picture fills a frame of this file, or the inset of it."""
    found = []
    with av.open(str(path)) as file:
        if not file.streams.video:
            return []
        for frame in file.decode(video=0):
            pixels = frame.to_ndarray(format="rgb24", width=320, height=180)
            if picture.read(pixels) is not None:
                found.append(float(frame.time or 0))
    return found


def loud(path: Path) -> list[float]:
    """Seconds of this file in which something can be heard."""
    found = []
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return []
        for frame in file.decode(audio=0):
            samples = frame.to_ndarray()
            scale = 32768.0 if samples.dtype == np.int16 else 1.0
            if np.abs(samples.astype(np.float64)).max() / scale > AUDIBLE:
                found.append(float(frame.time or 0))
    return found


async def sign_in_as(page: Page, name: str) -> None:
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill(f"{name}@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def switch_off(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)

    async def off() -> bool:
        if await button.get_attribute("aria-pressed") == "false":
            return True
        await button.click()  # says nothing while the device is just being opened
        await asyncio.sleep(0.3)
        return await button.get_attribute("aria-pressed") == "false"

    await eventually(f"{name} is off", off)


async def own_name(page: Page) -> str:
    """As it stands in the list of participants."""
    text = await page.get_by_role("list", name="참가자").get_by_text("(나)").first.inner_text()
    return text.replace("(나)", "").strip()


async def invite(instructor: Page, name: str) -> None:
    menu = instructor.get_by_role("button", name=f"{name} 님 관리")
    await menu.click()
    await instructor.get_by_role("menuitem", name="말하기 초대").click()


async def speak_with_picture(page: Page) -> None:
    await page.get_by_role("dialog").get_by_role("button", name="카메라도 켜고 말하기").click()
    for name in ("마이크", "카메라"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")


async def hush(page: Page) -> None:
    for name in ("마이크", "카메라"):
        await switch_off(page, name)


async def finished(server: Server, lesson: str) -> tuple[dict[str, object], Path]:
    """The recording's row once it plays, and its folder."""
    rows: list[dict[str, object]] = []

    async def plays() -> bool:
        rows[:] = [row for row in classroom("recordings", data=server.data) if row["lesson"] == lesson]
        return len(rows) == 1 and rows[0]["state"] in ("ready", "composed")

    await eventually("one recording that plays", plays, within_s=30)
    return rows[0], server.data / "recordings" / str(rows[0]["id"])


async def test_who_refused_is_in_no_file_nor_is_what_was_before_the_button_or_in_the_pause(
    server: Server, sign_in: SignIn, teacher_browser: Browser
) -> None:
    lesson = str(server.live_lesson()["id"])
    context = await teacher_browser.new_context(locale="ko", base_url=server.url)
    instructor = await context.new_page()
    await sign_in_as(instructor, "instructor")
    await enter_asked(instructor, lesson, None)
    await switch_on(instructor, "카메라")
    await switch_off(instructor, "마이크")

    refuser, agreer, silent = [await sign_in(name) for name in ("resident01", "resident02", "resident03")]
    await enter_asked(refuser, lesson, "no")
    await enter_asked(agreer, lesson, "yes")
    await enter_asked(silent, lesson, None)  # says nothing: that is not agreeing
    names = {page: await own_name(page) for page in (refuser, agreer, silent)}

    await invite(instructor, names[agreer])
    await speak_with_picture(agreer)  # before the button: not in the file either
    await eventually("the class sees who agreed", lambda: sees_learner(instructor))
    await asyncio.sleep(2)
    await hush(agreer)
    await asyncio.sleep(1)
    began = await record(instructor)
    for page in (refuser, silent):
        await invite(instructor, names[page])
        await speak_with_picture(page)
    await eventually("the class sees who refused", lambda: sees_learner(instructor))
    await asyncio.sleep(3)
    await refuser.reload()  # the answer survives a reload
    await expect(refuser.get_by_role("button", name="나가기", exact=True)).to_be_visible()
    for name in ("마이크", "카메라"):
        await switch_on(refuser, name)
    await asyncio.sleep(2)
    await instructor.get_by_role("button", name="녹화 중지").click()
    await expect(instructor.get_by_role("button", name="녹화 시작")).to_be_visible()
    stopped = time.time()
    for name in ("마이크", "카메라"):
        await switch_on(agreer, name)  # in the pause
    await asyncio.sleep(3)
    await hush(agreer)
    await asyncio.sleep(1)
    again = await record(instructor)
    await asyncio.sleep(3)
    shown = time.time()
    for name in ("마이크", "카메라"):
        await switch_on(agreer, name)  # now it is recorded: so the looking below can find somebody
    await asyncio.sleep(3)
    over = await end_class(instructor)
    row, folder = await finished(server, lesson)
    recorded_s = stopped - began + over - again
    assert abs(float(str(row["duration_s"])) - recorded_s) < 1.5, (row, recorded_s)
    manifest = json.loads((folder / "manifest.json").read_text())
    agreed_s = stopped - began + shown - again - 1.5
    cameras = [track for track in manifest["tracks"] if track["kind"] == "camera"]
    assert len(cameras) == 1, "of the learners only the one who agreed has a file"
    for track in manifest["tracks"]:
        offset_s = track["offset_s"]
        seen, heard = shows_learner(folder / track["file"]), loud(folder / track["file"])
        assert all(offset_s + at_s >= agreed_s for at_s in seen + heard), (track["file"], agreed_s, seen, heard)
    assert shows_learner(folder / cameras[0]["file"]), "the looking finds whom it should find"
    assert loud(folder / manifest["tracks"][0]["file"]), "and so does the listening"
