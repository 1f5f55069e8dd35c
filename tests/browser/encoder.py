"""An encoder as lecture halls have one: the ffmpeg of the wheel, publishing by WHIP."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import imageio_ffmpeg

from tests.running import COMMAND, Server, environment

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def ticket(server: Server, lesson: str, role: str) -> str:
    return subprocess.run(
        [COMMAND, "token", "--data", str(server.data), "--lesson", lesson, "--role", role, "--name", "현장 카메라"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    ).stdout.strip()


@contextmanager
def publishing(server: Server, lesson: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """`arguments` say what is read and how it is encoded; it is sent until the block ends, and must last as long."""
    argv = [FFMPEG, "-loglevel", "error", "-re", "-stream_loop", "-1", *arguments, "-f", "whip"]
    argv += ["-authorization", ticket(server, lesson, "instructor"), f"{server.url}/whip/{lesson}"]
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
