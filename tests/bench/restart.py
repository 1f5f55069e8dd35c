"""R6: media workers restarted one after another under ten live classes: nobody is dropped, no picture stands still for a second.
R5: then the one that carries them is killed (-9) beside another: all classes go on there.

    python -m tests.bench.restart [--rooms 10] [--viewers 2]

Real workers (`python -m media`, a replacement first, then SIGTERM to the old, as the supervisor does it), real signalling, people
who make their connections beside the old ones as the page does, and teachers whose camera answers key frame requests.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import structlog

from media.rtcp import KeyframeRequest, parse
from media.slots import BY_NAME
from signaling import events, facts, replies, requests
from signaling.vocabulary import Message
from tests.bench.fanout import show
from tests.integration.media_clients import SECRET
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.worker import Worker
from tests.integration.signaling.world import World
from tests.media.light import Lecture, LightPeer
from tests.running import free_port
from tests.waiting import until

FPS = 15
CAMERA = BY_NAME["camera-0"].ssrc.to_bytes(4, "big")


@contextlib.asynccontextmanager
async def worker(folder: Path, control_port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A media worker on a control port of our choice."""
    environment = {**os.environ, "CLASSROOM_MEDIA_SECRET": SECRET}
    command = [sys.executable, "-m", "media", "--ip", "127.0.0.1", "--port", str(free_port(socket.SOCK_DGRAM))]
    with (folder / f"worker-{control_port}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            "--control-port",
            str(control_port),
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Person:
    """One browser as far as its connections go: a lost one, or one that is about to be, is replaced by a new one beside it."""

    def __init__(self, client: Client, direction: str) -> None:
        self.client = client
        self.direction = direction
        self.current: LightPeer | None = None
        self.failures = 0
        self.wants_key = True
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._connecting: asyncio.Task[None] | None = None
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """What the room says."""
        while True:
            with contextlib.suppress(TimeoutError):
                message = await self.client.read()
                if self._is_asked(message):
                    self._connecting = asyncio.create_task(self.connect())
                elif isinstance(message, replies.Published | replies.ViewOffered | replies.Error):
                    self._answers.put_nowait(message)

    def _is_asked(self, message: Message) -> bool:
        """To connect anew."""
        if isinstance(message, replies.Error):
            return message.code == "media-lost" and message.about == self.direction
        return isinstance(message, events.MediaChanged) and message.media == "up"

    async def connect(self) -> None:
        """A connection beside the one there is, which it replaces when it stands."""
        light, offered = LightPeer(), cast(Any, None)
        if self.direction == "publish":
            await self.client.say(requests.Publish(sdp=light.publisher_offer(), sources={"0": "camera", "1": "microphone"}))
            offered = await asyncio.wait_for(self._answers.get(), 10)
            light.take_remote(offered.sdp)
        else:
            await self.client.say(requests.View())
            offered = await asyncio.wait_for(self._answers.get(), 10)
            light.take_remote(offered.sdp)
            await self.client.say(requests.ViewAnswer(sdp=light.viewer_answer(offered.sdp)))
        try:
            await asyncio.to_thread(light.connect, 10.0)
        except TimeoutError:
            self.failures += 1
            return
        light.sock.setblocking(False)
        old, self.current, self.wants_key = self.current, light, True
        if old is not None:
            old.close()

    async def close(self) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        if self.current is not None:
            self.current.sock.close()


class Class:
    """One room: a teacher who sends, residents who watch."""

    def __init__(self, teacher: Person, viewers: list[Person]) -> None:
        self.people = [teacher, *viewers]
        self._lecture = Lecture(packets=2, size=600)
        self._seen_at = dict.fromkeys(viewers, 0.0)
        self.longest_s = dict.fromkeys(viewers, 0.0)
        self._heard_at = 0.0

    def step(self, now: float) -> None:
        """One picture; everybody reads what came."""
        teacher = self.people[0].current
        assert teacher is not None, "it was connected at the beginning"
        while (received := teacher.receive()) is not None:
            if received[0] == "rtcp":
                self.people[0].wants_key |= any(isinstance(report, KeyframeRequest) for report in parse(received[1]))
        for packet in self._lecture.frame(key=self.people[0].wants_key):
            teacher.send_rtp(packet)
        self.people[0].wants_key = False
        for viewer in self._seen_at:
            self._look(viewer, now)
        if now - self._heard_at > 2.0:
            self._heard_at = now
            for person in self.people:
                if person.current is not None:
                    person.current.check()

    def _look(self, viewer: Person, now: float) -> None:
        light = viewer.current
        while light is not None and (received := light.receive()) is not None:
            if received[0] == "rtp" and received[1][8:12] == CAMERA:
                if self._seen_at[viewer]:
                    self.longest_s[viewer] = max(self.longest_s[viewer], now - self._seen_at[viewer])
                self._seen_at[viewer] = now

    def back_after(self, killed: float) -> dict[Person, float]:
        """Viewers who have a picture again that was sent after `killed`, and since when."""
        return {viewer: seen - killed for viewer, seen in self._seen_at.items() if seen > killed + 0.2}

    def forget(self) -> None:
        self.longest_s = dict.fromkeys(self.longest_s, 0.0)

    def stale(self, now: float) -> int:
        """Viewers without a picture."""
        return sum(now - seen > 1.0 for seen in self._seen_at.values())


async def play(classes: list[Class]) -> None:
    while True:
        began = time.monotonic()
        for one in classes:
            one.step(time.monotonic())
            await asyncio.sleep(0)
        await asyncio.sleep(max(0.0, 1 / FPS - (time.monotonic() - began)))


async def heartbeats(classes: list[Class]) -> None:
    while True:
        for one in classes:
            for person in one.people:
                await person.client.say(requests.Heartbeat())
        await asyncio.sleep(2.0)


async def settle(world: World, rooms: int, viewers: int) -> list[Class]:
    lesson = world.books.lessons[LESSON]
    classes = []
    for number in range(rooms):
        name = f"lesson-{number + 1}"
        world.books.lessons[name] = replace(lesson, lesson=name)
        teacher = Person(await world.join(f"teacher-{number}", "instructor", lesson=name), "publish")
        await teacher.connect()
        people = [Person(await world.join(f"learner-{number}-{n}", lesson=name), "view") for n in range(viewers)]
        for person in people:
            await person.connect()
        classes.append(Class(teacher, people))
    return classes


async def measure(rooms: int, viewers: int) -> bool:
    ports = [free_port(), free_port()]
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        world = World([cast(Worker, SimpleNamespace(url=f"ws://127.0.0.1:{port}")) for port in ports])
        world.control_secret = SECRET
        async with contextlib.AsyncExitStack() as stack:
            old = await stack.enter_async_context(worker(Path(folder), ports[0]))
            await until(lambda: _listens(ports[0]), "the first worker is up")
            await world.start()
            classes = await settle(world, rooms, viewers)
            tasks = [asyncio.create_task(play(classes)), asyncio.create_task(heartbeats(classes))]
            try:
                await asyncio.sleep(3)
                for turn in (1, 0):
                    new = await stack.enter_async_context(worker(Path(folder), ports[turn]))
                    await until(lambda: world.rooms.counts().workers_up == 2, "the replacement is linked")
                    for one in classes:
                        one.forget()
                    began = time.monotonic()
                    old.send_signal(signal.SIGTERM)
                    await asyncio.wait_for(old.wait(), 60)
                    took_s = time.monotonic() - began
                    await asyncio.sleep(2)
                    longest_s = max(longest for one in classes for longest in one.longest_s.values())
                    stale = sum(one.stale(time.monotonic()) for one in classes)
                    lost = len(world.books.of(facts.PeerLeft)) + stale + sum(p.failures for one in classes for p in one.people)
                    value = f"{rooms} rooms, {rooms * (viewers + 1)} people: {lost} dropped, longest freeze {longest_s:.2f} s, "
                    value += f"worker gone after {took_s:.1f} s"
                    show("R6", value, "0, ≤ 1 s", lost == 0 and longest_s <= 1.0)
                    passed &= lost == 0 and longest_s <= 1.0
                    old = new
                await stack.enter_async_context(worker(Path(folder), ports[1]))
                await until(lambda: world.rooms.counts().workers_up == 2, "another worker is there")
                passed &= await kill(old, classes)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for one in classes:
                    for person in one.people:
                        await person.close()
                for client in world.clients:
                    await client.close()
                await world.stop()
                world.socket.close()
    return passed


async def kill(process: asyncio.subprocess.Process, classes: list[Class]) -> bool:
    killed = time.monotonic()
    process.kill()
    took: dict[Person, float] = {}
    viewers = sum(len(one.longest_s) for one in classes)
    while len(took) < viewers and time.monotonic() - killed < 30:
        for one in classes:
            took = one.back_after(killed) | took
        await asyncio.sleep(0.02)
    ordered = sorted(took.values())
    p95_s = ordered[max(0, -(-len(ordered) * 95 // 100) - 1)] if ordered else 30.0
    lost = viewers - len(took)
    value = f"{len(classes)} rooms whose worker was killed: {lost} viewers lost, pictures back after p95 {p95_s:.2f} s"
    show("R5", value, "0, p95 ≤ 8 s", lost == 0 and p95_s <= 8)
    return lost == 0 and p95_s <= 8


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
        return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--viewers", type=int, default=2)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return 0 if asyncio.run(measure(arguments.rooms, arguments.viewers)) else 1


if __name__ == "__main__":
    sys.exit(main())
