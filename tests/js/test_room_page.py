"""The live room in real Chromium: what a person meets besides the class itself (tests/browser holds the class)."""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS, SignIn
from tests.browser.looking import eventually
from tests.browser.people import enter, sees_camera, teach
from tests.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
COUNT_PICTURES = """() => {
  window.fewest = 99;
  const look = () => {
    window.fewest = Math.min(window.fewest, document.querySelectorAll('.tile[data-live] video').length);
    requestAnimationFrame(look);
  };
  look();
}"""
REFUSE_SOUND = """(() => {
  const play = HTMLMediaElement.prototype.play;
  let touched = false;
  addEventListener('click', (event) => { if (event.target.closest('.stage__sound')) touched = true; }, true);
  HTMLMediaElement.prototype.play = function () {
    if (this.tagName === 'AUDIO' && !touched) return Promise.reject(new DOMException('no touch yet', 'NotAllowedError'));
    return play.call(this);
  };
})();"""
COMPOSED_ENTER = """(box) => box.dispatchEvent(
  new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, isComposing: true}))"""


async def violations(page: Page) -> list[str]:
    found = await Axe().run(page, options=RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found.response["violations"]]


async def test_the_room_is_accessible_on_a_desk_and_on_a_phone(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    instructor, phone = await sign_in("instructor"), await sign_in("resident01", width=390, height=844)
    for page in (instructor, phone):
        await page.goto(f"/lessons/{lesson}/room")
        await expect(page.get_by_role("button", name="수업 입장")).to_be_enabled()
        assert await violations(page) == []
    await teach(instructor, lesson)
    await enter(phone, lesson)
    await eventually("the resident sees the instructor", lambda: sees_camera(phone))
    await phone.get_by_role("button", name="손들기").click()
    await instructor.get_by_label("메시지").fill("안녕하세요")
    await instructor.get_by_role("button", name="보내기").click()
    await expect(phone.get_by_role("log", name="채팅")).to_contain_text("안녕하세요")
    for page in (instructor, phone):
        assert await violations(page) == []
        await page.get_by_role("button", name="더보기").click()
        assert await violations(page) == []
        await page.keyboard.press("Escape")
    await phone.get_by_role("button", name="참가자").click()
    assert await violations(phone) == []
    await expect(phone.get_by_role("list", name="참가자")).to_be_visible()
    width = await phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "nothing is wider than the phone"


async def test_keys_work_and_never_while_somebody_writes(server: Server, sign_in: SignIn) -> None:
    instructor = await sign_in("instructor")
    await teach(instructor, str(server.live_lesson()["id"]))
    microphone = instructor.get_by_role("button", name="마이크", exact=True)
    box = instructor.get_by_label("메시지")
    await instructor.get_by_role("main").focus()
    await instructor.keyboard.press("m")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await box.focus()
    await instructor.keyboard.type("mvh 모음")
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await box.evaluate(COMPOSED_ENTER)  # the Enter that ends a Hangul syllable
    await expect(box).to_have_value("mvh 모음")
    await instructor.keyboard.press("Enter")
    await expect(box).to_have_value("")
    await expect(instructor.get_by_role("log", name="채팅")).to_contain_text("mvh 모음")


async def test_nobody_is_told_to_ask_before_the_room_has_said_who_may_speak(server: Server, sign_in: SignIn) -> None:
    page, answered = await sign_in("instructor"), asyncio.Event()

    async def late(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()

        async def bring(message: str | bytes) -> None:
            await answered.wait()
            route.send(message)

        upstream.on_message(bring)

    await page.route_web_socket("**/ws/rooms/*", late)
    await page.goto(f"/lessons/{server.live_lesson()['id']}/room")
    await page.get_by_role("button", name="수업 입장").click()
    microphone = page.get_by_role("button", name="마이크", exact=True)
    await expect(microphone).to_be_visible()
    await expect(microphone).to_be_disabled()
    await microphone.click(force=True)
    await expect(page.get_by_role("status").get_by_role("button", name="손들기")).to_have_count(0)
    answered.set()
    await expect(microphone).to_be_enabled()


async def test_invited_to_speak_silenced_and_thanked(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    instructor, resident = await sign_in("instructor"), await sign_in("resident02")
    await teach(instructor, lesson)
    await enter(resident, lesson)
    microphone = resident.get_by_role("button", name="마이크", exact=True)
    await microphone.click()  # not allowed yet: the room says what to do, and offers it
    await resident.get_by_role("status").get_by_role("button", name="손들기").click()
    await instructor.get_by_role("button", name="초대:").click()
    await resident.get_by_role("dialog").get_by_role("button", name="마이크로 말하기").click()
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    speaker = instructor.get_by_role("list", name="참가자").get_by_role("listitem").filter(has_text="발언 중")
    await expect(speaker).to_contain_text("마이크 켜짐")
    manage = speaker.get_by_role("button", name="관리")
    await manage.click()
    await instructor.get_by_role("menuitem", name="마이크 끄기").click()
    await expect(microphone).to_have_attribute("aria-pressed", "false")
    await microphone.click()
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await manage.click()
    await instructor.get_by_role("menuitem", name="발언 끝내기").click()
    await expect(resident.get_by_role("status").filter(has_text="발언이 끝났습니다")).to_be_visible()
    await expect(microphone).to_have_attribute("aria-pressed", "false")


async def test_the_picture_freezes_and_never_disappears_while_the_relay_is_replaced(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    instructor, resident = await sign_in("instructor"), await sign_in("resident03")
    await teach(instructor, lesson)
    await enter(resident, lesson)
    await eventually("the resident sees the instructor", lambda: sees_camera(resident))
    await resident.evaluate(COUNT_PICTURES)
    await resident.evaluate("window.before = document.querySelector('video[data-source=camera]')")
    server.kill_child("media-worker")
    moving = """() => {
      const video = document.querySelector('video[data-source=camera]');
      return video !== window.before && video.currentTime > 0.2;
    }"""
    await eventually("a new picture moves", lambda: resident.evaluate(moving), within_s=20)
    assert await resident.evaluate("window.fewest") >= 1


async def test_a_second_window_works_and_is_noticed_in_both(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    first = await sign_in("resident04")
    await enter(first, lesson)
    second = await first.context.new_page()
    await enter(second, lesson)
    for page in (first, second):
        await expect(page.get_by_role("status").filter(has_text="다른 창")).to_be_visible()


async def test_one_touch_turns_on_the_sound_a_browser_holds_back(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    resident = await sign_in("resident05")
    await resident.context.add_init_script(REFUSE_SOUND)
    await enter(resident, lesson)
    button = resident.get_by_role("button", name="눌러서 소리 켜기")
    await button.click()
    await expect(button).to_be_hidden()
    assert await resident.evaluate("[...document.querySelectorAll('audio')].every((audio) => !audio.paused)")


async def test_without_camera_and_microphone_the_class_goes_on(server: Server) -> None:
    async with async_playwright() as playwright:
        flags = [flag for flag in FLAGS if "fake-ui" not in flag]  # nobody presses "allow": headless Chromium refuses
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=flags)
        context = await browser.new_context(base_url=server.url, locale="ko", viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await page.goto("/sign-in?lang=ko")
        await page.get_by_label("이메일").fill("instructor@demo.example")
        await page.get_by_label("비밀번호").fill("classroom-demo")
        await page.get_by_role("main").get_by_role("button", name="로그인").click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        await page.goto(f"/lessons/{server.live_lesson()['id']}/room")
        for device in ("카메라를 사용할 수 없습니다", "마이크를 사용할 수 없습니다"):
            await expect(page.get_by_text(device)).to_be_visible()
        await page.get_by_role("button", name="수업 입장").click()
        await expect(page.get_by_role("list", name="참가자")).to_contain_text("강사")
        await page.get_by_role("button", name="카메라", exact=True).click()
        await expect(page.get_by_role("status").filter(has_text="카메라를 사용할 수 없습니다")).to_be_visible()
        await page.get_by_label("메시지").fill("소리만 들립니다")
        await page.get_by_role("button", name="보내기").click()
        await expect(page.get_by_role("log", name="채팅")).to_contain_text("소리만 들립니다")
        await asyncio.wait_for(browser.close(), 10)
