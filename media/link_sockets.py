"""The sockets of links between the workers of one machine: Unix SOCK_SEQPACKET under an abstract name.

A sibling that does not read loses packets, which are counted; it is never waited for. Messages, which must not be lost, wait in
a short queue; when that is full the link is cut, and the follower dials again and gets everything anew.
Who may speak: processes of our own user (SO_PEERCRED) that prove they know the secret (`link.Gate`).
"""

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import time
from collections import deque
from collections.abc import Callable

import structlog

from media.control import Model
from media.errors import Malformed
from media.link import BATCH, MAX_BATCH_BYTES, MAX_MESSAGE_BYTES, RECORD, Gate
from media.siblings import Siblings
from media.stats import Stats

log = structlog.get_logger("media")

BUFFER_BYTES = 2 << 20
MAX_UNSENT_MESSAGES = 200
GREETING_S = 2.0
MAX_GREETING = 32
READ_ROUNDS = 64
FIRST_PAUSE_S = 0.02
LAST_PAUSE_S = 0.5
_CREDENTIALS = struct.Struct("3i")


def machine() -> str:
    """The same for all processes that can reach each other's abstract sockets: this boot of the kernel, this network space."""
    boot = ""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        boot = file.read().strip()
    namespace = 0
    with contextlib.suppress(OSError):
        namespace = os.stat("/proc/self/ns/net").st_ino
    return f"{boot}.{namespace}.{os.getuid()}"


class Link:
    """One connected socket. Packets in through `on_packet`; its end is told once through `on_closed`."""

    def __init__(
        self,
        sock: socket.socket,
        gate: Gate,
        stats: Stats,
        on_open: Callable[["Link"], None],
        after_packets: Callable[[], None],
    ) -> None:
        self.on_packet: Callable[[bytes], None] = lambda packet: None
        self.on_closed: Callable[[], None] = lambda: None
        self._sock = sock
        self._gate = gate
        self._stats = stats
        self._on_open = on_open
        self._after_packets = after_packets
        self._loop = asyncio.get_running_loop()
        self._unsent: deque[bytes] = deque()
        self._batch = bytearray((BATCH,))
        self._records = 0
        self._is_closed = False
        self._greeting = self._loop.call_later(GREETING_S, self._late)
        sock.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        self._loop.add_reader(sock.fileno(), self._read)

    @property
    def is_open(self) -> bool:
        """Both ends have proved themselves."""
        return self._gate.is_open

    def greet(self) -> None:
        """Begin, as the end that dialled."""
        self._send(self._gate.greeting())

    def send(self, message: Model) -> None:
        """A message that must arrive."""
        data = message.model_dump_json().encode()
        if len(data) > MAX_MESSAGE_BYTES:
            log.error("! link message too long", type=getattr(message, "type", ""), bytes=len(data))
            return
        self.flush()
        self._send(data)

    def send_record(self, kind: int, channel: int, publisher: int, packet: bytes) -> None:
        """Media: goes out with the next `flush`."""
        if len(self._batch) + len(packet) > MAX_BATCH_BYTES:
            self.flush()
        self._batch += RECORD.pack(len(packet), kind, channel, publisher)
        self._batch += packet
        self._records += 1

    def flush(self) -> None:
        """Give the records gathered so far to the kernel, or lose them."""
        if not self._records:
            return
        records, self._records = self._records, 0
        stats = self._stats
        try:
            if self._unsent or self._is_closed:
                raise BlockingIOError
            self._sock.send(self._batch)
            stats.link_packets_sent += records
            stats.link_bytes_sent += len(self._batch)
        except BlockingIOError:
            stats.link_packets_dropped += records
        except OSError:
            stats.link_packets_dropped += records
            self.close()
        del self._batch[1:]

    def close(self) -> None:
        """Twice is silent."""
        if self._is_closed:
            return
        self._is_closed = True
        self._greeting.cancel()
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        self._unsent.clear()
        self.on_closed()

    def _send(self, data: bytes) -> None:
        if self._is_closed:
            return
        if not self._unsent:
            try:
                self._sock.send(data)
                return
            except BlockingIOError:
                self._loop.add_writer(self._sock.fileno(), self._send_waiting)
            except OSError:
                self.close()
                return
        if len(self._unsent) >= MAX_UNSENT_MESSAGES:
            log.warning("! link cut", reason="it does not read")
            self.close()
            return
        self._unsent.append(data)

    def _send_waiting(self) -> None:
        try:
            while self._unsent:
                self._sock.send(self._unsent[0])
                self._unsent.popleft()
            self._loop.remove_writer(self._sock.fileno())
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def _read(self) -> None:
        for _ in range(READ_ROUNDS):
            if self._is_closed:
                break
            try:
                packet = self._sock.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError:
                packet = b""
            if not packet:
                self.close()
                break
            self._take(packet)
        self._after_packets()

    def _take(self, packet: bytes) -> None:
        try:
            if self._gate.is_open:
                self.on_packet(packet)
            else:
                self._pass_gate(packet)
        except Malformed as wrong:
            log.warning("! link cut", reason=str(wrong))
            self.close()
        except Exception:  # a mistake of ours costs this packet, not the loop
            log.exception("! link packet failed")

    def _pass_gate(self, packet: bytes) -> None:
        answer = self._gate.receive(packet)
        if answer is not None:
            self._send(answer)
        if self._gate.is_open:
            self._greeting.cancel()
            self._on_open(self)

    def _late(self) -> None:
        if not self._gate.is_open:
            self.close()


class LinkSockets:
    """The listening socket and all links of one worker."""

    def __init__(self, secret: str, siblings: Siblings, stats: Stats, after_packets: Callable[[], None]) -> None:
        self.name = f"classroom-media-{os.getpid()}-{secrets.token_hex(8)}"
        """What siblings dial; new with every start, so that a restarted worker is not taken for the old one."""
        self._secret = secret
        self._siblings = siblings
        self._stats = stats
        self._after_packets = after_packets
        self._loop = asyncio.get_running_loop()
        self._links: set[Link] = set()
        self._dialled: dict[str, Link | None] = {}
        self._pauses: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._listener.bind("\0" + self.name)
        self._listener.listen(64)
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def aim(self) -> None:
        """Dial the homes our rooms follow, hang up on those none follows any more."""
        homes = self._siblings.homes()
        for home in homes - self._dialled.keys():
            self._dial(home)
        for home in self._dialled.keys() - homes:
            link = self._dialled.pop(home)
            self._pauses.pop(home, None)
            timer = self._timers.pop(home, None)
            if timer is not None:
                timer.cancel()
            if link is not None:
                link.close()

    def flush(self) -> None:
        for link in self._links:
            link.flush()

    def close(self) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()
        for timer in self._timers.values():
            timer.cancel()
        self._dialled.clear()
        for link in list(self._links):
            link.close()

    # -- as a follower ------------------------------------------------------------------------------------------------

    def _dial(self, home: str) -> None:
        self._timers.pop(home, None)
        self._dialled[home] = None
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            sock.connect("\0" + home)  # a local connect is done or refused at once
        except OSError:
            sock.close()
            self._dial_later(home)
            return
        link = Link(
            sock, Gate(self._secret, dials=True), self._stats, lambda link: self._home_up(home, link), self._after_packets
        )
        link.on_closed = lambda: self._home_down(home, link)
        self._links.add(link)
        self._dialled[home] = link
        link.greet()

    def _home_up(self, home: str, link: Link) -> None:
        log.info("= link up", home=home)
        self._pauses.pop(home, None)
        link.on_packet = lambda packet: self._siblings.receive_from_home(packet, time.monotonic())
        self._siblings.home_up(home, link)

    def _home_down(self, home: str, link: Link) -> None:
        self._links.discard(link)
        self._siblings.home_down(home, time.monotonic())
        if home in self._dialled:
            log.info("= link down", home=home)
            self._dial_later(home)

    def _dial_later(self, home: str) -> None:
        pause_s = self._pauses.get(home, FIRST_PAUSE_S)
        self._pauses[home] = min(LAST_PAUSE_S, pause_s * 2)
        self._timers[home] = self._loop.call_later(pause_s, self._dial, home)

    # -- as a home ----------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        _, uid, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        greeting = sum(1 for link in self._links if not link.is_open)
        if uid != os.getuid() or greeting >= MAX_GREETING:
            log.warning("! link refused", uid=uid)
            sock.close()
            return
        link = Link(sock, Gate(self._secret, dials=False), self._stats, self._follower_up, self._after_packets)
        link.on_closed = lambda: self._follower_down(link)
        self._links.add(link)

    def _follower_up(self, link: Link) -> None:
        link.on_packet = lambda packet: self._siblings.receive_from_follower(link, packet)
        self._siblings.follower_up(link)

    def _follower_down(self, link: Link) -> None:
        self._links.discard(link)
        self._siblings.follower_down(link)
