"""R33: what 2,000 people who come, look and leave cost for good: memory, descriptors, tasks, rooms that nobody is in.

    python -m tests.bench.soak [--cycles 2000] [--together 32]

A real media worker (`python -m media`) and real signalling (RoomServer on uvicorn, a process of its own) serve one class with a
teacher who sends. Each cycle is one learner: WebSocket, ticket, `view`, ICE, DTLS, a key frame seen, goodbye. The slope is taken
over the second half: the first fills caches and the allocator's arenas.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import structlog

from media.control import Snapshot, TakeSnapshot
from signaling import replies, requests
from signaling.facts import AnyFact
from tests.bench.fanout import show
from tests.integration.media_clients import SECRET
from tests.integration.media_process import WorkerProcess, worker_process
from tests.integration.signaling.client import Client
from tests.integration.signaling.crowd import Crowd
from tests.integration.signaling.worker import Worker, listening_socket
from tests.integration.signaling.world import World
from tests.media.light import Lecture, LightPeer

SAMPLES = 20
FORGET_AFTER = 200
"""The fact log of this bench keeps no more: a real one is a database, not our memory."""
CYCLE_S = 30.0
LIMIT_KB = 1.0
"""Per cycle. A province of 1,000 joins an hour stays under 1 MB an hour."""


# -- the signalling process --------------------------------------------------------------------------------------------


async def serve_signalling(fd: int, worker_url: str) -> None:
    """One RoomServer with a real worker, and what it holds on a second socket's GET."""
    made = World([cast(Worker, SimpleNamespace(url=worker_url))])
    made.control_secret = SECRET
    made.socket.close()
    made.socket = socket.socket(fileno=fd)
    append = made.books.append

    async def forgetful(batch: Sequence[AnyFact]) -> None:
        await append(batch)
        del made.books.log[20:-FORGET_AFTER]

    made.books.append = forgetful  # type: ignore[method-assign]
    await made.start()
    print("ready", flush=True)
    while True:
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return
        places = sum(len(host.room.places) for host in made.rooms._hall.hosts.values())
        rooms = len(made.rooms._hall.hosts)
        print(json.dumps({"tasks": len(asyncio.all_tasks()), "places": places, "rooms": rooms}), flush=True)


class SignallingProcess:
    """The running process and how to ask it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def holds(self) -> dict[str, int]:
        """Tasks, places and rooms in it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), 10)
        return cast(dict[str, int], json.loads(line))


@contextlib.asynccontextmanager
async def signalling_process(worker: WorkerProcess, log: Path) -> AsyncIterator[tuple[SignallingProcess, Crowd]]:
    listener = listening_socket()
    port = listener.getsockname()[1]
    arguments = ("-m", "tests.bench.soak", "--serve", str(listener.fileno()), f"ws://127.0.0.1:{worker.control_port}")
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            pass_fds=[listener.fileno()],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=out,
        )
    listener.close()
    crowd = Crowd(port, process.pid)
    try:
        assert process.stdout is not None
        while (line := await asyncio.wait_for(process.stdout.readline(), 30)) != b"ready\n":
            assert line, log.read_text()
        yield SignallingProcess(process), crowd
    finally:
        await crowd.close()
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 10)


# -- the people --------------------------------------------------------------------------------------------------------


async def teach(crowd: Crowd) -> tuple[Client, asyncio.Task[None]]:
    """An instructor on air; the task sends until it is cancelled."""
    client = await crowd.join("teacher", "instructor")
    light = LightPeer()
    await client.say(requests.Publish(sdp=light.publisher_offer(), sources={"0": "camera", "1": "microphone"}))
    light.take_remote((await client.expect(replies.Published)).sdp)
    await asyncio.to_thread(light.connect, 10.0)
    light.sock.setblocking(False)

    async def send() -> None:
        lecture, frame = Lecture(packets=2, size=600), 0
        while True:
            while light.receive() is not None:
                pass
            for packet in lecture.frame(key=frame % 15 == 0):
                light.send_rtp(packet)
            if frame % 30 == 0:
                light.check()
                await client.say(requests.Heartbeat())
            frame += 1
            await asyncio.sleep(1 / 15)

    return client, asyncio.create_task(send())


async def come_and_go(crowd: Crowd, number: int) -> None:
    """One learner from the ticket to the goodbye."""
    client = await crowd.join(f"learner-{number}")
    light = LightPeer()
    try:
        await client.say(requests.View())
        offered = await client.expect(replies.ViewOffered)
        light.take_remote(offered.sdp)
        await client.say(requests.ViewAnswer(sdp=light.viewer_answer(offered.sdp)))
        await asyncio.to_thread(light.connect, 10.0)
        light.sock.setblocking(False)
        for _ in range(200):
            received = light.receive()
            if received is not None and received[0] == "rtp":
                break
            await asyncio.sleep(0.01)
        else:
            raise AssertionError("no media came")
        if number % 4:
            await client.say(requests.Leave())
    finally:
        if number % 3:
            light.close()
        else:
            light.sock.close()  # a browser that was killed says nothing
        await client.close()
        crowd.clients.remove(client)


# -- the measurement ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    cycle: int
    worker_bytes: int
    signalling_bytes: int
    worker_fds: int
    signalling_fds: int
    tasks: int


async def sample(cycle: int, worker: WorkerProcess, signalling: SignallingProcess) -> Sample:
    process = psutil.Process(signalling.process.pid)
    return Sample(
        cycle,
        worker.resident_bytes(),
        int(process.memory_info().rss),
        psutil.Process(worker.process.pid).num_fds(),
        process.num_fds(),
        (await signalling.holds())["tasks"],
    )


def slope_kb(samples: list[Sample], which: str) -> float:
    """Least squares over the second half, in KB per cycle."""
    half = samples[len(samples) // 2 :]
    xs = [one.cycle for one in half]
    ys = [getattr(one, which) / 1024 for one in half]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


async def soak(cycles: int, together: int) -> tuple[list[Sample], dict[str, int], Snapshot]:
    """(samples, what signalling holds afterwards, what the worker does)."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            worker_process(Path(folder)) as (worker, control),
            signalling_process(worker, Path(folder) / "signalling.log") as (signalling, crowd),
        ):
            teacher, sending = await teach(crowd)
            reading = asyncio.create_task(teacher.drain())
            samples: list[Sample] = []
            try:
                every = max(together, cycles // SAMPLES)
                for start in range(0, cycles, together):
                    numbers = range(start, min(cycles, start + together))
                    async with asyncio.timeout(CYCLE_S):
                        await asyncio.gather(*(come_and_go(crowd, number) for number in numbers))
                    if start // every != (start - together) // every:
                        samples.append(await sample(start, worker, signalling))
                        print(f"       {samples[-1]}", file=sys.stderr, flush=True)
                await asyncio.sleep(14.0)  # who said nothing is noticed after 12 s
                samples.append(await sample(cycles, worker, signalling))
            finally:
                for task in (sending, reading):
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
            taken = await control.ask(TakeSnapshot(request=0))
            assert isinstance(taken, Snapshot)
            return samples, await signalling.holds(), taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=2_000)
    parser.add_argument("--together", type=int, default=32)
    parser.add_argument("--serve", nargs=2, metavar=("FD", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
        asyncio.run(serve_signalling(int(arguments.serve[0]), arguments.serve[1]))
        return
    samples, holds, snapshot = asyncio.run(soak(arguments.cycles, arguments.together))
    first, last = samples[len(samples) // 2], samples[-1]
    for part in ("worker", "signalling"):
        slope = slope_kb(samples, f"{part}_bytes")
        now = getattr(last, f"{part}_bytes") / 2**20
        show("R33", f"{part}: {slope:+.2f} KB per join and leave, {now:.0f} MB", f"< {LIMIT_KB} KB", slope < LIMIT_KB)
        before, after = getattr(first, f"{part}_fds"), getattr(last, f"{part}_fds")
        show("R33", f"{part}: {before} descriptors at half time, {after} at the end", "flat", after <= before)
    show("R33", f"signalling: {first.tasks} tasks at half time, {last.tasks} at the end", "flat", last.tasks <= first.tasks)
    viewers = sum(len(room.viewers) for room in snapshot.rooms)
    ghosts = f"{len(snapshot.rooms) - 1} rooms, {viewers} viewers at the worker, {holds['rooms'] - 1} rooms in signalling"
    show("R33", f"ghosts: {ghosts}", "0", (len(snapshot.rooms), viewers, holds["rooms"]) == (1, 0, 1))


if __name__ == "__main__":
    main()
