"""P1–P4: how many viewers one pinned core serves cleanly, at what cost, next to Janus and to the plain way with aiortc.

    python -m tests.bench.relay [--quick] [--servers ours janus aiortc] [--parts lecture classes browser]

`sh tests/prepare_bench` installs Debian's Janus; without it its rows say so. One teacher sends real VP8 (720p30, 1.4 Mbit/s) and
Opus; viewers are light but real (ICE, DTLS, SRTP, reports, consent checks). Each server is pinned to one core, the client to the
others. A viewer is served cleanly when less than 0.1 % of its packets are lost or later than 50 ms; a step is clean when all
viewers of the sample are.

* lecture: one room, more and more viewers (WHIP and WHEP for ours, videoroom for Janus), until a step is not clean.
* classes: rooms of 40 as a working day has them, their cameras out of step, as many as fill 80 % of our worker's core: P3.
* browser: real Chromium enters the running lecture: P4's second half.
"""

import argparse
import asyncio
import math
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.relays import place as places
from tests.bench.relays.broadcast import Broadcast
from tests.bench.relays.browser import first_pictures
from tests.bench.relays.clip import FPS, Clip, make_clip
from tests.bench.relays.crowd import Crowd, Viewer, percentile
from tests.bench.relays.peers import BenchPeer
from tests.bench.relays.servers import SERVERS, Ours, Server, Unavailable, cpu_s, memory_bytes
from tests.integration.media_clients import Signalling
from tests.integration.media_process import WorkerProcess, worker_process
from tests.media.light import shared_identity

CLEAN = 0.001
SAMPLE = 60
SETTLE_S = 2.0
STEP_WITHIN_S = 60.0
STEPS = {
    False: {"ours": [500, 1000, 1250, 1500, 1750, 2000, 2250], "janus": [50, 100, 150, 200, 300, 400], "aiortc": [2, 4, 6, 8]},
    True: {"ours": [300, 900], "janus": [100, 200], "aiortc": [2]},
}
AT_ONCE = {"ours": 48, "janus": 16, "aiortc": 2}
LIMIT_S, GRACE_S = 600.0, 30.0
"""No step begins after 0.9 of the limit; what still runs after the grace is broken off."""
CLASS_SIZE, TARGET_LOAD, APPROACH = 40, 0.8, 0.6
BROWSER_JOINS, BROWSER_AUDIENCE = 20, 100


def show(row: str, value: str, target: str, passed: bool | None) -> None:
    verdict = {True: "pass", False: "FAIL", None: "–"}[passed]
    print(f"{row:7} {value:78} {target:28} {verdict}", flush=True)


@dataclass(slots=True)
class Step:
    """What one number of viewers was like."""

    viewers: int
    bad: float
    """Fraction of packets lost or late at the worst viewer of the sample."""
    clean_share: float
    """Fraction of the sample's viewers that were served cleanly."""
    cost_us: float
    core: float
    delays_s: list[float]
    pictures_per_s: float
    memory_bytes: int
    joins_per_s: float
    join_p95_s: float
    publisher_late_s: float
    disturbed: float = 0.0
    """Lost or late, while the others joined, at the worst viewer of those who were in before."""

    @property
    def is_clean(self) -> bool:
        return self.clean_share == 1.0


async def measure(server: Server, crowd: Crowd, broadcast: Broadcast, clip: Clip, seconds: float) -> Step:
    """Look at the viewers that are in for `seconds`."""
    crowd.choose_sample(SAMPLE)
    await asyncio.sleep(SETTLE_S)
    crowd.reset()
    broadcast.worst_late_s()
    cpu, began = cpu_s(server), time.monotonic()
    await asyncio.sleep(seconds)
    took, used = time.monotonic() - began, cpu_s(server) - cpu
    sample = crowd.sample()
    expected = clip.packets_per_s * took
    bad = []
    for viewer in sample:
        # Whoever encodes again is judged by its pictures, and by what is missing between its own numbers.
        missing = (
            max(0.0, 1 - viewer.pictures / (FPS * took) - 0.02)
            if viewer.sees_another_encoding
            else max(0.0, 0.9 - viewer.received / expected)
        )
        bad.append(max(missing, (viewer.lost + viewer.late) / max(1, viewer.received + viewer.lost)))
    received = sum(viewer.received for viewer in sample) / max(1, len(sample))
    delays = [delay for viewer in sample for delay in viewer.delays_s]
    return Step(
        viewers=crowd.seated,
        bad=max(bad, default=1.0),
        clean_share=sum(each < CLEAN for each in bad) / max(1, len(bad)),
        cost_us=used / max(1.0, received * crowd.seated) * 1e6,
        core=used / took,
        delays_s=delays,
        pictures_per_s=sum(viewer.pictures for viewer in sample) / max(1, len(sample)) / took,
        memory_bytes=memory_bytes(server),
        joins_per_s=0.0,
        join_p95_s=0.0,
        publisher_late_s=broadcast.worst_late_s(),
    )


async def fill(server: Server, crowd: Crowd, host: str, wanted: int, at_once: int, class_size: int = 0) -> tuple[float, float]:
    """Let viewers in until `wanted` see video: (joins a second, p95 from the request to the first video packet)."""
    start, began = len(crowd.viewers), time.monotonic()
    numbers = iter(range(start, wanted))
    new: list[Viewer] = []

    async def keep_joining() -> None:
        for number in numbers:
            viewer = Viewer(BenchPeer(host), number // class_size if class_size else 0, time.monotonic())
            await server.seat(viewer.peer, number)
            new.append(viewer)
            crowd.add(viewer)

    async with asyncio.timeout(STEP_WITHIN_S):
        await asyncio.gather(*(keep_joining() for _ in range(at_once)))
        while crowd.seated < wanted:
            if crowd.trouble:
                raise Unavailable(crowd.trouble[0])
            await asyncio.sleep(0.02)
    took = time.monotonic() - began
    return (wanted - start) / took, percentile((viewer.first_media_s for viewer in new), 0.95)


async def lecture(
    name: str,
    where: places.Place,
    clip: Clip,
    steps: list[int],
    seconds: float,
    ends_at: float,
    done: list[Step],
    meanwhile: Callable[[Ours], Awaitable[None]] | None = None,
) -> None:
    """One server through its steps, each added to `done`: what was measured stays when it breaks or time runs out."""
    with tempfile.TemporaryDirectory() as folder:
        broadcast = Broadcast(where.host, clip, 1, where.client_cores)
        crowd: Crowd | None = None
        try:
            async with SERVERS[name](where.host, where.server_core, Path(folder)) as server:
                offer = await asyncio.to_thread(broadcast.offer, 0)
                answer = await server.publish(offer)
                await asyncio.to_thread(broadcast.connect, 0, answer)
                crowd = Crowd(clip.numbers, broadcast.diaries)
                await fill(server, crowd, where.host, 1, 1)  # everything is loaded and warm
                await asyncio.sleep(1.0)
                empty = memory_bytes(server)
                for wanted in steps:
                    if time.monotonic() > ends_at:
                        print(f"        {name}: out of time before {wanted} viewers", flush=True)
                        break
                    crowd.choose_sample(SAMPLE)
                    crowd.reset()
                    joins, join_p95 = await fill(server, crowd, where.host, wanted, AT_ONCE[name])
                    disturbed = max((v.lost + v.late) / max(1, v.received + v.lost) for v in crowd.sample())
                    step = await measure(server, crowd, broadcast, clip, seconds)
                    step.joins_per_s, step.join_p95_s, step.disturbed = joins, join_p95, disturbed
                    step.memory_bytes = max(0, step.memory_bytes - empty) // max(1, wanted - 1)
                    done.append(step)
                    tell(name, step)
                    if step.clean_share < 0.5:
                        break
                if meanwhile is not None and isinstance(server, Ours):
                    await meanwhile(server)
        except Exception as wrong:  # one server that breaks must not take the others' rows with it
            print(f"        {name}: stopped: {str(wrong)[:300] or type(wrong).__name__}", flush=True)
        finally:
            if crowd is not None:
                crowd.close()
            broadcast.close()


def tell(name: str, step: Step) -> None:
    """One line of what was seen; the rows come at the end."""
    p50, p95 = percentile(step.delays_s, 0.5) * 1e3, percentile(step.delays_s, 0.95) * 1e3
    delay = "delay unknown (it encodes again)" if math.isnan(p50) else f"delay p50 {p50:.1f} p95 {p95:.1f} ms"
    parts = [
        f"        {name:7}{step.viewers:5} viewers: {step.core:4.0%} of a core, {step.cost_us:7.2f} µs/packet",
        f"{delay}, worst viewer {step.bad:.2%} lost or late, {step.clean_share:.0%} clean, {step.pictures_per_s:.1f} pictures/s",
        f"{step.memory_bytes / 1e3:.0f} KB/viewer, {step.joins_per_s:.0f} joins/s (p95 {step.join_p95_s:.2f} s",
        f"meanwhile {step.disturbed:.2%} lost or late at the others)",
    ]
    print(", ".join(parts), flush=True)
    if step.publisher_late_s > 0.02:
        print(f"        the publisher itself was up to {step.publisher_late_s * 1e3:.0f} ms late: a busy machine", flush=True)


# -- many classes -------------------------------------------------------------------------------------------------------


class Worker:
    """Our media worker alone, spoken to as signalling does, so that rooms can be made at will."""

    name = "worker"

    def __init__(self, process: WorkerProcess, signalling: Signalling) -> None:
        self._process, self._signalling = process, signalling

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(self._process.process.pid)]

    async def open_class(self, number: int, offer: str) -> str:
        opened = await self._signalling.open(
            f"teacher-{number}", room=f"room-{number}", owner=f"teacher-{number}", direction="publish", sdp=offer, lead=True
        )
        return opened.sdp

    async def publish(self, offer: str) -> str:
        return await self.open_class(0, offer)

    async def seat(self, peer: BenchPeer, number: int) -> None:
        name, room = f"resident-{number}", f"room-{number // CLASS_SIZE}"
        opened = await self._signalling.open(name, room=room, owner=name, direction="view")
        peer.take_remote(opened.sdp)
        await self._signalling.answer(name, peer.viewer_answer(opened.sdp))


async def classes(where: places.Place, clip: Clip, seconds: float, most: int, ends_at: float, done: list[Step]) -> None:
    """Fill rooms until the core is busy to TARGET_LOAD; the last step of `done` is how it is then."""
    with tempfile.TemporaryDirectory() as folder:
        broadcast = Broadcast(where.host, clip, most, where.client_cores)
        crowd: Crowd | None = None
        try:
            async with worker_process(Path(folder), core=where.server_core) as (process, signalling):
                server = Worker(process, signalling)
                crowd = Crowd(clip.numbers, broadcast.diaries)
                rooms, wanted = 0, max(2, most // 5)
                while time.monotonic() < ends_at:
                    while rooms < wanted:
                        offer = await asyncio.to_thread(broadcast.offer, rooms)
                        await asyncio.to_thread(broadcast.connect, rooms, await server.open_class(rooms, offer))
                        rooms += 1
                    joins, join_p95 = await fill(server, crowd, where.host, rooms * CLASS_SIZE, 32, CLASS_SIZE)
                    step = await measure(server, crowd, broadcast, clip, seconds)
                    step.joins_per_s, step.join_p95_s = joins, join_p95
                    step.memory_bytes //= step.viewers
                    done.append(step)
                    tell("classes", step)
                    more = int(rooms * TARGET_LOAD / max(0.05, step.core))
                    if step.core >= TARGET_LOAD - 0.04 or more <= rooms or rooms == most:
                        break
                    # The last rooms cost more than the first (caches, the client beside us): come near from below.
                    wanted = min(most, rooms + max(1, round(APPROACH * (more - rooms))))
        except Exception as wrong:
            print(f"        classes: stopped: {str(wrong)[:300] or type(wrong).__name__}", flush=True)
        finally:
            if crowd is not None:
                crowd.close()
            broadcast.close()


# -- rows ---------------------------------------------------------------------------------------------------------------


def capacity(steps: list[Step]) -> int:
    """The most viewers of a clean step."""
    return max((step.viewers for step in steps if step.is_clean), default=0)


def rows(found: dict[str, list[Step]], rooms: Step | None) -> None:
    """The scorecard rows of whatever could be measured."""
    mine = found.get("ours", [])
    if mine:
        most = capacity(mine)
        show("P1", f"ours: {most} viewers of one lecture served cleanly by one core", "≥ 1,500", most >= 1500)
        for name in ("janus", "aiortc"):
            if found.get(name):
                theirs = capacity(found[name])
                passed = most >= 10 * theirs if name == "janus" and theirs else None
                text = (
                    f"{name}: {theirs} viewers, same lecture, same core; ours {most / theirs:.1f}×" if theirs else f"{name}: none"
                )
                show("P1", text, "ours ≥ 10× Janus" if name == "janus" else "", passed)
        large = [step for step in mine if step.viewers >= 500 and step.is_clean]
        if large:
            best = large[-1]
            show("P2", f"{best.cost_us:.2f} µs of CPU per packet at {best.viewers} viewers", "≤ 3.5 µs", best.cost_us <= 3.5)
            for name in ("janus", "aiortc"):
                clean = [step for step in found.get(name, []) if step.is_clean]
                if clean:
                    show("P2", f"{name}: {clean[-1].cost_us:.1f} µs at {clean[-1].viewers} viewers", "", None)
            memory = large[-1].memory_bytes / 1e3
            show("memory", f"{memory:.0f} KB per viewer, all processes of the server", "≤ 150 KB", memory <= 150)
            at_80 = min(large, key=lambda step: abs(step.core - TARGET_LOAD))
            p50, p95 = (percentile(at_80.delays_s, fraction) * 1e3 for fraction in (0.5, 0.95))
            text = f"added delay p50 {p50:.1f}, p95 {p95:.1f} ms in one lecture of {at_80.viewers}, core {at_80.core:.0%} busy"
            show("P3", text, "(one burst for all)", None)
        fastest = max(mine, key=lambda step: step.joins_per_s)
        text = f"{fastest.joins_per_s:.0f} joins/s, request → first video; class meanwhile {fastest.disturbed:.2%} lost or late"
        show("P4", text, "≥ 150/s", fastest.joins_per_s >= 150)
    if rooms is not None:
        p50, p95 = (percentile(rooms.delays_s, fraction) * 1e3 for fraction in (0.5, 0.95))
        count = rooms.viewers // CLASS_SIZE
        text = f"added delay p50 {p50:.1f}, p95 {p95:.1f} ms; {count} classes of {CLASS_SIZE}, core {rooms.core:.0%} busy"
        show("P3", text, "p95 ≤ 8 ms at 80 % load", p95 <= 8 if rooms.core >= 0.7 else None)


async def run(arguments: argparse.Namespace, where: places.Place) -> None:
    ends_at = time.monotonic() + (LIMIT_S if not arguments.quick else LIMIT_S / 6) * 0.9
    seconds = 4.0 if arguments.quick else 8.0
    shared_identity()
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder))
    print(
        f"        {where.sentence}; {clip.bits_per_s / 1e6:.2f} Mbit/s, {clip.packets_per_s:.0f} packets/s per viewer", flush=True
    )
    found: dict[str, list[Step]] = {}
    rooms: list[Step] = []
    pictures: list[float] = []

    async def enter(server: Ours) -> None:
        pictures.extend(await first_pictures(server, BROWSER_JOINS))

    async def measure_all() -> None:
        if "lecture" in arguments.parts:
            for name in arguments.servers:
                steps = arguments.viewers or STEPS[arguments.quick][name]
                await lecture(name, where, clip, steps, seconds, ends_at, found.setdefault(name, []))
        if "classes" in arguments.parts:
            await classes(where, clip, seconds, 12 if arguments.quick else 45, ends_at, rooms)
        if "browser" in arguments.parts and time.monotonic() < ends_at:
            await lecture("ours", where, clip, [BROWSER_AUDIENCE], 2.0, ends_at, [], enter)

    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + ends_at - time.monotonic() + GRACE_S):
            await measure_all()
    except TimeoutError:
        print("        out of time: these are the rows of what was measured", flush=True)
    rows(found, rooms[-1] if rooms else None)
    if pictures:
        p50, p95 = percentile(pictures, 0.5) * 1e3, percentile(pictures, 0.95) * 1e3
        text = (
            f"Chromium, press → first picture: p50 {p50:.0f}, p95 {p95:.0f} ms of {len(pictures)}, {BROWSER_AUDIENCE} others in"
        )
        show("P4", text, "p95 ≤ 700 ms", p95 <= 700)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer steps, at most 90 s")
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS), default=list(SERVERS))
    parser.add_argument("--parts", nargs="+", choices=["lecture", "classes", "browser"])
    parser.add_argument("--viewers", type=int, nargs="+", help="steps of the lecture instead of the usual ones")
    arguments = parser.parse_args()
    arguments.parts = arguments.parts or (["lecture"] if arguments.quick else ["lecture", "classes", "browser"])
    places.enter_network()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and publishers are ended, not orphaned
    asyncio.run(run(arguments, places.settle()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
