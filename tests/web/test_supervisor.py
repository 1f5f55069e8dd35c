"""Children that die come back; a child that cannot start ends the whole with its status; the sockets stay."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from web.child import CANNOT_START, Child
from web.plan import listen
from web.settings import SettingsWrong
from web.supervisor import FROM_THE_START, Supervisor

LIVES = "import sys, time, pathlib; pathlib.Path(sys.argv[1]).open('a').write('started\\n'); time.sleep(60)"


def started(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


async def until(check: Callable[[], bool], within_s: float = 10.0) -> float:
    start = time.monotonic()
    while not check():
        assert time.monotonic() - start < within_s
        await asyncio.sleep(0.01)
    return time.monotonic() - start


async def test_a_killed_child_is_back_within_a_second(tmp_path: Path) -> None:
    child = Child("part", [sys.executable, "-c", LIVES, str(tmp_path / "starts")])
    supervisor = Supervisor([child])
    running = asyncio.create_task(supervisor.run())
    await until(lambda: started(tmp_path / "starts") == 1 and child.process is not None)
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    assert await until(lambda: started(tmp_path / "starts") == 2) < 1.0
    supervisor.stop()
    assert await running == 0
    assert child.process.returncode is not None


BEATS = LIVES.replace("time.sleep(60)", "from web.heartbeat import beat_forever; import asyncio; asyncio.run(beat_forever())")


async def test_a_child_that_stands_still_is_ended_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.child.HUNG_AFTER_S", 1.5)
    starts = tmp_path / "starts"
    still = Child("silent from the start", [sys.executable, "-c", LIVES, str(tmp_path / "other")], beats=True)
    child = Child("part", [sys.executable, "-c", BEATS, str(starts)], beats=True)
    supervisor = Supervisor([child, still])
    running = asyncio.create_task(supervisor.run())
    try:
        await until(lambda: started(starts) == 1 and started(tmp_path / "other") == 1)
        await asyncio.sleep(2.0)
        assert started(starts) == 1, "one that beats is left alone"
        assert child.process is not None
        os.kill(child.process.pid, signal.SIGSTOP)
        assert await until(lambda: started(starts) == 2) < 8.0
        assert started(tmp_path / "other") == 1, "before its first beat nothing is expected of a child"
    finally:
        supervisor.stop()
        await running


async def test_a_child_that_cannot_start_ends_the_whole_with_its_status() -> None:
    supervisor = Supervisor([Child("part", [sys.executable, "-c", f"raise SystemExit({CANNOT_START})"])])
    assert await asyncio.wait_for(supervisor.run(), 10) == CANNOT_START


async def test_a_child_that_refuses_to_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.child.STOP_WITHIN_S", 0.3)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + LIVES
    child = Child("part", [sys.executable, "-c", stubborn, str(tmp_path / "starts")])
    supervisor = Supervisor([child])
    running = asyncio.create_task(supervisor.run())
    await until(lambda: started(tmp_path / "starts") == 1 and child.starts == 1)
    supervisor.stop()
    assert await running == 0
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsWrong, match=r"CLASSROOM_PORT: 127\.0\.0\.1:[0-9]+ cannot be used") as refused:
            listen("127.0.0.1", other.getsockname()[1], "CLASSROOM_PORT")
    assert "\n" not in str(refused.value)


class Places:
    """Media workers that only beat, on places named by number."""

    def __init__(self, log: Path, script: str = BEATS) -> None:
        self.made = 0
        self.free = [0, 1]
        self.taken: dict[str, int] = {}
        self.script = script
        self._log = log

    def has(self, child: Child) -> bool:
        return child.name in self.taken

    def spare(self) -> Child:
        name = f"media-worker {self.made}"
        self.taken[name] = self.free.pop(0)
        self.made += 1
        return Child(name, [sys.executable, "-c", self.script, str(self._log)], beats=True)

    def give_back(self, child: Child) -> None:
        self.free.append(self.taken.pop(child.name))


async def test_everything_is_restarted_one_by_one_and_media_only_when_its_replacement_beats(tmp_path: Path) -> None:
    places = Places(tmp_path / "media")
    web = Child("web", [sys.executable, "-c", BEATS, str(tmp_path / "web")], beats=True)
    supervisor = Supervisor([web, places.spare()], places)  # type: ignore[arg-type]  # as far as it is used
    running = asyncio.create_task(supervisor.run())
    try:
        await until(lambda: started(tmp_path / "web") == 1 and started(tmp_path / "media") == 1)
        await until(lambda: all(child.starts == 1 for child in supervisor.children))
        first = supervisor.children[1].process
        supervisor.renew()
        supervisor.renew()
        await until(lambda: started(tmp_path / "web") == 2, 30.0)
        assert started(tmp_path / "media") == 2, "before the pages, and once"
        assert first is not None
        assert first.returncode is not None
        assert (places.taken, places.free) == ({"media-worker 1": 1}, [0])
        assert [child.name for child in supervisor.children] == ["web", "media-worker 1"]

        places.script = "raise SystemExit(1)"
        supervisor.renew()
        await until(lambda: places.made == 3 and places.free == [0], 30.0)
        assert started(tmp_path / "media") == 2
        assert supervisor.children[1].process is not None
        assert supervisor.children[1].process.returncode is None, "a replacement that does not start costs nothing"
    finally:
        supervisor.stop()
        await running


async def test_a_standby_makes_room_for_the_pages_and_a_failure_then_begins_everything_anew(tmp_path: Path) -> None:
    standby = Child("standby", [sys.executable, "-c", LIVES, str(tmp_path / "standby")])
    pages = Child("web", [sys.executable, "-c", LIVES, str(tmp_path / "web")])
    failing = Child("jobs", [sys.executable, "-c", f"raise SystemExit({CANNOT_START})"])
    media = Child("media", [sys.executable, "-c", LIVES, str(tmp_path / "media")])
    supervisor = Supervisor([standby, media])
    running = asyncio.create_task(supervisor.run())
    try:
        await until(lambda: started(tmp_path / "standby") == 1 and started(tmp_path / "media") == 1 and standby.starts == 1)
        await supervisor.take_over(standby, pages)
        await until(lambda: started(tmp_path / "web") == 1)
        assert supervisor.children == [pages, media], "the pages say goodbye first"
        assert standby.process is not None
        assert standby.process.returncode is not None
        assert (started(tmp_path / "standby"), started(tmp_path / "media")) == (1, 1)
        await supervisor.take_over(media, failing)
        assert await asyncio.wait_for(running, 20) == FROM_THE_START, "nobody looks any more: others may try, then we again"
    finally:
        supervisor.stop()
        await asyncio.wait_for(running, 20)
