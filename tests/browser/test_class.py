"""The main job on real input: a class held, recorded, replayed, and standing in each learner's history."""

import asyncio
import time
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import eventually, frames_per_second, keep_connections, number_shown, received
from tests.running import Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

CAMERA = 'video[data-source="camera"]'
SCREEN = 'video[data-source="screen"]'


async def enter(page: Page, lesson: str) -> float:
    """Open the room's page, answer the lobby, be in. Returns when (Unix seconds)."""
    await keep_connections(page)
    await page.goto(f"/lessons/{lesson}/room")
    await page.get_by_role("button", name="수업 입장").click()
    await expect(page.get_by_role("list", name="참가자").or_(page.get_by_role("button", name="손들기")).first).to_be_visible()
    return time.time()


async def switch_on(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    await expect(button).to_be_enabled()
    if await button.get_attribute("aria-pressed") != "true":
        await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")


async def teach(page: Page, lesson: str) -> None:
    await enter(page, lesson)
    await switch_on(page, "카메라")
    await switch_on(page, "마이크")


async def sees_camera(page: Page) -> bool:
    return await number_shown(page, CAMERA) is not None


def seconds(row: dict[str, list[list[str]]]) -> float:
    return sum(
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() for start, end in row["intervals"]
    )


async def test_a_class_from_the_first_picture_to_the_history(server: Server, sign_in: SignIn) -> None:
    lesson = server.live_lesson()
    room = str(lesson["id"])
    instructor = await sign_in("instructor")
    await teach(instructor, room)
    await instructor.get_by_role("button", name="녹화 시작").click()
    await expect(instructor.get_by_role("button", name="녹화 중지")).to_be_visible()
    recording_since = time.time()

    residents = [await sign_in(f"resident0{number}") for number in (1, 2, 3)]
    present: dict[str, list[float]] = {}
    for number, page in enumerate(residents, 1):
        present[f"resident0{number}"] = [await enter(page, room)]

    for page in residents:
        await eventually("the instructor's picture arrives", lambda page=page: sees_camera(page))
    rates = await asyncio.gather(*(frames_per_second(page, 4.0) for page in residents))
    assert min(rates) >= 25, rates
    for page in residents:
        first = await number_shown(page, CAMERA)

        async def moved(page: Page = page, first: int | None = first) -> bool:
            return await number_shown(page, CAMERA) not in (None, first)

        await eventually("the picture moves", moved)
        assert (await received(page)).energy > 0

    await instructor.get_by_role("button", name="화면 공유").click()
    for page in residents:
        await expect(page.locator(SCREEN).first).to_be_visible()
        await page.wait_for_function(
            "(selector) => (document.querySelector(selector) || {}).videoWidth > 0", arg=SCREEN, timeout=10_000
        )
        await eventually("the camera stays beside the screen", lambda page=page: sees_camera(page))

    await residents[0].get_by_role("textbox", name="메시지").fill("선생님, 잘 보입니다 <b>!")
    await residents[0].get_by_role("button", name="보내기").click()
    await residents[1].get_by_role("button", name="손들기").click()
    await expect(instructor.get_by_role("log", name="채팅")).to_contain_text("선생님, 잘 보입니다 <b>!")
    hands = instructor.get_by_role("list", name="참가자").get_by_role("listitem").filter(has_text="손")
    await expect(hands.first).to_be_attached()

    await residents[2].reload()
    rejoin = residents[2].get_by_role("button", name="수업 입장")
    if await rejoin.is_visible():
        await rejoin.click()
    await eventually("a page that was reloaded is back in the class", lambda: sees_camera(residents[2]))

    await residents[1].get_by_role("button", name="나가기", exact=True).click()
    confirm = residents[1].get_by_role("dialog").get_by_role("button", name="나가기")
    if await confirm.is_visible():
        await confirm.click()
    present["resident02"].append(time.time())
    await asyncio.sleep(6)

    await instructor.get_by_role("button", name="수업 종료").click()
    await instructor.get_by_role("dialog").get_by_role("button", name="수업 종료").click()
    ended = time.time()
    present["resident01"].append(ended)
    present["resident03"].append(ended)
    recorded_s = ended - recording_since

    # -- the replay is ready when class ends
    (recording,) = [row for row in classroom("recordings", data=server.data) if row["lesson"] == room]
    viewer = await sign_in("resident01")
    await viewer.goto(f"/recordings/{recording['id']}")
    player = "main video"
    await viewer.wait_for_function(
        "(selector) => { const v = document.querySelector(selector); return v && v.readyState >= 2 && v.duration > 1 }",
        arg=player,
        timeout=15_000,
    )
    assert time.time() - ended <= 5 + 3, "replay ready"  # 3 s: signing in and opening the page
    duration_s = await viewer.evaluate("(selector) => document.querySelector(selector).duration", player)
    assert abs(duration_s - recorded_s) <= 1.5, (duration_s, recorded_s)
    await viewer.get_by_role("button", name="재생", exact=True).first.click()
    await eventually("the replay shows the class", lambda: shows(viewer))
    await viewer.evaluate("(selector) => { document.querySelector(selector).currentTime = arguments[0] }", player) if False else None
    await viewer.evaluate("([selector, at]) => { document.querySelector(selector).currentTime = at }", [player, duration_s * 0.8])
    await viewer.wait_for_function(
        "([selector, at]) => { const v = document.querySelector(selector); return !v.seeking && v.currentTime > at + 0.3 }",
        arg=[player, duration_s * 0.8],
        timeout=10_000,
    )
    await eventually("after seeking it shows the class again", lambda: shows(viewer))

    # -- attendance to two seconds
    sheet = {row["person"]: row for row in classroom("attendance", "--lesson", room, data=server.data)}
    names = {row["name"]: row for row in sheet.values()}
    for resident, (start, end) in ((name, span) for name, span in present.items()):
        row = next(row for name, row in names.items() if resident[-2:] in name or resident in str(row["person"]))
        assert abs(seconds(row) - (end - start)) <= 2.0, (resident, row, end - start)

    # -- the learner's history shows it, a stranger sees nothing
    await viewer.goto("/me/history")
    await expect(viewer.get_by_role("main")).to_contain_text(str(lesson["title"]).split(".")[-1].strip()[:10])
    stranger = await sign_in("resident25")
    for path in (f"/recordings/{recording['id']}", f"/lessons/{room}/attendance"):
        answer = await stranger.goto(path)
        assert answer is not None
        assert answer.status == 404, path


async def shows(page: Page) -> bool:
    return await number_shown(page, "main video") is not None


def test_camera_file_is_ours(camera_file: Path) -> None:
    assert camera_file.stat().st_size > 64 * 1280 * 720
