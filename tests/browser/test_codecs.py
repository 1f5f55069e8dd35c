"""A class in VP9 while everybody decodes it, recorded and replayed so, in VP8 once somebody joins who does not: real Chromium."""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import SignIn
from tests.browser.looking import eventually, frames_per_second, received
from tests.browser.people import end_class, enter, record, sees_camera, teach
from tests.running import Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

WITHOUT_VP9 = """
(() => {
  const native = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    let {type, sdp} = description;
    for (const [, number] of sdp.matchAll(/^a=rtpmap:(\\d+) VP9\\/90000\\r?$/gm))
      sdp = sdp.replace(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${number} .*\\r\\n`, 'gm'), '')
               .replace(new RegExp(`^(m=video .*) ${number}( |\\r)`, 'gm'), '$1$2');
    return native.call(this, {type, sdp});
  };
})();
"""
CODECS = """async (direction) => {
  const names = new Set();
  for (const connection of window.__connections || []) {
    if (connection.connectionState !== 'connected') continue;
    const rows = await connection.getStats();
    rows.forEach((row) => {
      if (row.type === direction && row.kind === 'video' && (row.framesDecoded || row.framesEncoded))
        names.add((rows.get(row.codecId) || {}).mimeType);
    });
  }
  return [...names];
}"""

SHOWN = """() => {
  const video = document.querySelector('main video[data-track="main"]');
  return video && video.videoWidth > 0 && !video.paused && !video.error ? video.currentTime : -1;
}"""


async def codecs(page: Page, direction: str) -> set[str]:
    """What its pictures are in, by its own connections."""
    return set(await page.evaluate(CODECS, direction))


async def test_vp9_until_somebody_joins_who_lacks_it(server: Server, sign_in: SignIn) -> None:
    lesson = str(server.live_lesson()["id"])
    resident = await sign_in("resident05")
    await enter(resident, lesson)
    teacher = await sign_in("instructor")
    await teach(teacher, lesson, "?codec=vp9")
    await eventually("the picture arrives", lambda: sees_camera(resident), within_s=15)
    assert await codecs(resident, "inbound-rtp") == {"video/VP9"}
    await eventually("moving pictures", lambda: _flows(resident), within_s=15)  # three encoders of VP9 in software

    await record(teacher)
    (recording,) = [row["id"] for row in classroom("recordings", data=server.data) if row["lesson"] == lesson]
    address = f"/recordings/{recording}/live.json"

    async def is_recorded() -> bool:
        told = await resident.request.get(address)
        return told.ok and "vp9" in (await told.json())["tracks"][0]["mime"]

    await eventually("it is recorded as it comes", is_recorded, within_s=60)
    assert await codecs(teacher, "outbound-rtp") == {"video/VP9"}, "recording changes nothing"

    late = await sign_in("resident07")
    await watch(late, recording)
    other = await sign_in("resident06")
    await other.context.add_init_script(WITHOUT_VP9)
    await enter(other, lesson)
    await eventually("who lacks VP9 sees it too", lambda: sees_camera(other), within_s=15)
    assert await codecs(other, "inbound-rtp") == {"video/VP8"}
    before = await received(resident)
    await eventually("the first goes on", lambda: _more(resident, before.frames + 30), within_s=10)
    assert await sees_camera(resident)
    assert await codecs(teacher, "outbound-rtp") == {"video/VP8"}

    await end_class(teacher)

    async def is_ready() -> bool:
        told = await late.request.get(f"/recordings/{recording}/manifest.json")
        return told.ok and "vp9" in (await told.json()).get("tracks", [{"mime": ""}])[0]["mime"]

    await eventually("the replay is ready", is_ready, within_s=30)
    await watch(late, recording)


async def watch(page: Page, recording: str) -> None:
    """The page of a recording, of a class that goes on or has ended, plays two seconds of pictures."""
    await page.goto(f"/recordings/{recording}")
    await page.get_by_role("button", name="재생", exact=True).click(timeout=60_000)
    await eventually("it plays", lambda: _is_beyond(page, 0.0), within_s=30)
    second: float = await page.evaluate(SHOWN)
    await eventually("it goes on", lambda: _is_beyond(page, second + 2), within_s=20)


async def _is_beyond(page: Page, second: float) -> bool:
    shown: float = await page.evaluate(SHOWN)
    return shown > second


async def _flows(page: Page) -> bool:
    return await frames_per_second(page, 1.5) >= 15


async def _more(page: Page, frames: int) -> bool:
    return (await received(page)).frames > frames
