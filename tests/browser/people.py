"""What people do in a class, by the names a screen reader finds (contract.md §3)."""

import time

from playwright.async_api import Page, expect

from tests.browser.looking import keep_connections, number_shown

CAMERA = 'video[data-source="camera"]'
SCREEN = 'video[data-source="screen"]'


async def enter(page: Page, lesson: str, query: str = "") -> float:
    """Open the room's page, answer the lobby, be in. Returns when (Unix seconds)."""
    await keep_connections(page)
    await page.goto(f"/lessons/{lesson}/room{query}")
    await page.get_by_role("button", name="수업 입장").click()
    await expect(page.get_by_role("button", name="나가기", exact=True)).to_be_visible()
    return time.time()


async def switch_on(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    await expect(button).to_be_enabled()
    if await button.get_attribute("aria-pressed") != "true":
        await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")


async def teach(page: Page, lesson: str, query: str = "") -> None:
    """Enter as the instructor, with picture and sound."""
    await enter(page, lesson, query)
    await switch_on(page, "카메라")
    await switch_on(page, "마이크")


async def record(page: Page) -> float:
    """Press the button unless recording is on already. Returns when it was on (Unix seconds)."""
    start = page.get_by_role("button", name="녹화 시작")
    stop = page.get_by_role("button", name="녹화 중지")
    await expect(start.or_(stop)).to_be_visible()
    if await start.is_visible():
        await start.click()
    await expect(stop).to_be_visible()
    return time.time()


async def leave(page: Page) -> float:
    await page.get_by_role("button", name="나가기", exact=True).click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="나가기")
    if await confirm.is_visible():
        await confirm.click()
    return time.time()


async def end_class(page: Page) -> float:
    await page.get_by_role("button", name="수업 종료").click()
    await page.get_by_role("dialog").get_by_role("button", name="수업 종료").click()
    return time.time()


async def sees_camera(page: Page) -> bool:
    """Our counted picture stands in the instructor's tile."""
    return await number_shown(page, CAMERA) is not None


async def plays(page: Page) -> bool:
    """Our counted picture stands in the replay's main player."""
    return await number_shown(page, "main video") is not None
