"""Crowds: R18 (1,000 joins in 10 s), R19 (300 cut at once), R20 (2,000 slow sockets), each beside a class that goes on.

The server runs in a process of its own, as in production; the crowd is this process. Each test prints its scorecard row.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from signaling import events, replies, requests
from tests.integration.raw_client import HANDSHAKE, RawClient, join_raw, masked
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.crowd import Crowd
from tests.integration.signaling.worker import listening_socket
from tests.waiting import within

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """A server process on a listening socket of ours, and what is needed to join it."""
    listener = listening_socket()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.signaling.crowd", str(listener.fileno())],
        pass_fds=[listener.fileno()],
        cwd=Path(__file__).parents[3],
    )
    made = Crowd(listener.getsockname()[1], server.pid)
    try:
        yield made
    finally:
        server.kill()
        server.wait()
        await made.close()
        listener.close()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def cpu_s(crowd: Crowd) -> float:
    """What the server has used so far, on any core."""
    used = psutil.Process(crowd.pid).cpu_times()
    return float(used.user + used.system)


def row(name: str, value: str, target: str, *, passed: bool) -> None:
    print(f"\n{name}: {value} (target {target}) {'pass' if passed else 'FAIL'}")


class Beside:
    """A class that goes on: how long the instructor's heartbeat takes to be answered."""

    def __init__(self, teacher: Client) -> None:
        self.teacher = teacher
        self.taken_s: list[float] = []
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while True:
            started = time.perf_counter()
            await self.teacher.say(requests.Heartbeat())
            await self.teacher.expect(replies.Alive)
            self.taken_s.append(time.perf_counter() - started)
            await asyncio.sleep(0.05)

    async def stop(self) -> float:
        """The 99th percentile."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return percentile(self.taken_s, 0.99)


def hello(crowd: Crowd, person: str) -> str:
    return requests.Hello(version=1, ticket=crowd.ticket(person)).model_dump_json()


async def test_a_thousand_join_in_ten_seconds(crowd: Crowd) -> None:
    beside = Beside(await crowd.join("lee", "instructor"))
    hellos = [hello(crowd, f"person-{number}") for number in range(1_000)]
    began = asyncio.get_running_loop().time()

    async def join(number: int) -> tuple[RawClient, float]:
        await asyncio.sleep(began + number / 100 - asyncio.get_running_loop().time())
        return await asyncio.wait_for(join_raw(crowd.port, LESSON, hellos[number]), 10)

    results = await asyncio.gather(*(join(number) for number in range(1_000)), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    clients, taken = zip(*(result for result in results if not isinstance(result, BaseException)), strict=True)
    pulse = await beside.stop()
    last = await crowd.join("late")
    p99 = percentile(list(taken), 0.99)
    passed = not failures and p99 <= 0.5
    row(
        "R18",
        f"{len(failures)} failures, join p50 {percentile(list(taken), 0.5) * 1e3:.0f} p99 {p99 * 1e3:.0f} "
        f"max {max(taken) * 1e3:.0f} ms, heartbeat beside p99 {pulse * 1e3:.0f} ms, "
        f"server CPU {cpu_s(crowd):.1f} s, sent {sum(client.received for client in clients) / 1e6:.0f} MB",
        "0, 500 ms",
        passed=passed,
    )
    for client in clients:
        client.transport.abort()
    assert not failures, failures[:3]
    assert passed
    assert len(last.welcome.room.peers) == 1_002


async def test_three_hundred_cut_at_once_are_back_in_ten_seconds(crowd: Crowd) -> None:
    clients = [await crowd.join(f"person-{number}") for number in range(300)]
    for client in clients:
        client.cut()
    started = time.perf_counter()

    async def back(client: Client) -> float:
        again = await Client(crowd).resume(client)
        assert again.peer == client.peer
        return time.perf_counter() - started

    taken = await asyncio.gather(*(back(client) for client in clients))
    row("R19", f"300 of 300 back, p50 {percentile(taken, 0.5):.2f} max {max(taken):.2f} s", "10 s", passed=max(taken) <= 10)
    assert max(taken) <= 10


async def open_slow(crowd: Crowd, said: bytes) -> socket.socket:
    """A socket with a tiny window that says its piece, and will not read."""
    loop = asyncio.get_running_loop()
    raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    raw.setblocking(False)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    await loop.sock_connect(raw, ("127.0.0.1", crowd.port))
    await loop.sock_sendall(raw, HANDSHAKE.format(lesson=LESSON).encode())
    assert (await loop.sock_recv(raw, 4_096)).startswith(b"HTTP/1.1 101")
    await loop.sock_sendall(raw, said)
    return raw


async def life_s(raw: socket.socket, opened_at: float) -> float:
    """How long the server kept it."""
    async with within(60, "the server ends a slow socket"):
        with contextlib.suppress(OSError):
            while await asyncio.get_running_loop().sock_recv(raw, 4_096):
                pass
    raw.close()
    return time.perf_counter() - opened_at


async def join_one_by_one(crowd: Crowd, count: int) -> list[float]:
    """How long each took."""
    taken = []
    for number in range(count):
        client, seconds = await join_raw(crowd.port, LESSON, hello(crowd, f"good-{number}"))
        client.transport.abort()
        taken.append(seconds)
        await asyncio.sleep(0.01)
    return taken


async def test_two_thousand_slow_sockets_disturb_nobody_and_are_gone_in_ten_seconds(crowd: Crowd) -> None:
    """Half say nothing, half begin a frame and never end it; meanwhile people join."""
    beside = Beside(await crowd.join("lee", "instructor"))
    joining = asyncio.create_task(join_one_by_one(crowd, 200))
    lives: list[asyncio.Task[float]] = []
    for _ in range(40):
        opened = await asyncio.gather(*(open_slow(crowd, b"\x81\xfe\x01\x00half" if number % 2 else b"") for number in range(50)))
        lives += [asyncio.create_task(life_s(raw, time.perf_counter())) for raw in opened]
        await asyncio.sleep(0.05)
    joins = await asyncio.wait_for(joining, 60)
    lived = await asyncio.wait_for(asyncio.gather(*lives), 30)
    pulse = await beside.stop()
    passed = percentile(joins, 0.99) <= 1.0 and max(lived) <= 10.0
    row(
        "R20",
        f"legitimate join p99 {percentile(joins, 0.99) * 1e3:.0f} ms, heartbeat p99 {pulse * 1e3:.0f} ms, "
        f"socket life p50 {percentile(lived, 0.5):.1f} max {max(lived):.1f} s",
        "1 s, 10 s",
        passed=passed,
    )
    assert passed


async def test_those_who_join_and_never_read_stall_nobody(crowd: Crowd) -> None:
    """They are cut when their queue is full or their silence too long; the class does not wait for them."""
    teacher = await crowd.join("lee", "instructor")
    beside = Beside(await crowd.join("kim"))
    began = time.perf_counter()
    deaf = [await open_slow(crowd, masked(hello(crowd, f"deaf-{number}"))) for number in range(200)]
    said = 0
    gone = 0
    while gone < 200 and time.perf_counter() - began < 30:
        said += 1
        await teacher.say(requests.SendChat(id=str(said), text="가" * 1_000))
        line = await teacher.expect(events.ChatPosted | replies.Error)
        assert isinstance(line, events.ChatPosted), line
        await asyncio.sleep(1.05)
        newcomer = await crowd.join("staff", "viewer")
        gone = 200 - sum(peer.connected for peer in newcomer.welcome.room.peers if "deaf" in peer.name)
        newcomer.cut()
    pulse = await beside.stop()
    took = time.perf_counter() - began
    row(
        "R20b",
        f"200 deaf sockets gone after {took:.1f} s, heartbeat beside p99 {pulse * 1e3:.0f} ms",
        "25 s, 1 s",
        passed=gone == 200 and took <= 25 and pulse <= 1,
    )
    for raw in deaf:
        raw.close()
    assert gone == 200
    assert took <= 25
    assert pulse <= 1
