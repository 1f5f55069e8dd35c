"""P1/P2, first figure: what one forwarded packet costs with N viewers through the real worker, everything included.

    python -m tests.bench.fanout [--viewers 100 500 1000 1500] [--seconds 8]

The worker is `python -m media`, pinned to core 0; everybody else runs on core 1. One publisher sends 5 video packets of 1.2 kB
30 times a second and 50 audio packets a second, in real time. Viewers did a real handshake and send what browsers send: a
receiver report with REMB four times a second and a consent check every 2.5 s. All but four drop in the kernel what they
receive (the machine could not decrypt it); those four count every packet.
"""

import argparse
import asyncio
import ctypes
import os
import resource
import socket
import struct
import tempfile
import time
from pathlib import Path

from media.control import PeerConnected, StatsTaken, TakeStats
from media.rtcp import pack_empty_receiver_report, pack_remb
from media.slots import BY_NAME
from tests.integration.media_clients import Signalling
from tests.integration.media_process import worker_process
from tests.media.light import Lecture, LightPeer, fields

VIDEO_SSRC, AUDIO_SSRC = BY_NAME["camera-0"].ssrc, BY_NAME["audio-0"].ssrc
COUNTING = 4
PACKETS_PER_S = 30 * 5 + 50


def drop_in_kernel(sock: socket.socket) -> None:
    """A socket filter that lets nothing through."""
    program = struct.pack("HBBI", 0x06, 0, 0, 0)
    buffer = ctypes.create_string_buffer(program)
    sock.setsockopt(17, 104, 1)  # UDP_GRO: a burst that came as one message is dropped as one
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxQ", 1, ctypes.addressof(buffer)))


async def join(signalling: Signalling, number: int) -> LightPeer:
    light = LightPeer()
    opened = await signalling.open(f"v{number}", owner=f"resident-{number}", direction="view")
    light.take_remote(opened.sdp)
    await signalling.answer(f"v{number}", light.viewer_answer(opened.sdp))
    await asyncio.to_thread(light.connect, 10.0)
    return light


async def figures(signalling: Signalling) -> dict[str, int]:
    reply = await signalling.ask(TakeStats(request=0))
    assert isinstance(reply, StatsTaken)
    return reply.counters


class Drive:
    """The publisher and all viewers, in real time, in one loop."""

    def __init__(self, publisher: LightPeer, viewers: list[LightPeer]) -> None:
        self.publisher, self.viewers = publisher, viewers
        self.lecture = Lecture(packets=5, size=1150)
        self.received: list[set[int]] = [set() for _ in range(COUNTING)]
        self.audio: list[set[int]] = [set() for _ in range(COUNTING)]
        self.worst_late_s = 0.0

    async def run(self, seconds: float) -> None:
        began = time.monotonic()
        video_at = audio_at = began
        report = pack_empty_receiver_report() + pack_remb(4_000_000, [VIDEO_SSRC])
        next_report, place = began, 0
        while (now := time.monotonic()) - began < seconds:
            if now >= video_at:
                self.worst_late_s = max(self.worst_late_s, now - video_at)
                for packet in self.lecture.frame(key=self.lecture.frame_number % 300 == 1):
                    self.publisher.send_rtp(packet)
                video_at += 1 / 30
            if now >= audio_at:
                self.publisher.send_rtp(self.lecture.sound())
                audio_at += 1 / 50
            # 4.4 small packets a second of every viewer, evenly spread.
            while next_report <= now:
                viewer = self.viewers[place % len(self.viewers)]
                if place // len(self.viewers) % 10 == 9:
                    viewer.check()
                else:
                    viewer.send_rtcp(report)
                place += 1
                next_report += 1 / (4.4 * len(self.viewers))
            for number in range(min(COUNTING, len(self.viewers))):
                while (received := self.viewers[number].receive()) is not None:
                    if received[0] == "rtp":
                        header = fields(received[1])
                        target = self.received if header["ssrc"] == VIDEO_SSRC else self.audio
                        target[number].add(header["sequence"])
            await asyncio.sleep(0.0005)

    def loss(self) -> float:
        """Worst fraction of video packets missing at a counting viewer."""
        worst = 0.0
        for numbers in self.received[: len(self.viewers)]:
            if not numbers:
                return 1.0
            # The numbers are of less than one cycle here: at most 150 a second from below 2^15.
            expected = max(numbers) - min(numbers) + 1
            worst = max(worst, 1 - len(numbers) / expected)
        return worst


async def measure(viewers: int, seconds: float) -> tuple[float, float, float, float]:
    """(µs per packet, share of the core, loss, joins per second)."""
    with tempfile.TemporaryDirectory() as folder:
        async with worker_process(Path(folder), core=0) as (worker, signalling):
            publisher = LightPeer()
            opened = await signalling.open("p", owner="teacher", direction="publish", sdp=publisher.publisher_offer(), lead=True)
            publisher.take_remote(opened.sdp)
            await asyncio.to_thread(publisher.connect)
            publisher.sock.setblocking(False)
            began = time.monotonic()
            peers: list[LightPeer] = []
            for start in range(0, viewers, 32):
                peers += await asyncio.gather(*(join(signalling, n) for n in range(start, min(viewers, start + 32))))
            last = f"v{viewers - 1}"
            await signalling.wait_for(lambda e: isinstance(e, PeerConnected) and e.peer == last)
            joins_per_s = viewers / (time.monotonic() - began)
            for number, peer in enumerate(peers):
                peer.sock.setblocking(False)
                if number >= COUNTING:
                    drop_in_kernel(peer.sock)
                else:
                    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            drive = Drive(publisher, peers)
            await drive.run(2.0)
            for numbers in (*drive.received, *drive.audio):
                numbers.clear()
            before, cpu, began = await figures(signalling), worker.cpu_s(), time.monotonic()
            await drive.run(seconds)
            after, cpu_used, took = await figures(signalling), worker.cpu_s() - cpu, time.monotonic() - began
            sent = after["classroom_media_packets_sent_total"] - before["classroom_media_packets_sent_total"]
            if sent < 0.97 * viewers * PACKETS_PER_S * took:
                late_ms = drive.worst_late_s * 1e3
                print(f"       only {sent / took / viewers:.0f} packets/s per viewer; publisher late by {late_ms:.0f} ms")
            for name in ("send_errors", "send_drops", "encrypt_failures"):
                if after[f"classroom_media_{name}_total"]:
                    print(f"       {name}: {after[f'classroom_media_{name}_total']}")
            return cpu_used / sent * 1e6, cpu_used / took, drive.loss(), joins_per_s


def show(row: str, value: str, target: str, passed: bool) -> None:
    print(f"{row:6} {value:48} {target:16} {'pass' if passed else 'FAIL'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="+", default=[100, 500, 1000, 1500])
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
    for viewers in arguments.viewers:
        cost_us, share, loss, joins = asyncio.run(measure(viewers, arguments.seconds))
        show("P2", f"{viewers} viewers: {cost_us:.2f} µs/packet", "≤ 3.5 µs", cost_us <= 3.5)
        show("P1", f"{viewers} viewers: {share:.0%} of a core, {loss:.2%} lost", "< 0.1 % lost", loss < 0.001)
        show("P4", f"{viewers} viewers: {joins:.0f} joins/s, driver included", "≥ 150/s", joins >= 150)


if __name__ == "__main__":
    main()
