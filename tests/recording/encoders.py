"""What happens to an encoder from outside: killed, stopped, without memory. Only children of this process are touched."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from functools import partial
from typing import Literal

import psutil
import pytest

from recording import compose

Harm = Literal["killed", "stopped", "out of memory"]
HARMS: tuple[Harm, ...] = ("killed", "stopped", "out of memory")
STALL_S = 1.5
MEMORY_BYTES = 300 << 20
"""Too little for x264 with a 720p picture."""


def impatient(patch: pytest.MonkeyPatch) -> None:
    """An encoder without progress is given up after `STALL_S`."""
    for place in ("recording.compose.run_ffmpeg", "recording.video.run_ffmpeg"):
        patch.setattr(place, partial(compose.run_ffmpeg, stall_s=STALL_S))


@contextlib.contextmanager
def starved(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Encoders started in this block get too little memory."""
    with patch.context() as inner:
        inner.setattr("recording.compose.MEMORY_BYTES", MEMORY_BYTES)
        yield


async def encoder_of(part: str, parent: int | None = None, within_s: float = 30.0) -> psutil.Process:
    """An ffmpeg of ours (or of `parent`) that works on a file named like `part`, once there is one."""
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(parent).children():
                with contextlib.suppress(psutil.Error):
                    if "ffmpeg" in child.name() and any(part in word for word in child.cmdline()):
                        return child
        await asyncio.sleep(0.01)
    raise AssertionError(f"no encoder of {part!r} came within {within_s} s")


async def harm_one(harm: Literal["killed", "stopped"], part: str) -> None:
    """Wait for an ffmpeg of ours that works on a file named like `part`, and harm it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill((await encoder_of(part)).pid, signal.SIGKILL if harm == "killed" else signal.SIGSTOP)
