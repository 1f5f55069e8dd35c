"""Real outside programs: the ffmpeg of the wheel publishes, a resident's browser sees it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import imageio_ffmpeg
import pytest

from tests.browser.conftest import SignIn
from tests.browser.looking import eventually, frames_per_second, received
from tests.browser.people import enter, sees_camera
from tests.browser.picture import write_camera_file
from tests.running import COMMAND, Server, environment

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def ticket(server: Server, lesson: str, role: str) -> str:
    return subprocess.run(
        [COMMAND, "token", "--data", str(server.data), "--lesson", lesson, "--role", role, "--name", "현장 카메라"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    ).stdout.strip()


@contextmanager
def ffmpeg_publishes(server: Server, lesson: str, camera: str) -> Iterator[subprocess.Popen[bytes]]:
    """H.264 without B-frames and stereo Opus by WHIP until the block ends."""
    argv = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", camera),
        *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"),
        *("-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0", "-g", "60"),
        *("-b:v", "1500k", "-pix_fmt", "yuv420p", "-vf", "scale=640:360", "-c:a", "libopus", "-ac", "2", "-b:a", "48k"),
        *("-f", "whip", "-authorization", ticket(server, lesson, "instructor"), f"{server.url}/whip/{lesson}"),
    ]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


async def test_ffmpeg_publishes_and_a_resident_sees_it(
    server: Server, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lesson = str(server.live_lesson()["id"])
    camera = write_camera_file(tmp_path_factory.mktemp("whip") / "camera.y4m")
    resident = await sign_in("resident05")
    await enter(resident, lesson)
    with ffmpeg_publishes(server, lesson, str(camera)):
        await eventually("ffmpeg's picture arrives", lambda: sees_camera(resident), within_s=15)
        assert await frames_per_second(resident, 3.0) >= 20
        assert (await received(resident)).energy > 0
