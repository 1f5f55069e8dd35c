"""From the application to the certificate and beyond, as four people do it in Chromium."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests import qr
from tests.browser.conftest import SignIn
from tests.browser.looking import eventually
from tests.browser.people import end_class, enter, sees_camera, teach
from tests.running import Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(170)]

GARDEN = "/suwon/courses/garden"


def seoul(**ahead: float) -> str:
    """As a form's field takes it."""
    return (datetime.now(UTC) + timedelta(hours=9) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


async def post(page: Page, path: str, **form: str) -> None:
    """What a form of this page would send."""
    answer = await page.request.post(path, form=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.ok, await answer.text()


async def plan_course(staff: Page) -> None:
    """One seat, a waitlist, one lesson that is about to begin."""
    await post(
        staff,
        "/admin/courses/new",
        municipality="suwon",
        title_ko="정원 가꾸기",
        slug="garden",
        summary_ko="작은 정원을 함께 가꿉니다",
        kind="live",
        category="green",
        capacity="1",
        waitlist="5",
        accept_hours="12",
        mode="first-come",
        reach="everybody",
        level="beginner",
        audience="seniors",
        instructor="instructor@demo.example",
        applies_from=seoul(days=-1),
        applies_until=seoul(minutes=30),
        attendance="standard",
        completion="standard",
        state="published",
    )
    soon, later = seoul(minutes=5), seoul(hours=1)
    await post(staff, "/admin/courses/suwon/garden/lessons", title_ko="첫 시간", starts_at=soon, ends_at=later)


async def press(page: Page, button: str) -> None:
    await page.goto(GARDEN)
    await page.get_by_role("button", name=button).click()


async def open_a_site(staff: Page, visitor: Page) -> None:
    """Somebody of the province opens a municipality that had none; it is there at once."""
    await staff.goto("/admin/sites")
    closed = staff.locator("li", has=staff.locator("summary")).first
    await closed.locator("summary").click()
    form = closed.locator("form")
    address = re.sub(r".*/", "/", str(await form.get_attribute("action"))) + "/"
    await visitor.goto(address)
    before = await visitor.get_by_role("main").inner_text()
    await form.locator("[name=phone]").fill("031-000-0000")
    await form.get_by_role("button").click()
    await expect(staff.get_by_role("status").first).to_be_visible()
    await visitor.goto(address)
    assert await visitor.get_by_role("main").inner_text() != before
    await visitor.get_by_role("link", name="과정", exact=True).first.click()
    await expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    assert address in visitor.url


async def test_from_the_waitlist_to_a_certificate_that_outlives_a_move(server: Server, sign_in: SignIn) -> None:
    staff, first, second = [await sign_in(name) for name in ("suwon", "resident20", "resident21")]
    await plan_course(staff)

    await press(first, "신청하기")
    await expect(first.get_by_role("status")).to_contain_text("신청했습니다.")
    await press(second, "대기 신청하기")
    await expect(second.get_by_role("status")).to_contain_text("대기자로 등록했습니다.")
    await first.goto(GARDEN)
    await first.get_by_text("신청 취소", exact=True).click()
    await first.get_by_role("button", name="신청을 취소합니다").click()
    await expect(first.get_by_role("status")).to_contain_text("신청을 취소했습니다.")
    await press(second, "수강하기")
    await expect(second.get_by_role("main")).to_contain_text("이 과정을 수강하고 있습니다.")

    lessons: list[dict[str, Any]] = classroom("lessons", data=server.data)
    (lesson,) = [row["id"] for row in lessons if row["title"] == "첫 시간"]
    instructor = await sign_in("instructor")
    await teach(instructor, lesson)
    await enter(second, lesson)
    await eventually("the instructor's picture arrives", lambda: sees_camera(second))
    await asyncio.sleep(12)  # who was there for less than half of the class was not there
    await end_class(instructor)

    async def has_certificate() -> bool:
        await second.goto("/me/certificates")
        return await second.get_by_role("list").get_by_role("link", name="정원 가꾸기", exact=True).count() > 0

    await eventually("the certificate is there", has_certificate)
    await second.get_by_role("list").get_by_role("link", name="정원 가꾸기", exact=True).click()
    pdf = await second.request.get(str(await second.get_by_role("link", name="PDF").first.get_attribute("href")))
    code_on_paper = qr.read(qr.drawn_in(await pdf.body())[0])
    (code,) = re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", await second.locator("article").inner_text())

    stranger = await sign_in(None)
    await stranger.goto("/verify/")
    await stranger.get_by_role("textbox").fill(code.lower())
    await stranger.get_by_role("main").get_by_role("button").click()
    await expect(stranger.get_by_role("main")).to_contain_text("정원 가꾸기")
    await stranger.goto(code_on_paper)  # or points a phone at it
    await expect(stranger.get_by_role("main")).to_contain_text("정원 가꾸기")

    await second.goto("/me/account")
    await second.get_by_label("사는 시·군").select_option("yongin")
    await second.get_by_role("button", name="사는 곳 바꾸기").click()
    await second.goto("/me/history")
    await expect(second.get_by_role("main")).to_contain_text("정원 가꾸기")
    assert await has_certificate()

    await open_a_site(await sign_in("province"), stranger)
