"""How soon a replay plays after class: `python -m tests.bench.replay [classes]` (about ten seconds a class, 20 of them).

Everything is real: the server with its workers and jobs, an instructor's Chromium with camera and microphone, a learner's page
that was opened as soon as the class was over. The clock runs from the press on "end class" to the moment the learner's player has
moved on by 0.2 s. Prints `row value target pass`.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from classroom.actions.courses import schedule_lesson
from classroom.people import CourseId
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.people import end_class, record, teach
from tests.running import PASSWORD, Server, classroom

CLASSES = 20
CLASS_S = 3.0
TARGET_S = 5.0
WITHIN_S = 40.0


async def schedule(data: Path, count: int) -> list[str]:
    """So many lessons that may be held now, of the course that is live."""
    store = Store(f"sqlite:///{data / 'classroom.db'}")
    try:
        live = next(each for each in await store.queries.cli_lessons(datetime.now(UTC)) if each["state"] == "live")
        found = await store.queries.find_lesson(str(live["id"]))
        assert found is not None, "the demo has a lesson that is live"
        now = datetime.now(UTC)
        made = []
        for number in range(count):
            title = Text(f"{number + 1}번째", f"No. {number + 1}")
            async with store.writing() as uow:
                lesson = await schedule_lesson(
                    uow,
                    course=CourseId(found[1].id),
                    title=title,
                    starts_at=now - timedelta(minutes=1),
                    ends_at=now + timedelta(hours=2),
                    by=None,
                )
            made.append(str(lesson.id))
        return made
    finally:
        await store.close()


async def sign_in(browser: Browser, server: Server, name: str) -> Page:
    context = await browser.new_context(locale="ko", timezone_id="Asia/Seoul", base_url=server.url)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto("/sign-in?lang=ko")
    await page.get_by_label("이메일").fill(f"{name}@demo.example")
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="로그인").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


async def hold(teacher: Page, learner: Page, server: Server, lesson: str) -> float:
    """One class; seconds from its end until the replay plays."""
    await teach(teacher, lesson)
    await record(teacher)
    await asyncio.sleep(CLASS_S)
    recording = next(each["id"] for each in classroom("recordings", data=server.data) if each["lesson"] == lesson)
    ended_s = time.monotonic()
    await end_class(teacher)
    await learner.goto(f"/recordings/{recording}")
    while time.monotonic() < ended_s + WITHIN_S:
        at_s = await learner.evaluate(
            "() => { const video = document.querySelector('main video');"
            # What plays while the class goes on has no end: that is not the replay yet.
            " if (video?.paused) void video.play(); return video && video.duration < 1e6 ? video.currentTime : 0; }"
        )
        if at_s > 0.2:
            return time.monotonic() - ended_s
        await asyncio.sleep(0.05)
    return WITHIN_S


async def run(classes: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as folder:
        server = Server(Path(folder) / "data").start()
        try:
            lessons = await schedule(server.data, classes)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
                try:
                    teacher, learner = await sign_in(browser, server, "instructor"), await sign_in(browser, server, "resident01")
                    took = []
                    for lesson in lessons:
                        took.append(await hold(teacher, learner, server, lesson))
                        print(f"class {len(took):>3} of {classes}: {took[-1]:.2f} s", flush=True)
                finally:
                    await browser.close()
        finally:
            server.stop()
    took.sort()
    p95 = took[min(len(took) - 1, -(-len(took) * 95 // 100) - 1)]
    good = p95 <= TARGET_S
    name = f"P6 class end -> replay plays, {len(took)} classes"
    print(f"{name}, p50 {statistics.median(took):9.3f} s", flush=True)
    print(f"{name}, p95 {p95:9.3f} s   target {TARGET_S:g} {'pass' if good else 'FAIL'}", flush=True)
    print(f"{name}, max {took[-1]:9.3f} s", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else CLASSES)))
