"""A moving picture that can be recognised after camera, VP8, relay, recording and film: four known colours and a counter.

The upper part holds four coloured fields, the lower part six black or white blocks: the frame's number modulo 64 in binary,
most significant left. Both survive scaling and lossy coding.
"""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, RATE, FRAMES, BITS = 1280, 720, 30, 64, 6
COLOURS = [(200, 40, 40), (40, 170, 60), (50, 70, 200), (220, 200, 50)]
Picture = NDArray[np.uint8]


def draw(number: int, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Frame `number` as height × width × RGB."""
    picture = np.zeros((height, width, 3), np.uint8)
    middle = height * 2 // 3
    for index, colour in enumerate(COLOURS):
        picture[:middle, index * width // 4 : (index + 1) * width // 4] = colour
    for bit in range(BITS):
        white = number >> (BITS - 1 - bit) & 1
        picture[middle:, bit * width // BITS : (bit + 1) * width // BITS] = 235 if white else 16
    return picture


def read(picture: Picture) -> int | None:
    """The number in a picture that shows ours, or None. Raises nothing: black frames and strangers are None."""
    height, width = picture.shape[:2]

    def mean(x: float, y: float) -> NDArray[np.float64]:
        top, left = int(y * height), int(x * width)
        return picture[max(top - 2, 0) : top + 3, max(left - 2, 0) : left + 3, :3].mean(axis=(0, 1))

    for index, colour in enumerate(COLOURS):
        if np.abs(mean((index + 0.5) / 4, 0.33) - colour).max() > 60:
            return None
    number = 0
    for bit in range(BITS):
        level = mean((bit + 0.5) / BITS, 0.83).mean()
        if 90 < level < 165:
            return None
        number = number << 1 | int(level > 127)
    return number


def write_camera_file(path: Path) -> Path:
    """A y4m for Chromium's `--use-file-for-fake-video-capture`, a loop of 64 frames at 30 per second."""
    argv = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-"),
        *("-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", str(path)),
    ]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        for number in range(FRAMES):
            ffmpeg.stdin.write(draw(number).tobytes())
        ffmpeg.stdin.close()
    assert ffmpeg.returncode == 0
    return path
