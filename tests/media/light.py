"""Light peers for tests and benches: a socket, our own DTLS as client, libsrtp; no browser, no decoder. Blocking."""

import os
import random
import secrets
import socket
import struct
import threading
import time
import weakref
from typing import Any

from media.dtls import DtlsTransport, Handshake, Identity
from media.sdp import AUDIO_LEVEL, MID
from media.srtp import Receiver, Sender
from media.stun import pack_request

VIDEO_SSRC, AUDIO_SSRC, REPAIR_SSRC = 0x1111, 0x2222, 0x3333
_identity: Identity | None = None
_srtp_buffers = threading.Lock()
"""media.srtp works in one buffer per process: the worker has one thread, these tests have several."""


def shared_identity() -> Identity:
    """One certificate for all light peers of this process: making one costs more than a handshake."""
    global _identity
    _identity = _identity or Identity()
    return _identity


class LightPeer:
    """One transport to a worker."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.identity = shared_identity()
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.settimeout(0.05)
        weakref.finalize(self, self.sock.close)
        self.server: tuple[str, int] = ("", 0)
        self.remote_ufrag = self.remote_password = ""
        self.receiver: Receiver | None = None
        self.sender: Sender | None = None
        self.dtls = DtlsTransport(self.identity, "client")

    def transport_lines(self, setup: str) -> list[str]:
        return [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.identity.fingerprint}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
        ]

    def publisher_offer(self) -> str:
        """VP8 with RTX on mid 0, Opus with audio level on mid 1."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        lines += ["m=video 9 UDP/TLS/RTP/SAVPF 96 97", *self.transport_lines("actpass"), "a=mid:0", "a=sendonly"]
        lines += [
            f"a=extmap:4 {MID}",
            "a=rtpmap:96 VP8/90000",
            "a=rtcp-fb:96 nack",
            "a=rtcp-fb:96 nack pli",
            "a=rtcp-fb:96 goog-remb",
        ]
        lines += ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", f"a=ssrc-group:FID {VIDEO_SSRC} {REPAIR_SSRC}"]
        lines += [f"a=ssrc:{VIDEO_SSRC} cname:x", f"a=ssrc:{REPAIR_SSRC} cname:x"]
        lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 111", *self.transport_lines("actpass"), "a=mid:1", "a=sendonly"]
        lines += [f"a=extmap:1 {AUDIO_LEVEL}", f"a=extmap:4 {MID}", "a=rtpmap:111 opus/48000/2", f"a=ssrc:{AUDIO_SSRC} cname:x"]
        return "\r\n".join(lines) + "\r\n"

    def viewer_answer(self, offer: str) -> str:
        """Take every m-line of a view offer."""
        lines: list[str] = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        for line in offer.splitlines():
            if line.startswith("a=group"):
                lines.append(line)
            elif line.startswith("m="):
                lines += [line, *self.transport_lines("active"), "a=recvonly"]
            elif line.startswith(("a=mid", "a=rtpmap", "a=fmtp", "a=extmap:")):
                lines.append(line)
        return "\r\n".join(lines) + "\r\n"

    def take_remote(self, sdp: str) -> None:
        """Read where and with which credentials to connect."""
        lines = sdp.splitlines()
        self.remote_ufrag = next(line[12:] for line in lines if line.startswith("a=ice-ufrag:"))
        self.remote_password = next(line[10:] for line in lines if line.startswith("a=ice-pwd:"))
        parts = next(line for line in lines if line.startswith("a=candidate:")).split()
        self.server = (parts[4], int(parts[5]))

    def check(self, *, use_candidate: bool = True) -> None:
        """Send one connectivity (or consent) check."""
        name = f"{self.remote_ufrag}:{self.ufrag}"
        request = pack_request(os.urandom(12), name, self.remote_password.encode(), use_candidate=use_candidate)
        self.sock.sendto(request, self.server)

    def connect(self, timeout_s: float = 5.0) -> float:
        """ICE, then DTLS; how long it took. Raises TimeoutError."""
        began = time.monotonic()
        self.check()
        checked_at, is_checked = began, False
        while self.dtls.state is not Handshake.DONE:
            now = time.monotonic()
            if now - began > timeout_s or self.dtls.state is Handshake.FAILED:
                raise TimeoutError(f"no connection: {self.dtls.state} {self.dtls.reason}")
            if not is_checked and now - checked_at > 0.2:
                self.check()
                checked_at = now
            try:
                datagram = self.sock.recv(2048)
            except TimeoutError:
                self.dtls.on_deadline()
                datagram = b""
            if datagram and datagram[0] < 4 and not is_checked:
                is_checked = True
                self.dtls.start()
            elif datagram and 20 <= datagram[0] <= 63:
                self.dtls.receive(datagram)
            for answer in self.dtls.drain():
                self.sock.sendto(answer, self.server)
        self.become_connected()
        return time.monotonic() - began

    def become_connected(self) -> bool:
        """Take the keys, once the handshake is done."""
        if self.dtls.state is Handshake.DONE and self.sender is None:
            keys = self.dtls.established().keys
            self.receiver, self.sender = Receiver(keys), Sender(keys)
        return self.sender is not None

    def protect(self, packet: bytes) -> bytes | None:
        assert self.sender is not None
        with _srtp_buffers:
            return self.sender.protect(packet)

    def send_rtp(self, packet: bytes) -> bool:
        """False when libsrtp refuses the packet."""
        protected = self.protect(packet)
        if protected is not None:
            self.sock.sendto(protected, self.server)
        return protected is not None

    def send_rtcp(self, compound: bytes) -> bool:
        """False when libsrtp refuses the packet."""
        assert self.sender is not None
        with _srtp_buffers:
            protected = self.sender.protect_rtcp(compound)
        if protected is not None:
            self.sock.sendto(protected, self.server)
        return protected is not None

    def receive(self) -> tuple[str, bytes] | None:
        """("rtp" | "rtcp", plaintext) of one media datagram; None when none came within the socket's timeout."""
        assert self.receiver is not None
        try:
            datagram = self.sock.recv(2048)
        except (TimeoutError, BlockingIOError):
            return None
        if len(datagram) > 12 and 128 <= datagram[0] <= 191:
            is_rtcp = 192 <= datagram[1] <= 223
            with _srtp_buffers:
                plain = self.receiver.unprotect_rtcp(datagram) if is_rtcp else self.receiver.unprotect(datagram)
            return ("rtcp" if is_rtcp else "rtp", plain) if plain is not None else None
        return ("other", datagram)

    def close(self) -> None:
        self.dtls.close()
        for datagram in self.dtls.drain():
            self.sock.sendto(datagram, self.server)
        self.sock.close()


class Lecture:
    """Packets of a camera and a voice: VP8 frames of `packets` × `size` bytes, 30 per second; Opus, 50 per second."""

    def __init__(self, packets: int = 5, size: int = 1150) -> None:
        self.video_sequence = random.randrange(1 << 15)
        self.audio_sequence = random.randrange(1 << 15)
        self.frame_number = 0
        self._packets = packets
        self._body = os.urandom(size)

    def frame(self, *, key: bool = False) -> list[bytes]:
        """One picture; a key frame says 1280×720."""
        self.frame_number += 1
        key = key or self.frame_number == 1
        packets = []
        for place in range(self._packets):
            descriptor = b"\x10" if place == 0 else b"\x00"
            start = (b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 1280, 720)) if key else b"\x11\x02\x00"
            payload = descriptor + (start if place == 0 else b"") + self._body
            marker = 0x80 if place == self._packets - 1 else 0
            extension = b"\xbe\xde\x00\x01" + bytes([4 << 4]) + b"0" + bytes(2)
            packets.append(
                struct.pack("!BBHII", 0x90, marker | 96, self.video_sequence, self.frame_number * 3000 & 0xFFFFFFFF, VIDEO_SSRC)
                + extension
                + payload[: len(self._body)]
            )
            self.video_sequence = self.video_sequence + 1 & 0xFFFF
        return packets

    def sound(self, level: int = 30) -> bytes:
        """20 ms of voice."""
        self.audio_sequence = self.audio_sequence + 1 & 0xFFFF
        extension = b"\xbe\xde\x00\x01" + bytes([1 << 4, level, 4 << 4]) + b"1"
        timestamp = self.audio_sequence * 960 & 0xFFFFFFFF
        return struct.pack("!BBHII", 0x90, 111, self.audio_sequence, timestamp, AUDIO_SSRC) + extension + self._body[:90]


def fields(packet: bytes) -> dict[str, Any]:
    """The header of an RTP packet."""
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    return {"marker": second >> 7, "pt": second & 127, "sequence": sequence, "timestamp": timestamp, "ssrc": ssrc, "first": first}
