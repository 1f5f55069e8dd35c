"""One class on two media workers: pictures on both, and kill -9 of either in the middle of it."""

import asyncio
import os
import re
import signal
import time
import urllib.request
from collections.abc import Iterator

import psutil
import pytest
from playwright.async_api import Page

from tests.browser.conftest import SignIn
from tests.browser.looking import eventually, received
from tests.browser.people import end_class, enter, record, sees_camera, teach
from tests.running import Server, classroom

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

BACK_WITHIN_S = 8.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers; one viewer is a worker's share, so that the second goes to the other."""
    flags = ("--media-workers", "2", "--media-share", "1")
    running = Server(tmp_path_factory.mktemp("server") / "data", *flags).start()
    yield running
    assert running.stop() == 0, running.log.read_text()


def worker(server: Server, number: int) -> psutil.Process:
    assert server.process is not None
    for process in psutil.Process(server.process.pid).children():
        if "media-worker" in process.cmdline() and str(server.media_port + number) in process.cmdline():
            return process
    raise AssertionError(f"no media worker {number}")


def home(server: Server) -> int:
    """The worker the class is at home at, by its own figures."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    publishers = dict(re.findall(r'^classroom_media_publishers{worker="worker-(\d)"} (\d+)', text, re.MULTILINE))
    viewers = dict(re.findall(r'^classroom_media_viewers{worker="worker-(\d)"} (\d+)', text, re.MULTILINE))
    assert all(int(count) >= 1 for count in viewers.values()), f"viewers on both workers: {viewers}"
    return next(int(number) for number, count in publishers.items() if int(count) > 0)


async def plays_again(page: Page, before: int, killed_at: float) -> float:
    """Seconds from the kill to new pictures, without a reload."""

    async def new_frames() -> bool:
        now = (await received(page)).frames
        return now > 0 and now != before

    await eventually("new pictures without a reload", new_frames, within_s=BACK_WITHIN_S)
    await eventually("the picture is the class's", lambda: sees_camera(page))
    return time.monotonic() - killed_at


async def test_a_class_on_two_workers_survives_the_end_of_either(server: Server, sign_in: SignIn) -> None:
    room = str(server.live_lesson()["id"])
    instructor = await sign_in("instructor")
    await teach(instructor, room)
    await record(instructor)
    pages = [await sign_in(name) for name in ("resident01", "resident02")]
    for page in pages:
        await enter(page, room)
        await eventually("the picture arrives", lambda page=page: sees_camera(page))
    far, near = pages  # the instructor's page is the home's first viewer
    await asyncio.sleep(2)

    first = home(server)
    for number, hit, name in ((1 - first, [far], "a viewers' worker"), (first, [far, near], "the home")):
        spared = [page for page in pages if page not in hit]
        frames = {page: (await received(page)).frames for page in pages}
        os.kill(worker(server, number).pid, signal.SIGKILL)
        killed_at = time.monotonic()
        await asyncio.sleep(0.3)
        frames |= {page: (await received(page)).frames for page in hit}
        back_s = max([await plays_again(page, frames[page], killed_at) for page in hit])
        print(f"R1 {name} killed: back after {back_s:.1f} s")
        assert back_s <= BACK_WITHIN_S
        for page in spared:
            assert (await received(page)).frames > frames[page] + 10, "whose worker lives never noticed"
        await asyncio.sleep(2)
    await end_class(instructor)

    async def composed_or_ready() -> bool:
        rows = [row for row in classroom("recordings", data=server.data) if row["lesson"] == room]
        return len(rows) == 1 and rows[0]["state"] in ("ready", "composed")

    await eventually("one recording, playable", composed_or_ready, within_s=15)
    (row,) = [row for row in classroom("recordings", data=server.data) if row["lesson"] == room]
    assert len(row["gaps"]) == 1, row
