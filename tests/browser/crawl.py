"""Every page that can be reached by links, as each role, on a phone: axe, nothing wider than 320 px, no target under 44 px.

    python -m tests.browser.crawl [--roles resident01 suwon] [--most 90]

One page of each kind (addresses that differ in ids only are one kind). It takes some minutes, so `make test` looks at the pages
of `test_pages_axe.py` instead; this is for whoever changed many of them. Exit status 1 when something was found.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.test_pages_axe import SMALL_TARGETS, TOO_WIDE, violations
from tests.running import PASSWORD, Server

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
STARTS = {
    "": ("/", "/sign-up", "/reset"),
    "resident01": ("/me",),
    "instructor": ("/me",),
    "suwon": ("/admin/",),
    "province": ("/admin/",),
}
"""Who → where they begin; "" is signed out."""
AREAS = frozenset(
    {
        *("admin", "courses", "items", "learning", "lessons", "me", "notices"),
        *("recordings", "reset", "sign-in", "sign-up", "teaching", "verify"),
    }
)
NO_PAGE = re.compile(r"\.(pdf|json|csv|xlsx|svg|png|ics|vtt|css)$|/sign-out|/room$|/pdf$|/badge|/picture$|/oidc|/logo$")
LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))"


def kind_of(address: str) -> str:
    """The address without what names one thing among many of a kind."""
    path = re.split(r"[?#]", address)[0]
    path = re.sub(r"/[a-z0-9]{16}(?=/|$)", "/{id}", path)
    path = re.sub(r"^/items/.+", "/items/{item}", path)
    path = re.sub(r"^/verify/.+", "/verify/{code}", path)
    path = re.sub(r"^/admin/courses/(?!new)[^/]+/[^/]+", "/admin/courses/{m}/{course}", path)
    path = re.sub(r"^/admin/(rules|seals|sites)/[^/]+", r"/admin/\1/{m}", path)
    first, *rest = path.strip("/").split("/")
    if first and first not in AREAS and not path.startswith("/municipalities"):
        first = "{m}"
        rest = ["courses", "{course}", *rest[2:]] if rest[:1] == ["courses"] and len(rest) > 1 else rest
    return "/" + "/".join((first, *rest))


async def look(page: Page, path: str) -> list[str]:
    """What is wrong with one page."""
    answer = await page.goto(path)
    if answer is None or answer.status >= 400:
        return [f"{path}: {answer.status if answer else 'no answer'}"]
    if "html" not in answer.headers.get("content-type", ""):
        return []
    wrong = [f"{path}: {violation}" for violation in await violations(page)]
    await page.set_viewport_size({"width": 320, "height": 640})
    if (wider := await page.evaluate(TOO_WIDE)) > 0:
        wrong.append(f"{path}: {wider} px too wide")
    wrong += [f"{path}: small target {target}" for target in await page.evaluate(SMALL_TARGETS)]
    await page.set_viewport_size({"width": 390, "height": 844})
    return wrong


async def crawl(browser: Browser, url: str, who: str, most: int) -> tuple[int, list[str]]:
    """(pages looked at, what is wrong with them)."""
    context = await browser.new_context(base_url=url, viewport={"width": 390, "height": 844}, locale="ko-KR")
    page = await context.new_page()
    if who:
        await page.goto("/sign-in?lang=ko")
        await page.get_by_label("이메일").fill(f"{who}@demo.example")
        await page.get_by_label("비밀번호").fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button", name="로그인").click()
        await page.wait_for_url(lambda address: "/sign-in" not in address)
    seen: set[str] = set()
    wrong: list[str] = []
    waiting = list(STARTS[who])
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if kind_of(path) in seen or NO_PAGE.search(re.split(r"[?#]", path)[0]):
            continue
        seen.add(kind_of(path))
        wrong += await look(page, path)
        waiting += [link for link in await page.evaluate(LINKS) if link.startswith("/") and not link.startswith("//")]
    await context.close()
    return len(seen), wrong


async def run(roles: list[str], most: int) -> int:
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data").start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                for who in roles:
                    pages, wrong = await crawl(browser, server.url, who, most)
                    found += len(wrong)
                    print(
                        f"{who or 'signed out'}: {pages} kinds of pages, {len(wrong)} things wrong",
                        *wrong,
                        sep="\n  ",
                        flush=True,
                    )
                await browser.close()
        finally:
            server.stop()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roles", nargs="+", choices=list(STARTS), default=list(STARTS))
    parser.add_argument("--most", type=int, default=90, help="pages per role at most")
    arguments = parser.parse_args()
    return 1 if asyncio.run(run(arguments.roles, arguments.most)) else 0


if __name__ == "__main__":
    sys.exit(main())
