"""Pages in real Chromium: nothing a machine can find against WCAG 2.2 AA, nothing too wide for a small phone, keys suffice."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
RULES: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
THEMES = {"light": RULES, "dark": COLOURS, "contrast": COLOURS}
"""The structure of a page is the same in every theme."""
COLOURED = {
    "/",
    "/suwon/",
    "/yongin/courses/pottery",
    "/me",
    "/me/history",
    "/me/messages",
    "/me/calendar",
    "/admin/",
    "/admin/people",
}
"""Between them they show every colour there is."""
PAGES = {
    None: ("/", "/courses", "/suwon/", "/yongin/courses/pottery", "/sign-in", "/verify/", "/nothing/here"),
    "resident01": (
        "/me",
        "/me/history",
        "/me/messages",
        "/me/calendar",
        "/me/account",
        "/me/certificates",
        "/me/statements",
        "/recordings",
        "/suwon/courses/smartphone-photo",
    ),
    "suwon": (
        "/admin/",
        "/admin/courses",
        "/admin/courses/new",
        "/admin/courses/suwon/smartphone-photo",
        "/admin/lessons",
        "/admin/people",
        "/admin/recordings",
        "/admin/certificates",
        "/admin/seals/suwon",
        "/admin/rules/suwon",
        "/admin/sites",
        "/admin/access-log",
    ),
}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
  .filter((e) => e.offsetParent && !e.closest("p, dd, td, th, .quiet, .choice, .skip, .card__title, .line__main"))
  .map((e) => [e.outerHTML.slice(0, 120), e.getBoundingClientRect(), e.closest("label")?.getBoundingClientRect()])
  .filter(([, box, label]) => box.width && Math.max(box.height, label?.height ?? 0) < 43.5)
  .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""
"""Under 44 px, where it is not a link inside text or a card that is a target as a whole."""


async def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    found: dict[str, Any] = (await Axe().run(page, options=rules)).response
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("who", PAGES)
async def test_pages_are_accessible_in_every_theme(sign_in: SignIn, server: Server, who: str | None) -> None:
    page = await sign_in(who)
    wrong = []
    for theme, rules in THEMES.items():
        await page.context.add_cookies([{"name": "theme", "value": theme, "url": server.url}])
        for path in PAGES[who] if theme == "light" else COLOURED.intersection(PAGES[who]):
            await page.goto(path)
            wrong += [f"{path} ({theme}): {violation}" for violation in await violations(page, rules)]
    assert wrong == []


async def test_the_attendance_sheet_and_certificate_are_accessible(sign_in: SignIn, server: Server) -> None:
    instructor = await sign_in("instructor", lang="en")
    await instructor.goto("/suwon/courses/smartphone-photo")
    await instructor.get_by_role("link", name="Attendance").first.click()
    assert await violations(instructor) == []
    await instructor.get_by_role("link", name="Correct").first.click()
    assert await violations(instructor) == []
    resident = await sign_in("resident01", lang="en")
    await resident.goto("/me/certificates")
    await (
        resident.get_by_role("list")
        .get_by_role("link", name="First digital steps: kiosks and services on your phone", exact=True)
        .click()
    )
    assert await violations(resident) == []
    await resident.set_viewport_size({"width": 320, "height": 640})
    await resident.context.add_cookies([{"name": "text", "value": "large", "url": server.url}])
    await resident.reload()
    assert await resident.evaluate(TOO_WIDE) == 0


@pytest.mark.parametrize("who", PAGES)
async def test_nothing_is_wider_than_a_small_phone_and_targets_suit_a_thumb(
    sign_in: SignIn, server: Server, who: str | None
) -> None:
    page = await sign_in(who, width=320, height=640, lang="en")
    await page.context.add_cookies([{"name": "text", "value": "large", "url": server.url}])
    wrong = []
    for path in PAGES[who]:
        await page.goto(path)
        if (wider := await page.evaluate(TOO_WIDE)) > 0:
            wrong.append(f"{path} is {wider} px too wide")
        wrong += [f"{path}: {target}" for target in await page.evaluate(SMALL_TARGETS)]
    assert wrong == []


async def test_a_seat_is_taken_with_the_keyboard_alone(sign_in: SignIn) -> None:
    page = await sign_in("resident25")
    await page.goto("/yongin/courses/pottery")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="본문 바로가기")).to_be_focused()
    await page.keyboard.press("Enter")
    apply = page.get_by_role("button", name="신청하기")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await apply.evaluate("e => e === document.activeElement"):
            break
    await expect(apply).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("신청했습니다.")


async def test_the_look_changes_at_once_and_stays(sign_in: SignIn) -> None:
    page = await sign_in(None, lang="en")
    await page.goto("/")
    await page.get_by_text("Display", exact=True).click()
    await page.get_by_label("Dark").first.check()
    async with page.expect_response("**/display"):
        await page.get_by_label("Large").first.check()
    assert await page.evaluate("[document.documentElement.dataset.theme, document.documentElement.dataset.text]") == [
        "dark",
        "large",
    ]
    await page.goto("/courses")
    assert await page.evaluate("[document.documentElement.dataset.theme, document.documentElement.dataset.text]") == [
        "dark",
        "large",
    ]
    await page.keyboard.press("Escape")
