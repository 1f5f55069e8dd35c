"""Real outside programs: the ffmpeg of the wheel publishes, a resident's browser sees it."""

import pytest

from tests.browser.conftest import SignIn
from tests.browser.encoder import publishing
from tests.browser.looking import eventually, frames_per_second, received
from tests.browser.people import enter, sees_camera
from tests.browser.picture import write_camera_file
from tests.running import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


async def test_ffmpeg_publishes_and_a_resident_sees_it(
    server: Server, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lesson = str(server.live_lesson()["id"])
    camera = write_camera_file(tmp_path_factory.mktemp("whip") / "camera.y4m")
    resident = await sign_in("resident05")
    await enter(resident, lesson)
    encoding = [
        *("-i", str(camera), "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"),
        *("-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0", "-g", "60"),
        *("-b:v", "1500k", "-pix_fmt", "yuv420p", "-vf", "scale=640:360", "-c:a", "libopus", "-ac", "2", "-b:a", "48k"),
    ]
    with publishing(server, lesson, encoding):
        await eventually("ffmpeg's picture arrives", lambda: sees_camera(resident), within_s=15)
        assert await frames_per_second(resident, 3.0) >= 20
        assert (await received(resident)).energy > 0
