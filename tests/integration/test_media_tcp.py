"""Media over TCP through the real worker, and what strangers may do to its TCP port: nothing."""

import asyncio
import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from media import door, framing, tcp
from media.control import CaptureId, PeerConnected, PeerGone, StartCapture, StopCapture
from media.framing import pack_frames
from media.server import Relay
from media.slots import BY_NAME
from media.stun import pack_request
from tests.integration.media_attacks import Lesson
from tests.integration.media_clients import ROOM, Signalling, worker_and_signalling
from tests.integration.media_process import worker_process
from tests.integration.test_media_attacks import begin_lesson, show
from tests.integration.test_media_light import MemorySink
from tests.media.light import Lecture, LightPeer, fields
from tests.media.light_tcp import over_tcp

pytestmark = pytest.mark.integration

CAMERA_0 = BY_NAME["camera-0"].ssrc


async def connect_viewer(signalling: Signalling, peer: str, light: LightPeer) -> LightPeer:
    opened = await signalling.open(peer, owner=peer, direction="view")
    light.take_remote(opened.sdp)
    await signalling.answer(peer, light.viewer_answer(opened.sdp))
    await asyncio.to_thread(light.connect)
    await signalling.wait_for(lambda e: isinstance(e, PeerConnected) and e.peer == peer)
    light.sock.setblocking(False)
    return light


async def connect_publisher(signalling: Signalling, light: LightPeer) -> LightPeer:
    opened = await signalling.open("teacher-out", owner="teacher", direction="publish", sdp=light.publisher_offer(), lead=True)
    light.take_remote(opened.sdp)
    await asyncio.to_thread(light.connect)
    return light


class Reader:
    """What one viewer got of the camera: (number, begins a key frame, how many bytes of the picture's head)."""

    def __init__(self, light: LightPeer) -> None:
        self.light = light
        self.numbers: list[int] = []
        self.keys: list[int] = []

    def read(self) -> None:
        while (received := self.light.receive()) is not None and received[1]:
            if received[0] == "rtp" and fields(received[1])["ssrc"] == CAMERA_0:
                number = fields(received[1])["sequence"]
                self.numbers.append(number)
                if received[1][20:26] == b"\x10\x10\x02\x00\x9d\x01":
                    self.keys.append(number)

    @property
    def gaps(self) -> int:
        """How many numbers are missing between what came."""
        return sum((b - a - 1) & 0xFFFF for a, b in zip(self.numbers, self.numbers[1:], strict=False))


async def teach(teacher: LightPeer, lecture: Lecture, readers: list[Reader], seconds: float, key_every: int = 15) -> None:
    """Pictures at 30 per second, while the readers read."""
    due, end = time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < end:
        for packet in lecture.frame(key=lecture.frame_number % key_every == 0):
            teacher.send_rtp(packet)
        due += 1 / 30
        while True:
            for reader in readers:
                reader.read()
            if time.monotonic() >= due:
                break
            await asyncio.sleep(0.004)


async def test_a_class_is_taught_watched_and_recorded_over_tcp() -> None:
    sinks: list[MemorySink] = []

    def factory(*_: object) -> MemorySink:
        sinks.append(MemorySink())
        return sinks[-1]

    async with worker_and_signalling(factory) as (relay, signalling):
        await signalling.ask(StartCapture(request=0, room=ROOM, capture=CaptureId("c"), directory="x"))
        teacher = await connect_publisher(signalling, over_tcp(LightPeer()))
        readers = [
            Reader(await connect_viewer(signalling, "far", over_tcp(LightPeer()))),
            Reader(await connect_viewer(signalling, "near", LightPeer())),
        ]
        lecture = Lecture()
        await teach(teacher, lecture, readers, 1.0)
        # The line changes: another connection of the same peer, proven by its check, takes over.
        far = readers[0].light
        before = len(readers[0].numbers)
        over_tcp(far)
        far.sock.setblocking(False)
        far.check()
        await teach(teacher, lecture, readers, 1.0)
        assert len(readers[0].numbers) - before > 50
        assert readers[1].gaps == 0
        assert len(readers[1].numbers) > 200
        await signalling.ask(StopCapture(request=0, room=ROOM, capture=CaptureId("c")))
        assert sum(map(len, sinks[0].packets.values())) > 200
        # Who leaves is gone, and so is its connection.
        far.close()
        teacher.close()
        await signalling.wait_for(lambda e: isinstance(e, PeerGone) and e.peer == "teacher-out")
        for _ in range(60):
            if not relay.tcp.connections:
                break
            await asyncio.sleep(0.05)
        assert not relay.tcp.connections
        assert len(relay.tcp.door) == 0


async def test_a_slow_tcp_viewer_waits_alone_and_loses_whole_pictures() -> None:
    async with worker_and_signalling() as (relay, signalling):
        teacher = await connect_publisher(signalling, LightPeer())
        slow = Reader(await connect_viewer(signalling, "slow", over_tcp(LightPeer(), receive_buffer=4096)))
        others = [
            Reader(await connect_viewer(signalling, "tcp", over_tcp(LightPeer()))),
            Reader(await connect_viewer(signalling, "udp", LightPeer())),
        ]
        connection = next(c for c in relay.tcp.connections.values() if c.address[1][2:4] == port_bytes(slow.light))
        lecture = Lecture(packets=12)
        await teach(teacher, lecture, [*others, slow], 0.5)
        encrypted = relay.worker.stats.packets_sent
        await teach(teacher, lecture, others, 3.0)
        assert relay.worker.stats.tcp_holds == 1
        assert connection.backlog.waiting_bytes < 512 * 1024
        assert relay.worker.stats.packets_sent - encrypted < 2.7 * 12 * 90, "nothing is encrypted for who cannot take it"
        was_at = len(slow.numbers)
        await teach(teacher, lecture, [*others, slow], 1.5)
        assert not connection.backlog.is_held
        assert [reader.gaps for reader in others] == [0, 0]
        assert slow.gaps == 0, "what was left out has no numbers: nothing to ask for again"
        assert len(slow.numbers) - was_at > 100
        assert any(number in slow.keys for number in slow.numbers[was_at:])
        show("TCP", f"{[r.gaps for r in others]} lost by others", "0: a slow one waits alone", True)


def port_bytes(light: LightPeer) -> bytes:
    return int(light.sock.getsockname()[1]).to_bytes(2, "big")


# -- strangers --------------------------------------------------------------------------------------------------------


def dial(relay: Relay) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", relay.port), 2)
    sock.setblocking(False)
    return sock


def is_closed(sock: socket.socket) -> bool:
    try:
        return sock.recv(100) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def refused_within(socks: list[socket.socket], seconds: float) -> int:
    """How many of them the worker has closed by then, having said nothing."""
    deadline = time.monotonic() + seconds
    while (count := sum(map(is_closed, socks))) < len(socks) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return count


async def slow_loris(relay: Relay) -> int:
    """Says nothing at all, a byte now and then, half a frame: how many of nine are closed within their seconds."""
    socks = [dial(relay) for _ in range(9)]
    for sock in socks[3:6]:
        sock.send(b"\x03")
    for sock in socks[6:]:
        sock.send(b"\x03\x00" + bytes(50))
    trickle = asyncio.create_task(drip(socks[3:6]))
    try:
        return await refused_within(socks, 1.5)
    finally:
        trickle.cancel()
        for sock in socks:
            sock.close()


async def drip(socks: list[socket.socket]) -> None:
    while True:
        await asyncio.sleep(0.1)
        for sock in socks:
            with contextlib.suppress(OSError):
                sock.send(b"\x01")


async def huge_frames(relay: Relay) -> int:
    socks = [dial(relay) for _ in range(3)]
    for sock in socks:
        sock.send(struct.pack("!H", 65535) + bytes(2000))
    try:
        return await refused_within(socks, 0.8)
    finally:
        for sock in socks:
            sock.close()


async def junk_before_stun(relay: Relay) -> int:
    socks = [dial(relay) for _ in range(4)]
    wrong_key = pack_request(os.urandom(12), "nobody:x", b"not the password", use_candidate=True)
    for sock, packets in zip(
        socks, ([b"\x80\x60" + bytes(60)], [b"\x16\xfe\xfd" + bytes(60)], [b""], [wrong_key] * 20), strict=True
    ):
        sock.send(pack_frames(packets))
    try:
        return await refused_within(socks, 0.8)
    finally:
        for sock in socks:
            sock.close()


async def many_connections(relay: Relay) -> int:
    """How many of 300 connections of one source are not held."""
    socks = [dial(relay) for _ in range(300)]
    try:
        await asyncio.sleep(0.3)
        return 300 - len(relay.tcp.connections)
    finally:
        for sock in socks:
            sock.close()


Attack = Callable[[Relay], "asyncio.Future[int]"]


@pytest.mark.parametrize(
    ("attack", "held_off", "guard", "off"),
    [
        (slow_loris, 9, (door, "UNVERIFIED_S"), 600.0),
        (huge_frames, 3, (framing, "MAX_FRAME_BYTES"), 65535),
        (junk_before_stun, 4, (tcp, "kind_of"), None),
        (many_connections, 300 - door.MAX_UNVERIFIED_PER_SOURCE, (door, "MAX_UNVERIFIED_PER_SOURCE"), 1000),
    ],
    ids=["slow loris and half frames", "huge frames", "junk before STUN", "many from one source"],
)
async def test_what_strangers_do_over_tcp_ends_in_seconds_and_without_the_guard_does_not(
    attack: Attack, held_off: int, guard: tuple[object, str], off: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if attack is slow_loris:
        monkeypatch.setattr(door, "UNVERIFIED_S", 0.3)
        monkeypatch.setattr(tcp, "SWEEP_S", 0.1)
    async with worker_and_signalling() as (relay, _):
        assert await attack(relay) == held_off
        assert relay.worker.stats.bytes_sent == 0
        if off is None:
            monkeypatch.setattr(tcp, "MAX_FAILED_CHECKS", 1000)
            off = lambda _: tcp.Kind.STUN  # noqa: E731
        monkeypatch.setattr(*guard, off)
    async with worker_and_signalling() as (relay, _):
        assert await attack(relay) < held_off, "the attack is real: with its guard off it gets through"


@pytest.mark.parametrize(("patience_s", "held"), [(0.2, 0), (600.0, 1)], ids=["guarded", "guard off"])
async def test_a_member_that_leaves_a_frame_unfinished_is_ended(
    patience_s: float, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "UNFINISHED_S", patience_s)
    monkeypatch.setattr(tcp, "SWEEP_S", 0.1)
    async with worker_and_signalling() as (relay, signalling):
        light = await connect_viewer(signalling, "v", over_tcp(LightPeer()))
        light.sock._sock.send(b"\x04\x00half")  # type: ignore[attr-defined]  # a framed socket
        for _ in range(20):
            if not relay.tcp.connections:
                break
            await asyncio.sleep(0.05)
        assert len(relay.tcp.connections) == held


async def test_a_class_does_not_notice_a_storm_of_tcp_strangers(tmp_path: Path) -> None:
    """2,000 connections, half of them silent, half talking nonsense, beside a class."""
    async with worker_process(tmp_path) as (worker, signalling):
        teacher, resident = await begin_lesson(signalling)
        before, lines = worker.resident_bytes(), worker.log_lines()
        began = time.monotonic()
        held: list[socket.socket] = []
        with Lesson(teacher, resident) as lesson:
            await asyncio.sleep(0.3)

            def storm() -> None:
                for number in range(2000):
                    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                    sock.bind((f"127.0.0.{2 + number % 8}", 0))
                    sock.settimeout(2)
                    with contextlib.suppress(OSError):
                        sock.connect(("127.0.0.1", worker.udp_port))
                        if number % 2:
                            sock.send(os.urandom(300))
                    held.append(sock)
                    if len(held) > 600:
                        held.pop(0).close()

            await asyncio.to_thread(storm)
            await asyncio.sleep(0.3)
            connections = [c for c in psutil.Process(worker.process.pid).net_connections("tcp") if c.status == "ESTABLISHED"]
            await asyncio.sleep(0.3)
        took_s = time.monotonic() - began
        for sock in held:
            sock.close()
        grown_mb = (worker.resident_bytes() - before) / 1e6
        written = worker.log_lines() - lines
        value = f"{lesson.missing} lost, {len(connections)} held, {grown_mb:+.1f} MB, {written} log lines in {took_s:.1f} s"
        passed = lesson.missing == 0 and grown_mb <= 10 and written <= took_s + 1
        show("R13t", value, "0, ≤ 515, ≤ 10 MB, ≤ 1/s", passed)
        assert lesson.missing == 0
        assert len(connections) <= door.MAX_UNVERIFIED + 3
        assert grown_mb <= 10
        assert written <= took_s + 1
