"""The publishers, in a process of their own: nothing the viewers cost may make a picture late."""

import contextlib
import heapq
import multiprocessing
import os
import signal
import struct
import time
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray

from media.dtls import Identity
from media.errors import Malformed
from media.rtcp import KeyframeRequest, Nack, pack_sender_report, parse
from tests.bench.relays.clip import FPS, SOUNDS_PER_S, Clip, Picture
from tests.bench.relays.peers import AUDIO_SSRC, VIDEO_SSRC, BenchPeer
from tests.media import light

GAPS_S = (1 / FPS, 1 / SOUNDS_PER_S, 1.0)
"""Picture, sound, reports with a consent check."""
READ_S = 0.004
KEY_GAP_S = 0.4
HISTORY = 512
NTP_EPOCH_S = 2_208_988_800


class Diary:
    """When one teacher sent what, for the viewers' process too. A place is a packet's number, plus 0x10000 for sound."""

    def __init__(self, clip: Clip) -> None:
        self.sent_at = RawArray("d", 2 * 0x10000)
        """Per place, `time.time()`."""
        self.place_of = RawArray("i", len(clip.numbers))
        """Per payload of the clip: where it was sent last."""


class Teacher:
    """One camera and one voice."""

    def __init__(self, host: str, clip: Clip, diary: Diary) -> None:
        self.peer = BenchPeer(host)
        self.late_s = 0.0
        self._clip, self._diary = clip, diary
        self._picture = self._sound = 0
        self._video_sequence = self._audio_sequence = 100
        self._clock = 0
        self._history: dict[int, bytes] = {}
        self._key_wanted, self._key_at = False, 0.0

    def send_picture(self) -> None:
        """The next frame, at once; after a request, the next one that is a key frame."""
        clip, now = self._clip, time.monotonic()
        if self._key_wanted and now - self._key_at >= KEY_GAP_S:
            while not clip.pictures[self._picture % len(clip.pictures)].is_key:
                self._picture += 1
        picture: Picture = clip.pictures[self._picture % len(clip.pictures)]
        if picture.is_key:
            self._key_wanted, self._key_at = False, now
        self._picture += 1
        self._clock += 90_000 // FPS
        last = len(picture.payloads) - 1
        for place, payload in enumerate(picture.payloads):
            marker = 0x80 if place == last else 0
            packet = self._pack(96 | marker, self._video_sequence, self._clock, VIDEO_SSRC, 4 << 4, b"0", payload)
            self._history[self._video_sequence % HISTORY] = packet
            self._send(packet, payload, self._video_sequence)
            self._video_sequence = self._video_sequence + 1 & 0xFFFF

    def send_sound(self) -> None:
        payload = self._clip.sounds[self._sound % len(self._clip.sounds)]
        self._sound += 1
        self._audio_sequence = self._audio_sequence + 1 & 0xFFFF
        timestamp = self._sound * 960 & 0xFFFFFFFF
        packet = self._pack(111, self._audio_sequence, timestamp, AUDIO_SSRC, 4 << 4, b"1", payload)
        self._send(packet, payload, 0x10000 | self._audio_sequence)

    def send_reports(self) -> None:
        self.peer.check()
        ntp_64 = int((time.time() + NTP_EPOCH_S) * 2**32)
        self.peer.send_rtcp(pack_sender_report(VIDEO_SSRC, ntp_64, self._clock, self._picture, 1, b"x"))
        self.peer.send_rtcp(pack_sender_report(AUDIO_SSRC, ntp_64, self._sound * 960, self._sound, 1, b"x"))

    def read(self) -> None:
        """Answer checks, requests for pictures and for lost packets."""
        for _ in range(50):
            try:
                datagram = self.peer.sock.recv(2048)
            except OSError:
                return
            if not datagram or datagram[0] < 128:
                if datagram:
                    self.peer.take(datagram)
                continue
            plain = self.peer.receiver.unprotect_rtcp(datagram) if self.peer.receiver else None
            if plain is None:
                continue
            with contextlib.suppress(Malformed):
                for report in parse(plain):
                    if isinstance(report, KeyframeRequest):
                        self._key_wanted = True
                    elif isinstance(report, Nack) and report.ssrc == VIDEO_SSRC:
                        for sequence in report.sequences:
                            packet = self._history.get(sequence % HISTORY)
                            if packet is not None and packet[2:4] == sequence.to_bytes(2, "big"):
                                self.peer.send_rtp(packet)

    def _pack(self, second: int, sequence: int, clock: int, ssrc: int, extension: int, mid: bytes, payload: bytes) -> bytes:
        head = struct.pack("!BBHII", 0x90, second, sequence, clock & 0xFFFFFFFF, ssrc)
        return head + b"\xbe\xde\x00\x01" + bytes([extension]) + mid + bytes(2) + payload

    def _send(self, packet: bytes, payload: bytes, place: int) -> None:
        protected = self.peer.protect(packet)
        if protected is not None:
            number = self._clip.numbers.get(payload)
            if number is not None:
                self._diary.place_of[number] = place
            self._diary.sent_at[place] = time.time()
            self.peer.send(protected)


class Broadcast:
    """`teachers` publishers, out of step with each other, in one child process. Fork it before any thread starts."""

    def __init__(self, host: str, clip: Clip, teachers: int, cores: set[int]) -> None:
        context = multiprocessing.get_context("fork")
        self.diaries = [Diary(clip) for _ in range(teachers)]
        self._late = context.RawValue("d", 0.0)
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=self._run, args=(far, host, clip, teachers, cores), daemon=True)
        self._process.start()
        far.close()

    def offer(self, teacher: int) -> str:
        self._pipe.send(("offer", teacher))
        return str(self._receive())

    def connect(self, teacher: int, answer: str) -> None:
        """Send from now on. Raises AssertionError when the relay does not let it in within 10 s."""
        self._pipe.send(("answer", answer))
        assert self._receive() == "connected", "the publisher was not let in"

    def worst_late_s(self) -> float:
        """How late the worst packet left since the last call: above a few ms it is the machine that is measured."""
        late, self._late.value = float(self._late.value), 0.0
        return late

    def close(self) -> None:
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)
        self._pipe.close()

    def _receive(self) -> object:
        assert self._pipe.poll(20), "the publisher's process does not answer"
        return self._pipe.recv()

    # -- in the child ---------------------------------------------------------------------------------------------------

    def _run(self, pipe: Connection, host: str, clip: Clip, teachers: int, cores: set[int]) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.sched_setaffinity(0, cores)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -5)
        light._identity = Identity()
        room = [Teacher(host, clip, diary) for diary in self.diaries]
        due: list[tuple[float, int, int]] = []
        chosen, read_at = 0, 0.0
        while True:
            if pipe.poll():
                order, value = pipe.recv()
                if order == "offer":
                    chosen = value
                    pipe.send(room[chosen].peer.publisher_offer())
                else:
                    let_in = _connect(room[chosen].peer, value)
                    if let_in:
                        # Out of step with the others: cameras do not know of each other.
                        start = time.monotonic() + chosen * 0.618 % 1 / FPS
                        for kind in range(3):
                            heapq.heappush(due, (start, chosen, kind))
                    pipe.send("connected" if let_in else "refused")
            now = time.monotonic()
            while due and due[0][0] <= now:
                at, number, kind = due[0]
                teacher = room[number]
                (teacher.send_picture, teacher.send_sound, teacher.send_reports)[kind]()
                heapq.heapreplace(due, (at + GAPS_S[kind], number, kind))
                if now - at > self._late.value:
                    self._late.value = now - at
                now = time.monotonic()
            if now - read_at >= READ_S:
                read_at = now
                for teacher in room:
                    if teacher.peer.is_connected:
                        teacher.read()
            time.sleep(max(0.0, min(due[0][0] - time.monotonic(), READ_S) if due else READ_S))


def _connect(peer: BenchPeer, answer: str) -> bool:
    peer.take_remote(answer)
    peer.begin()
    deadline, ask_at = time.monotonic() + 10, time.monotonic() + 0.1
    while not peer.is_connected and time.monotonic() < deadline and not peer.failed:
        with contextlib.suppress(BlockingIOError):
            datagram = peer.sock.recv(2048)
            if datagram and datagram[0] < 64:
                peer.take(datagram)
            continue
        if time.monotonic() > ask_at:
            ask_at = time.monotonic() + 0.1
            peer.on_deadline()
        time.sleep(0.001)
    return peer.is_connected
