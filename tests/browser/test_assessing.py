"""Spot check in a real class, then the learner's and the teacher's pages around it: by keyboard, and nothing axe finds."""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.browser.people import enter
from tests.browser.test_pages_axe import violations
from tests.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures, to look at."""


async def test_are_you_there_is_answered_with_one_key_and_stands_on_the_sheet(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    instructor, resident = await sign_in("instructor"), await sign_in("resident03", width=390, height=844)
    await enter(instructor, lesson)
    await enter(resident, lesson)
    await instructor.get_by_role("button", name="더보기").click()
    await instructor.get_by_role("button", name="출석 확인 보내기").click()
    question = resident.get_by_role("dialog", name="지금 수업을 듣고 계신가요?")
    await expect(question).to_be_visible()
    here = question.get_by_role("button", name="네, 듣고 있습니다")
    await expect(here).to_be_focused()
    assert await violations(resident) == []
    box = await here.bounding_box()
    assert box is not None
    assert box["height"] >= 80, "nobody misses it"
    if SHOTS:
        await resident.screenshot(path=str(Path(SHOTS) / "check.png"))
    await resident.keyboard.press("Enter")
    await expect(resident.get_by_role("status").filter(has_text="출석이 확인되었습니다.")).to_be_visible()
    await expect(instructor.get_by_role("status").filter(has_text="명이 답했습니다.")).to_be_visible()
    if SHOTS:
        await instructor.screenshot(path=str(Path(SHOTS) / "check-instructor.png"))
    sheet = await sign_in("instructor")
    await sheet.goto(f"/lessons/{lesson}/attendance")
    await expect(sheet.get_by_text("출석 확인 1번 중 1번 답함")).to_have_count(1)


async def test_pages_of_quizzes_surveys_and_rules_are_accessible(sign_in: SignIn) -> None:
    resident = await sign_in("resident01", width=390, height=844)
    await resident.goto("/suwon/courses/safe-online")
    await resident.get_by_role("link", name="학습 현황 보기").click()
    home = resident.url
    for page in ("", "/survey", "/excuses"):
        await resident.goto(home + page)
        assert await violations(resident) == [], page
    await resident.goto(home)
    await resident.get_by_role("link", name="속지 않기 퀴즈").click()
    await resident.get_by_role("button", name="다시 풀기").click()
    assert await violations(resident) == []
    staff = await sign_in("suwon")
    for page in ("", "/quizzes/new", "/assignments/new", "/excuses", "/survey", "/rules"):
        await staff.goto(home.replace("/learning/", "/teaching/") + page)
        assert await violations(staff) == [], page
