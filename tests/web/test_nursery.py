"""A part is forked from a warm process: it is a child of ours with its own environment, and outlives the nursery."""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from web.child import Child
from web.nursery import SET_CHILD_SUBREAPER, CannotFork, Nursery
from web.supervisor import Supervisor

FORKED = """
import json, os, pathlib, random, sys, time, uuid
import web.nursery
web.nursery.MODULES = ()
arguments = web.nursery.wait_to_be_forked(int(sys.argv[1]))
if arguments and arguments[0] == "tell":
    import cryptography.hazmat.primitives.asymmetric.ec as ec
    key = ec.generate_private_key(ec.SECP256R1())
    told = {"pid": os.getpid(), "parent": os.getppid(), "session": os.getsid(0), "environment": dict(os.environ),
            "random": [random.random(), uuid.uuid4().hex, key.private_numbers().private_value]}
    os.write(int(arguments[1]), json.dumps(told).encode())
    os.read(0, 1)  # until the parent is gone
    raise SystemExit(7)
if arguments and arguments[0] == "orphan":
    between = os.fork()
    if between == 0:
        orphan = os.fork()
        if orphan == 0:
            time.sleep(0.2)
        else:
            os.write(int(arguments[1]), json.dumps({"orphan": orphan}).encode())
        os._exit(0)
    os.waitpid(between, 0)
if arguments:
    time.sleep(60)
"""


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    nursery = Nursery([sys.executable, "-c", FORKED])
    nursery.start()
    try:
        yield nursery
    finally:
        await nursery.stop()
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)  # other tests' orphans are not ours


async def tell(nursery: Nursery, *, environment: dict[str, str]) -> tuple[object, dict[str, object]]:
    reading, writing = os.pipe()
    try:
        child = await nursery.fork(["tell", str(writing)], ["classroom", "part", "--port", "1"], environment, [writing])
        told: dict[str, object] = json.loads(await asyncio.to_thread(os.read, reading, 65536))
    finally:
        os.close(reading)
        os.close(writing)
    try:
        assert told["pid"] == child.pid == told["session"]
        assert told["parent"] == os.getpid()
        assert told["environment"] == environment
        shown = [argument for argument in psutil.Process(child.pid).cmdline() if argument]
        assert shown == ["classroom", "part", "--port", "1"]
        assert child.returncode is None
    finally:
        child.kill()
        status = await asyncio.wait_for(child.wait(), 5)
    assert status == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        child.terminate()
    return child, told


async def test_what_is_forked_is_our_child_and_shares_no_secret_with_its_siblings(nursery: Nursery) -> None:
    _, one = await tell(nursery, environment={"A": "가"})
    _, other = await tell(nursery, environment={"B": "2"})
    first, second = one["random"], other["random"]
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert not set(first) & set(second), "each seeds its own randomness"


async def test_a_forked_child_outlives_the_nursery_and_learns_of_our_end(nursery: Nursery) -> None:
    reading, writing = os.pipe()
    child = await nursery.fork(["tell", str(writing)], ["classroom"], {}, [writing])
    os.close(writing)
    await asyncio.to_thread(os.read, reading, 65536)
    os.close(reading)
    (pid,) = nursery.pids
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.3)
    assert child.returncode is None
    with pytest.raises(CannotFork):
        await nursery.fork(["tell", "0"], ["classroom"], {}, [])
    os.close(child._stdin)  # what the kernel does when we die
    child._stdin = os.open(os.devnull, os.O_RDONLY)
    assert await asyncio.wait_for(child.wait(), 5) == 7


async def test_without_a_nursery_a_child_is_started_from_scratch_and_orphans_are_taken_note_of(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    script = f"import pathlib, time; pathlib.Path({str(starts)!r}).open('a').write('scratch\\n'); time.sleep(60)"
    reading, writing = os.pipe()
    nursery = Nursery([sys.executable, "-c", FORKED])
    child = Child("part", [sys.executable, "-c", script], arguments=["orphan", str(writing)])
    supervisor = Supervisor([child], nursery=nursery)
    os.set_inheritable(writing, True)
    child.sockets = [Descriptor(writing)]  # type: ignore[list-item]  # all it needs of a socket
    running = asyncio.create_task(supervisor.run())
    try:
        told = json.loads(await asyncio.wait_for(asyncio.to_thread(os.read, reading, 65536), 20))
        for _ in range(100):
            if not psutil.pid_exists(told["orphan"]):
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("the orphan is a zombie")
        (pid,) = nursery.pids
        os.kill(pid, signal.SIGKILL)
        assert child.process is not None
        child.process.kill()
        for _ in range(100):
            if starts.exists():
                break
            await asyncio.sleep(0.1)
        assert starts.exists()
    finally:
        supervisor.stop()
        await asyncio.wait_for(running, 20)
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        os.close(reading)
        os.close(writing)


class Descriptor:
    def __init__(self, number: int) -> None:
        self.fileno = lambda: number
