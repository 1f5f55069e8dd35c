"""Light peers as the benchmark needs them: the far end may be any relay, also one that checks connectivity itself (full ICE)."""

import contextlib
import ctypes
import socket
import struct
import sys
import time

from media.dtls import Handshake
from media.errors import Malformed
from media.stun import pack_success, parse_binding
from tests.media.light import AUDIO_SSRC, REPAIR_SSRC, VIDEO_SSRC, LightPeer

SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_TIMESTAMPNS = 26, 27, 35
SOL_UDP, UDP_GRO = 17, 104
STAMP = struct.Struct("@qq")
# The filter sees the UDP header first. First byte of the payload 128–191 and second not 192–223: RTP, dropped; all else passes.
_RTP_FILTER = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 8),  # load byte 8
        (0x35, 0, 5, 128),  # below 128: accept
        (0x35, 4, 0, 192),  # 192 and above: accept
        (0x30, 0, 0, 9),  # load byte 9
        (0x35, 0, 1, 192),  # below 192: drop
        (0x35, 0, 1, 224),  # 192–223 is RTCP: accept
        (0x06, 0, 0, 0),  # drop
        (0x06, 0, 0, 0xFFFF),  # accept
    )
)
_filter_buffer = ctypes.create_string_buffer(_RTP_FILTER)
_FILTER = struct.pack("HxxxxxxQ", len(_RTP_FILTER) // 8, ctypes.addressof(_filter_buffer))


class BenchPeer(LightPeer):
    """One transport whose handshake is driven by whoever reads its socket."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        # A burst that came as one message stays one: to cut it is the network's work, which here the server would do.
        self.sock.setsockopt(SOL_UDP, UDP_GRO, 1)
        self.failed = False
        self._began_dtls = False

    def transport_lines(self, setup: str) -> list[str]:
        """Always the DTLS client, and with a candidate, which a full ICE agent wants to see."""
        host, port = self.sock.getsockname()
        candidate = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host"
        return [*super().transport_lines("active"), candidate, "a=end-of-candidates"]

    def player_offer(self) -> str:
        """One picture and one voice, please."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        lines += ["m=video 9 UDP/TLS/RTP/SAVPF 96", *self.transport_lines("active"), "a=mid:0", "a=recvonly"]
        lines += ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 goog-remb"]
        lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 111", *self.transport_lines("active"), "a=mid:1", "a=recvonly"]
        lines += ["a=rtpmap:111 opus/48000/2"]
        return "\r\n".join(lines) + "\r\n"

    def begin(self) -> None:
        self.check()

    def take(self, datagram: bytes) -> None:
        """STUN and DTLS of the other side."""
        if datagram[0] < 4:
            if datagram[:2] == b"\x00\x01":
                with contextlib.suppress(Malformed):
                    request = parse_binding(datagram)
                    if request is not None and request.is_authentic(self.password.encode()):
                        self.send(pack_success(request.transaction_id, self.server, self.password.encode()))
            elif not self._began_dtls:
                self._began_dtls = True
                self.dtls.start()
        elif 20 <= datagram[0] <= 63:
            self.dtls.receive(datagram)
        self._step()

    def on_deadline(self) -> None:
        """Ask again what got no answer; call every 100 ms or so until connected."""
        if self._began_dtls:
            self.dtls.on_deadline()
        else:
            self.check()
        self._step()

    @property
    def is_connected(self) -> bool:
        return self.sender is not None

    def send(self, datagram: bytes) -> None:
        with contextlib.suppress(OSError):
            self.sock.sendto(datagram, self.server)

    def drop_media(self, *, on: bool) -> None:
        """Let the kernel throw away the RTP that comes; STUN, DTLS and RTCP go on."""
        if on:
            self.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)
        else:
            with contextlib.suppress(OSError):  # it had none
                self.sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)

    def _step(self) -> None:
        for answer in self.dtls.drain():
            self.send(answer)
        self.become_connected()
        self.failed |= self.dtls.state in (Handshake.FAILED, Handshake.CLOSED)


def arrival_and_segment(ancillary: list[tuple[int, int, bytes]], size: int) -> tuple[float, int]:
    """When the kernel took a message of `size` bytes, in `time.time()` seconds, and how long the packets in it are."""
    arrived_at, segment = 0.0, size
    for level, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS and level == socket.SOL_SOCKET and len(data) >= STAMP.size:
            seconds, nanoseconds = STAMP.unpack_from(data)
            arrived_at = seconds + nanoseconds / 1e9
        elif kind == UDP_GRO and level == SOL_UDP:
            segment = int.from_bytes(data[:4], sys.byteorder)
    return arrived_at or time.time(), segment


__all__ = ["AUDIO_SSRC", "REPAIR_SSRC", "VIDEO_SSRC", "BenchPeer", "arrival_and_segment"]
