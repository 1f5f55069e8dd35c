"""The class as careless, unlucky and unkind people meet it, in real Chromium."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.people import enter
from tests.running import PASSWORD, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


async def sign_in_here(page: Page, name: str) -> None:
    """In this tab, as its next user would."""
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill(f"{name}@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def test_who_sits_down_at_a_shared_computer_is_asked_about_recording_anew(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    page = await sign_in("resident01")
    await page.goto(f"/lessons/{lesson}/room")
    await page.get_by_label("녹화에 동의합니다").check()
    await page.get_by_role("button", name="수업 입장").click()
    await expect(page.get_by_role("button", name="나가기", exact=True)).to_be_visible()
    await page.goto("/sign-out")  # gets up without leaving the class
    await page.get_by_role("main").get_by_role("button", name="로그아웃").click()
    await page.wait_for_url(lambda url: "/sign-out" not in url)
    await sign_in_here(page, "resident02")
    await page.goto(f"/lessons/{lesson}/room")
    await expect(page.get_by_role("button", name="수업 입장")).to_be_visible()
    await expect(page.get_by_label("녹화에 동의합니다")).not_to_be_checked()
    await enter(page, lesson)
    await page.reload()  # the same person is not asked twice
    await expect(page.get_by_role("button", name="나가기", exact=True)).to_be_visible()
