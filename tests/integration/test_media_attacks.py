"""Rows R12, R13 and R14 of the scorecard, first form. Each prints `row value target pass`."""

import asyncio
import itertools
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media.control import PeerConnected, PeerGone, StatsTaken, TakeStats
from media.dtls import DtlsTransport
from media.rtcp import pack_empty_receiver_report, pack_nack, pack_pli, pack_remb, pack_sender_report
from media.slots import BY_NAME
from media.srtp import PROFILES, KeyPair, Sender
from tests.integration.media_attacks import CAMERA_0, Flood, Lesson, Spoofer, mutations, off_path_datagrams
from tests.integration.media_clients import Signalling, worker_and_signalling
from tests.integration.media_process import worker_process
from tests.media.light import VIDEO_SSRC, Lecture, LightPeer
from tests.waiting import within

pytestmark = pytest.mark.integration

SEED = 20_261_123


def show(row: str, value: object, target: str, passed: bool) -> None:
    print(f"{row:6} {value!s:40} {target:40} {'pass' if passed else 'FAIL'}")


async def prepare_viewer(signalling: Signalling, peer: str) -> LightPeer:
    """A viewer that knows where to connect, and has not begun."""
    light = LightPeer()
    opened = await signalling.open(peer, owner=peer, direction="view")
    light.take_remote(opened.sdp)
    await signalling.answer(peer, light.viewer_answer(opened.sdp))
    return light


async def begin_lesson(signalling: Signalling) -> tuple[LightPeer, LightPeer]:
    teacher = LightPeer()
    opened = await signalling.open("teacher-out", owner="teacher", direction="publish", sdp=teacher.publisher_offer(), lead=True)
    teacher.take_remote(opened.sdp)
    await asyncio.to_thread(teacher.connect)
    resident = await prepare_viewer(signalling, "resident")
    await asyncio.to_thread(resident.connect)
    await signalling.wait_for(lambda e: isinstance(e, PeerConnected) and e.peer == "resident")
    return teacher, resident


async def flood(signalling: Signalling, datagrams: Iterator[bytes], send: Callable[[int, bytes], bool]) -> int:
    """Send everything as fast as the worker takes it (what overflows its socket would attack nobody); how much was sent."""

    async def received() -> int:
        reply = await signalling.ask(TakeStats(request=0))
        assert isinstance(reply, StatsTaken)
        return reply.counters["classroom_media_datagrams_received_total"]

    before, tried, sent = await received(), 0, 0
    while part := list(itertools.islice(datagrams, 1000)):
        sent += await asyncio.to_thread(lambda part=part, tried=tried: sum(send(tried + n, each) for n, each in enumerate(part)))
        tried += len(part)
        async with within(30, f"the worker takes what was sent, {sent} datagrams"):
            while await received() - before < sent * 0.95 - 1000:
                await asyncio.sleep(0.002)
    return sent


@pytest.mark.parametrize("spoofed", [False, True], ids=["from elsewhere", "with the victim's source"])
async def test_r12_off_path_datagrams_harm_no_session(tmp_path: Path, spoofed: bool) -> None:
    async with worker_process(tmp_path) as (worker, signalling):
        teacher, resident = await begin_lesson(signalling)
        spoofer = Spoofer()
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        worst_s = 0.0
        victims: list[LightPeer] = []
        with Lesson(teacher, resident) as lesson:
            for number in range(4):
                victim = await prepare_viewer(signalling, f"victim-{number}")
                victims.append(victim)
                pool = itertools.cycle(
                    [
                        (datagram, light)
                        for light in (victim, resident, teacher)
                        for _, datagram in off_path_datagrams(light.remote_ufrag)
                    ]
                )

                def attack(pool: Iterator[tuple[bytes, LightPeer]] = pool) -> None:
                    datagram, light = next(pool)
                    if spoofed:
                        spoofer.send(datagram, light.sock.getsockname(), light.server)
                    else:
                        other.sendto(datagram, light.server)

                # 100 a second against each of three sessions: before, during and after the victim's handshake.
                with Flood(attack, 300):
                    await asyncio.sleep(0.3)
                    worst_s = max(worst_s, await asyncio.to_thread(victim.connect, 5.0))
                    await asyncio.sleep(0.5)
            await asyncio.sleep(0.5)
        gone = [e for e in signalling.events if isinstance(e, PeerGone)]
        show("R12", f"{len(gone)} harmed, handshake {worst_s:.2f} s, {lesson.missing} lost", "0, ≤ 3 s, 0", not gone)
        assert gone == []
        assert worst_s <= 3.0
        assert lesson.missing == 0
        assert len(lesson.sequences) > 100
        spoofer.close()
        other.close()
        assert worker.process.returncode is None


async def test_r12_without_the_guard_the_forged_datagrams_do_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack is real: with the DTLS guard off, the same datagrams keep the victim out."""
    monkeypatch.setattr(DtlsTransport, "_may_enter", lambda self, datagram: bool(datagram))
    async with worker_and_signalling() as (_, signalling):
        spoofer = Spoofer()
        harmed = 0
        for number in range(8):
            if harmed:
                break
            victim = await prepare_viewer(signalling, f"victim-{number}")
            pool = itertools.cycle([datagram for _, datagram in off_path_datagrams(victim.remote_ufrag)])
            address, server = victim.sock.getsockname(), victim.server
            with Flood(lambda pool=pool, a=address, s=server: spoofer.send(next(pool), a, s), 2000):
                try:
                    await asyncio.to_thread(victim.connect, 2.0)
                except TimeoutError:
                    harmed += 1
        spoofer.close()
        assert harmed > 0


async def test_r13_mutated_datagrams_from_strangers_crash_leak_and_disturb_nothing(tmp_path: Path) -> None:
    count = 100_000
    async with worker_process(tmp_path) as (worker, signalling):
        teacher, resident = await begin_lesson(signalling)
        seeds = [datagram for _, datagram in off_path_datagrams(resident.remote_ufrag)]
        stranger = Sender(KeyPair(PROFILES[0], os.urandom(28), os.urandom(28)))
        seeds += [sealed for sealed in map(stranger.protect, Lecture().frame()) if sealed]
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
        spoofer = Spoofer()
        stream = mutations(seeds, count, SEED)

        def send(number: int, datagram: bytes) -> bool:
            if number % 5 == 0:
                spoofer.send(datagram, resident.sock.getsockname(), resident.server)
            else:
                sockets[number % 8].sendto(datagram, teacher.server)
            return True

        with Lesson(teacher, resident) as lesson:
            await asyncio.sleep(1)
            before, lines, began = worker.resident_bytes(), worker.log_lines(), time.monotonic()
            await flood(signalling, stream, send)
            took_s = time.monotonic() - began
            await asyncio.sleep(0.3)
            grown_mb = (worker.resident_bytes() - before) / 1e6
            written = worker.log_lines() - lines
        gone = [e for e in signalling.events if isinstance(e, PeerGone)]
        passed = not gone and lesson.missing == 0 and grown_mb <= 10 and written <= took_s + 1
        value = f"{len(gone)} gone, {lesson.missing} lost, {grown_mb:+.1f} MB, {written} log lines in {took_s:.1f} s"
        show("R13", value, "0, 0, ≤ 10 MB, ≤ 1/s", passed)
        assert worker.process.returncode is None
        assert gone == []
        assert lesson.missing == 0
        assert grown_mb <= 10
        assert written <= took_s + 1, worker.log.read_text()[-3000:]
        spoofer.close()
        for sock in sockets:
            sock.close()


async def test_r14_mutated_packets_from_members_close_nothing_and_touch_nobody(tmp_path: Path) -> None:
    count = 100_000
    async with worker_process(tmp_path) as (worker, signalling):
        teacher, resident = await begin_lesson(signalling)
        publisher = LightPeer()
        opened = await signalling.open("bad-out", owner="bad", direction="publish", sdp=publisher.publisher_offer())
        publisher.take_remote(opened.sdp)
        await asyncio.to_thread(publisher.connect)
        viewer = await prepare_viewer(signalling, "bad-in")
        await asyncio.to_thread(viewer.connect)
        rtp = [*Lecture().frame(key=True), Lecture().sound()]
        rtcp = [
            pack_empty_receiver_report() + pack_nack(CAMERA_0, [1, 2, 3, 30]),
            pack_pli(CAMERA_0),
            pack_remb(300_000, [CAMERA_0]),
            pack_sender_report(VIDEO_SSRC, 1 << 40, 5, 1, 1, b"x"),
            pack_empty_receiver_report() + pack_pli(BY_NAME["screen"].ssrc) + pack_remb(1, [1, 2, 3]),
        ]
        chance = random.Random(SEED)

        def send(number: int, packet: bytes) -> bool:
            light = publisher if number % 2 else viewer
            if number % 5000 < 2:
                light.check()
            # A packet must look a little like RTP to be encrypted at all; the number rises so that it is no replay.
            is_rtcp = len(packet) > 1 and 192 <= packet[1] <= 223
            head = bytes([0x80 | (packet[0] & 0x3F if packet else 0)])
            if is_rtcp:
                return light.send_rtcp(head + packet[1:] + bytes(max(0, 8 - len(packet))))
            else:
                body = head + packet[1:2] + (number // 2 & 0xFFFF).to_bytes(2, "big") + packet[4:8]
                ssrc = packet[8:12] if chance.random() < 0.3 else VIDEO_SSRC.to_bytes(4, "big")
                return light.send_rtp(body.ljust(8, b"\0") + ssrc.ljust(4, b"\0") + packet[12:])

        with Lesson(teacher, resident) as lesson:
            await asyncio.sleep(0.5)
            before = worker.resident_bytes()
            sent = await flood(signalling, mutations([*rtp, *rtcp], count, SEED), send)
            await asyncio.sleep(0.3)
            grown_mb = (worker.resident_bytes() - before) / 1e6
        assert sent > count / 2, "most of the attack must get through encryption"
        gone = [e for e in signalling.events if isinstance(e, PeerGone)]
        value = f"{len(gone)} closed, {lesson.missing} lost, {grown_mb:+.1f} MB"
        show("R14", value, "0 closed, others untouched", not gone and lesson.missing == 0)
        assert worker.process.returncode is None
        assert gone == []
        assert lesson.missing == 0
        assert grown_mb <= 25
