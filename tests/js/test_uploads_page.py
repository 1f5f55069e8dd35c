"""The page that uploads videos, in real Chromium: paused, gone on with, and another file instead."""

import asyncio

import pytest
from playwright.async_api import FilePayload, Route, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

PART_BYTES = 4 << 20
LONG: FilePayload = {"name": "long.mp4", "mimeType": "video/mp4", "buffer": bytes(3 * PART_BYTES)}
EDITED: FilePayload = LONG | {"buffer": b"edited" + bytes(3 * PART_BYTES - 6)}  # type: ignore[typeddict-item]
PROGRAM: FilePayload = {"name": "program.mp4", "mimeType": "video/mp4", "buffer": b"MZ" + bytes(4_000)}


async def test_a_paused_upload_goes_on_and_another_file_is_another_upload(sign_in: SignIn) -> None:
    page = await sign_in("suwon")
    sent: list[str] = []

    async def slowly(route: Route) -> None:
        sent.append(route.request.url)
        await asyncio.sleep(0.7)
        await route.continue_()

    await page.route("**/parts?offset=*", slowly)
    await page.goto("/admin/uploads")
    picker, go = page.get_by_label("영상 파일"), page.get_by_role("button", name="올리기", exact=True)
    line = page.locator("#uploads li")

    async def pause_after_a_part() -> None:
        await go.click()
        await expect(page.get_by_text("long.mp4 올리는 중: 33%")).to_be_visible()
        await page.get_by_role("button", name="멈춤").click()
        await expect(page.get_by_text("멈췄습니다.")).to_be_visible()

    await page.get_by_label("제목(한국어)").fill("긴 영상")
    await picker.set_input_files(LONG)
    await pause_after_a_part()

    await picker.set_input_files(PROGRAM)
    await expect(page.get_by_text("다른 파일이라 새 영상으로 올립니다")).to_be_visible()
    await expect(page.get_by_text("멈췄습니다.")).to_be_hidden()
    await page.get_by_label("제목(한국어)").fill("영상이 아닌 것")
    await go.click()
    await expect(line.filter(has_text="영상이 아닌 것")).to_contain_text("쓸 수 없음")
    await expect(line.filter(has_text="긴 영상")).to_contain_text("33%")

    await page.get_by_role("button", name="이어서 올리기").click()
    await picker.set_input_files(PROGRAM)
    await expect(page.get_by_text("다른 파일이라 새 영상으로 올립니다")).to_be_visible()
    await picker.set_input_files(EDITED)
    await expect(page.get_by_text("내용이 다른 파일이라 새 영상으로 올립니다")).to_be_visible()
    await picker.set_input_files(LONG)
    await expect(page.get_by_role("status").filter(has_text="멈춘 곳부터 이어집니다")).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()
    sent.clear()
    await go.click()
    await eventually("it goes on behind what is there", lambda: _is(sent[:1], f"offset={PART_BYTES}"))
    await page.get_by_role("button", name="목록에서 지우기 – 긴 영상").click()
    await expect(line.filter(has_text="긴 영상")).to_have_count(0)
    await expect(go).to_be_enabled()
    await expect(page.get_by_role("alert")).to_be_hidden()


async def _is(urls: list[str], ending: str) -> bool:
    return bool(urls) and urls[0].endswith(ending)
