"""What strangers and members may throw at a media worker, and a class that must not notice."""

import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

from media.dtls import DtlsTransport
from media.slots import BY_NAME
from media.stun import pack_request
from tests.media.light import Lecture, LightPeer, fields, shared_identity

Datagram = bytes
CAMERA_0 = BY_NAME["camera-0"].ssrc


def record(kind: int, body: bytes, epoch: int = 0) -> bytes:
    """One DTLS 1.2 record."""
    return struct.pack("!BBBHIHH", kind, 0xFE, 0xFD, epoch, 0, random.randrange(65536), len(body)) + body


def off_path_datagrams(remote_ufrag: str) -> list[tuple[str, Datagram]]:
    """One of each kind of scorecard row R12."""
    hello = DtlsTransport(shared_identity(), "client")
    hello.start()
    client_hello = hello.drain()[0]
    handshake_junk = struct.pack("!B3sH3s3s", 16, b"\0\0\x20", 2, b"\0\0\0", b"\0\0\x20") + os.urandom(32)
    bad_stun = pack_request(os.urandom(12), f"{remote_ufrag}:evil", b"not the password", use_candidate=True)
    naked = struct.pack("!HHI12sHH", 1, 4 + 16, 0x2112A442, os.urandom(12), 6, 13) + f"{remote_ufrag}:evil".encode().ljust(
        16, b"\0"
    )
    return [
        ("empty", b""),
        ("ClientHello", client_hello),
        ("fatal alert", record(21, b"\x02\x28")),
        ("close_notify", record(21, b"\x01\x00")),
        ("junk handshake", record(22, os.urandom(60))),
        ("junk epoch 1", record(22, os.urandom(60), epoch=1)),
        ("junk close_notify in epoch 1", record(21, os.urandom(26), epoch=1)),
        ("application data", record(23, os.urandom(40))),
        ("ServerHello", record(22, struct.pack("!B3sH3s3s", 2, b"\0\0\x20", 0, b"\0\0\0", b"\0\0\x20") + os.urandom(32))),
        ("junk oversized handshake", record(22, b"\x10\xff\xff\xff" + handshake_junk[4:])),
        ("early ChangeCipherSpec", record(20, b"\x01")),
        ("junk SRTP", b"\x80\x60" + os.urandom(90)),
        ("junk SRTCP", b"\x80\xc8" + os.urandom(60)),
        ("STUN with a wrong key", bad_stun),
        ("STUN without a key", naked),
        ("noise", os.urandom(50)),
    ]


class Spoofer:
    """Sends UDP datagrams with any source address (raw IPv4: needs root, as CI has)."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, datagram: Datagram, source: tuple[str, int], target: tuple[str, int]) -> None:
        udp = struct.pack("!HHHH", source[1], target[1], 8 + len(datagram), 0) + datagram
        ip = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source[0]), socket.inet_aton(target[0])
        )
        self._sock.sendto(ip + udp, target)

    def close(self) -> None:
        self._sock.close()


class Flood:
    """A thread that keeps sending, `rate` datagrams a second, until told to stop."""

    def __init__(self, send_one: Callable[[], None], rate: float) -> None:
        self._send_one, self._gap = send_one, 1 / rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._send_one()
            self.sent += 1
            due += self._gap
            time.sleep(max(0.0, due - time.monotonic()))


def mutations(seeds: list[Datagram], count: int, seed: int) -> Iterator[Datagram]:
    """`count` datagrams made of `seeds`: bytes flipped, cut, repeated, spliced, replaced by noise."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        kind = chance.randrange(6)
        if kind == 0 and data:
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        elif kind == 1:
            del data[chance.randrange(len(data) + 1) :]
        elif kind == 2:
            data += chance.randbytes(chance.randrange(1, 1200))
        elif kind == 3:
            other = chance.choice(seeds)
            data = data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]
        elif kind == 4 and len(data) > 4:
            at = chance.randrange(len(data) - 2)
            data[at : at + 2] = chance.choice((b"\xff\xff", b"\0\0", b"\x7f\xff", b"\x80\0"))
        else:
            data = bytearray(chance.randbytes(chance.randrange(1400)))
        yield bytes(data[:1400])


class Lesson:
    """A teacher who sends 30 pictures a second and a resident who counts them, in one thread."""

    def __init__(self, teacher: LightPeer, resident: LightPeer) -> None:
        self._teacher, self._resident = teacher, resident
        resident.sock.setblocking(False)
        resident.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sequences: list[int] = []
        self.frames = 0

    def __enter__(self) -> "Lesson":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def missing(self) -> int:
        """Packets of the camera that never came, between the first and the last that did."""
        if not self.sequences:
            return -1
        first = self.sequences[0]
        ahead = {(s - first + 0x8000 & 0xFFFF) - 0x8000 for s in self.sequences}
        return max(ahead) - min(ahead) + 1 - len(ahead)

    def _run(self) -> None:
        lecture, due, consent_at = Lecture(), time.monotonic(), 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            if now >= due:
                due += 1 / 30
                self.frames += 1
                for packet in lecture.frame(key=self.frames % 30 == 1):
                    self._teacher.send_rtp(packet)
            if now - consent_at > 1:
                consent_at = now
                self._teacher.check()
                self._resident.check()
            received = self._resident.receive()
            if received is None:
                time.sleep(0.001)
            elif received[0] == "rtp":
                header = fields(received[1])
                if header["ssrc"] == CAMERA_0:
                    self.sequences.append(header["sequence"])
