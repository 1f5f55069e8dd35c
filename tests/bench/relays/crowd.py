"""Many light viewers in one thread: they join, report and check consent as browsers do; a sample of them reads every packet.

One core cannot receive 320,000 packets a second. So the kernel drops the RTP of all viewers but the sample (a socket filter),
while their STUN, DTLS and RTCP go on. The sample counts and times every packet by its header, which is in the clear, and
decrypts one message in CHECK_EVERY: its payload must be one of the publisher's, and tells which packet of the publisher's has
which number here. As little as possible is done per packet: the client's core is often the other half (hyperthread) of the
server's, and what it uses the server lacks.
"""

import math
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from media.rtcp import pack_empty_receiver_report, pack_remb
from tests.bench.relays.broadcast import Diary
from tests.bench.relays.peers import BenchPeer, arrival_and_segment

RTCP_PER_S = 4.4
"""What Chromium sends per viewer: reports with REMB four times a second, and a consent check every 2.5 s [sfu-facts §3]."""
RETRY_S = 0.1
JOIN_TIMEOUT_S = 12.0
LATE_S = 0.050
CHECK_EVERY = 16
"""Of a sampled viewer's messages one in so many is decrypted."""
HEAD = struct.Struct("!BBHII")
REPORT = pack_empty_receiver_report() + pack_remb(4_000_000, [0])


@dataclass(slots=True)
class Stream:
    """One SSRC at one viewer within the measured time."""

    first: int = -1
    highest: int = -1
    received: int = 0
    shift: int = -1
    """From the number here to the place in the publisher's diary; -1: not known yet."""

    def add(self, sequence: int) -> None:
        if self.first < 0:
            self.first = self.highest = sequence
        else:
            ahead = (sequence - self.highest + 0x8000 & 0xFFFF) - 0x8000
            self.highest = max(self.highest, self.highest + ahead)
        self.received += 1

    @property
    def lost(self) -> int:
        return max(0, self.highest - self.first + 1 - self.received) if self.first >= 0 else 0


@dataclass(slots=True, eq=False)
class Viewer:
    """One seat."""

    peer: BenchPeer
    teacher: int = 0
    asked_at: float = 0.0
    connected_at: float = 0.0
    first_media_s: float = -1.0
    """From the request to join until the first video packet."""
    sampled: bool = False
    streams: dict[int, Stream] = field(default_factory=dict)
    pictures: int = 0
    delays_s: list[float] = field(default_factory=list)
    late: int = 0
    messages: int = 0
    checked: int = 0
    """Packets that were decrypted."""
    foreign: int = 0
    """Those of them whose payload the publisher never sent: all, when a relay encodes again."""

    def reset(self) -> None:
        self.streams.clear()
        self.delays_s.clear()
        self.pictures = self.late = self.messages = self.checked = self.foreign = 0

    @property
    def received(self) -> int:
        return sum(stream.received for stream in self.streams.values())

    @property
    def lost(self) -> int:
        return sum(stream.lost for stream in self.streams.values())

    @property
    def sees_another_encoding(self) -> bool:
        return self.foreign > self.checked / 2


class Crowd:
    """All viewers of a run. `add` is called by the signalling; everything else happens in the thread."""

    def __init__(self, numbers: dict[bytes, int], diaries: list[Diary]) -> None:
        self.viewers: list[Viewer] = []
        self.trouble: list[str] = []
        self._numbers, self._diaries = numbers, diaries
        self._buffer = bytearray(65536)
        self._view = memoryview(self._buffer)
        self._new: queue.SimpleQueue[Viewer] = queue.SimpleQueue()
        self._epoll = select.epoll()
        self._by_fd: dict[int, Viewer] = {}
        self._joining: dict[Viewer, float] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)
        self._thread.start()

    def add(self, viewer: Viewer) -> None:
        """Its signalling is done: connect."""
        self._new.put(viewer)

    @property
    def seated(self) -> int:
        """How many have seen video."""
        return sum(viewer.first_media_s >= 0 for viewer in self.viewers)

    def choose_sample(self, size: int) -> None:
        """Who reads everything from now on: evenly spread over those who are in."""
        seated = [viewer for viewer in self.viewers if viewer.first_media_s >= 0]
        chosen = {id(seated[k * len(seated) // size]) for k in range(min(size, len(seated)))} if seated else set()
        with self._lock:
            for viewer in seated:
                wanted = id(viewer) in chosen
                if wanted:
                    viewer.peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
                viewer.sampled = wanted
                viewer.peer.drop_media(on=not wanted)

    def sample(self) -> list[Viewer]:
        return [viewer for viewer in self.viewers if viewer.sampled]

    def reset(self) -> None:
        with self._lock:
            for viewer in self.viewers:
                viewer.reset()

    def close(self) -> None:
        """Say goodbye, end the thread, close the sockets; twice is silent."""
        self._stop.set()
        self._thread.join(10)
        for viewer in self.viewers:
            if viewer.peer.sock.fileno() >= 0:
                viewer.peer.close()
        self._epoll.close()

    # -- in the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop()
        except Exception as wrong:
            self.trouble.append(f"the client broke: {wrong!r}")

    def _loop(self) -> None:
        report_at, place, swept_at = time.monotonic(), 0, 0.0
        while not self._stop.is_set():
            self._begin_new()
            with self._lock:
                for fd, _ in self._epoll.poll(0.002, 256):
                    self._read(self._by_fd[fd])
            now = time.monotonic()
            if self._joining and now - swept_at > RETRY_S / 2:
                swept_at = now
                self._sweep(now)
            seated = len(self.viewers)
            gap = 1 / (RTCP_PER_S * seated) if seated else 0.01
            report_at = max(report_at, now - 0.5)
            while report_at <= now:
                if seated:
                    self._report(self.viewers[place % seated], place // seated)
                    place += 1
                report_at += gap

    def _begin_new(self) -> None:
        while True:
            try:
                viewer = self._new.get_nowait()
            except queue.Empty:
                return
            self.viewers.append(viewer)
            self._by_fd[viewer.peer.sock.fileno()] = viewer
            self._epoll.register(viewer.peer.sock.fileno(), select.EPOLLIN)
            self._joining[viewer] = time.monotonic()
            viewer.peer.begin()

    def _sweep(self, now: float) -> None:
        for viewer, began in list(self._joining.items()):
            if viewer.peer.is_connected:
                del self._joining[viewer]
            elif viewer.peer.failed or now - began > JOIN_TIMEOUT_S:
                del self._joining[viewer]
                self.trouble.append(f"a viewer was not let in: {viewer.peer.dtls.state} {viewer.peer.dtls.reason}")
            elif now - began > RETRY_S:
                viewer.peer.on_deadline()

    def _report(self, viewer: Viewer, turn: int) -> None:
        if not viewer.peer.is_connected:
            return
        if turn % 10 == 9:
            viewer.peer.check()
        else:
            protected = viewer.peer.sender.protect_rtcp(REPORT) if viewer.peer.sender else None
            if protected is not None:
                viewer.peer.send(protected)

    def _read(self, viewer: Viewer) -> None:
        peer, buffer = viewer.peer, self._buffer
        for _ in range(64):
            try:
                size, ancillary, _, _ = peer.sock.recvmsg_into([buffer], 128)
            except OSError:
                return
            if not size:
                continue
            if buffer[0] < 128:
                peer.take(bytes(self._view[:size]))
            elif peer.receiver is not None and size > 12 and not 192 <= buffer[1] <= 223:
                if viewer.sampled:
                    self._count(viewer, size, *arrival_and_segment(ancillary, size))
                elif viewer.first_media_s < 0 and buffer[1] & 127 != 111:
                    viewer.first_media_s = time.monotonic() - viewer.asked_at
                    peer.drop_media(on=True)

    def _count(self, viewer: Viewer, size: int, arrived_at: float, segment: int) -> None:
        """One message: a packet, or several of `segment` bytes each (the last may be shorter)."""
        viewer.messages += 1
        check = viewer.messages % CHECK_EVERY == 1
        sent_at = self._diaries[viewer.teacher].sent_at
        for at in range(0, size, segment):
            _, second, sequence, _, ssrc = HEAD.unpack_from(self._buffer, at)
            stream = viewer.streams.get(ssrc)
            if stream is None:
                stream = viewer.streams[ssrc] = Stream()
            if (check or stream.shift < 0) and not self._check(viewer, stream, sequence, at, min(at + segment, size)):
                continue  # not authentic: then it is missing, and counts as lost
            stream.add(sequence)
            viewer.pictures += second >> 7 if second & 127 != 111 else 0
            if stream.shift >= 0:
                place = (sequence + stream.shift & 0xFFFF) | stream.shift & 0x10000
                delay = arrived_at - sent_at[place]
                viewer.delays_s.append(delay)
                viewer.late += delay > LATE_S

    def _check(self, viewer: Viewer, stream: Stream, sequence: int, start: int, end: int) -> bool:
        """Decrypt one packet and find its payload among the publisher's; False when it is not authentic."""
        assert viewer.peer.receiver is not None, "sampled viewers are connected"
        packet = viewer.peer.receiver.unprotect(bytes(self._view[start:end]))
        if packet is None:
            return False
        viewer.checked += 1
        number = self._numbers.get(payload_of(packet))
        if number is None:
            viewer.foreign += 1
        else:
            place = self._diaries[viewer.teacher].place_of[number]
            stream.shift = place - sequence & 0xFFFF | place & 0x10000
        return True


def payload_of(packet: bytes) -> bytes:
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    return packet[start : len(packet) - packet[-1]] if packet[0] & 0x20 else packet[start:]


def percentile(values: Iterable[float], fraction: float) -> float:
    """The nearest rank, not interpolated; NaN when there is nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)] if ordered else float("nan")
