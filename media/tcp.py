"""Media over TCP for people whose network lets no UDP through (RFC 6544 passive candidates, RFC 4571 framing).

Listens on the UDP port's number at every address. A connection is one more address of a peer: its frames go the same way as
datagrams (`Worker.receive`), and what is sent to it goes through `Connection.send`, which never waits. Until a STUN check has
proven it, a connection may send STUN and nothing else, is sent nothing, and ends after five seconds (`door.py`).
"""

import asyncio
import contextlib
import errno
import resource
import socket
import time
from collections.abc import Callable

from media.address import STREAMS, Address, pack_sockaddr
from media.backlog import Backlog
from media.demux import Kind, kind_of
from media.door import Door
from media.errors import Malformed
from media.framing import Deframer, pack_frames
from media.outbox import Outbox
from media.worker import Worker

ACCEPTS_AT_ONCE = 32
ACCEPT_PAUSE_S = 0.5
"""No socket is free: others must end first."""
READ_BYTES = 64 * 1024
BUDGET_BYTES = 512 * 1024
"""What one connection may send in `BUDGET_S` (20 Mbit/s) before we let it wait in its own send buffer."""
BUDGET_S = 0.2
SWEEP_S = 1.0
UNFINISHED_S = 5.0
"""A frame whose rest does not come ends the connection."""
IDLE_S = 35.0
"""Browsers check a spare path every 25 s."""
MAX_FAILED_CHECKS = 8
CAPACITY = 4096
SPARE_DESCRIPTORS = 256
"""For control connections, captures and everything else."""
NOT_SENT_BYTES = 16 * 1024
"""What the kernel may hold beyond the window: the rest waits with us, where its age is seen."""
USER_TIMEOUT_MS = 10_000
TCP_USER_TIMEOUT = 18
TCP_NOTSENT_LOWAT = 25
OUT_OF_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Connection:
    """One accepted TCP connection."""

    def __init__(self, side: "TcpSide", sock: socket.socket, address: Address, now: float) -> None:
        self.address = address
        self.is_open = True
        self.is_proven = False
        self.deframer = Deframer()
        self.backlog = Backlog()
        self.heard_at = now
        self.complete_at = now
        """When the stream last stood between two frames."""
        self.failed_checks = 0
        self.budget_bytes = BUDGET_BYTES
        self.sock = sock
        self._side = side

    def send(self, packets: list[bytes]) -> None:
        """Send packets, as far as the kernel takes them at once; the rest waits, bounded. Never raises."""
        if not (self.is_open and self.is_proven):
            return
        data = pack_frames(packets)
        stats = self._side.worker.stats
        now = time.monotonic()
        if self.backlog.next_chunk() is not None:
            if not self.backlog.offer(data, now):
                stats.send_drops += len(packets)
            return
        try:
            count = self.sock.send(data)
        except BlockingIOError:
            count = 0
        except OSError:
            stats.send_errors += 1
            self._side.close_soon(self)
            return
        if count < len(data):
            self.backlog.offer(data[count:], now)
            self._side.wait_to_send(self)

    def send_waiting(self) -> None:
        """The kernel takes more."""
        while (chunk := self.backlog.next_chunk()) is not None:
            try:
                self.backlog.took(self.sock.send(chunk), time.monotonic())
            except BlockingIOError:
                return
            except OSError:
                self._side.close_soon(self)
                return


class TcpSide:
    """All TCP listeners and connections of a worker."""

    def __init__(self, listeners: list[socket.socket], worker: Worker, outbox: Outbox, after_read: Callable[[], None]) -> None:
        self.worker = worker
        self.connections: dict[Address, Connection] = {}
        self.door = Door(_capacity())
        self._listeners = listeners
        self._outbox = outbox
        self._after_read = after_read
        self._loop = asyncio.get_running_loop()
        self._behind: dict[Connection, None] = {}
        """Those with a backlog, or with pictures held."""
        self._paused: list[Connection] = []
        """Those that sent more than their budget."""
        self._doomed: list[Connection] = []
        self._swept_at = self._budget_at = time.monotonic()

    def start(self) -> None:
        for number in range(len(self._listeners)):
            self._listen(number)

    def close(self) -> None:
        """Close everything; what waits to be sent is given to the kernel as far as it takes it."""
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())
            listener.close()
        for connection in list(self.connections.values()):
            self._close(connection)

    def on_deadline(self, now: float) -> None:
        """Call every 20–50 ms."""
        self._bury()
        for connection in list(self._behind):
            self._review(connection, now)
        if now - self._budget_at >= BUDGET_S:
            self._budget_at = now
            for connection in self._paused:
                connection.budget_bytes = BUDGET_BYTES
                if connection.is_open:
                    self._loop.add_reader(connection.sock.fileno(), self._read, connection)
            self._paused.clear()
        if now - self._swept_at >= SWEEP_S:
            self._swept_at = now
            self._sweep(now)
        self._bury()

    def close_soon(self, connection: Connection) -> None:
        """End it outside of whatever loop is running over connections now."""
        if connection.is_open:
            connection.is_open = False
            self._doomed.append(connection)

    def wait_to_send(self, connection: Connection) -> None:
        """It has a backlog from now on."""
        self._behind[connection] = None
        self._loop.add_writer(connection.sock.fileno(), self._write, connection)

    # -- connections come ---------------------------------------------------------------------------------------------

    def _listen(self, number: int) -> None:
        listener = self._listeners[number]
        if listener.fileno() >= 0:
            self._loop.add_reader(listener.fileno(), self._accept, number)

    def _accept(self, number: int) -> None:
        listener = self._listeners[number]
        now = time.monotonic()
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                sock, name = listener.accept()
            except BlockingIOError:
                return
            except OSError as wrong:
                if wrong.errno in OUT_OF_SOCKETS:
                    self.worker.refuse("no TCP socket is free", now)
                    self._loop.remove_reader(listener.fileno())
                    self._loop.call_later(ACCEPT_PAUSE_S, self._listen, number)
                    return
                continue  # it was gone before we took it
            self._admit(sock, (STREAMS + number, pack_sockaddr(name[0], name[1])), now)

    def _admit(self, sock: socket.socket, address: Address, now: float) -> None:
        may_stay, evicted = self.door.enter(address, now)
        if evicted is not None:
            self._refuse(self.connections[evicted], "TCP strangers", now, at_door=False)
        if not may_stay:
            self.worker.stats.tcp_refused += 1
            self.worker.refuse("TCP connections", now)
            sock.close()
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT_BYTES)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        except OSError:  # reset already
            self.door.leave(address)
            sock.close()
            return
        self.worker.stats.tcp_accepted += 1
        connection = self.connections[address] = Connection(self, sock, address, now)
        self._outbox.streams[address] = connection
        self._loop.add_reader(sock.fileno(), self._read, connection)

    # -- bytes --------------------------------------------------------------------------------------------------------

    def _read(self, connection: Connection) -> None:
        if not connection.is_open:
            return
        try:
            data = connection.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        now = time.monotonic()
        stats = self.worker.stats
        stats.bytes_received += len(data)
        connection.budget_bytes -= len(data)
        if connection.budget_bytes < 0:
            self._loop.remove_reader(connection.sock.fileno())
            self._paused.append(connection)
        try:
            packets = connection.deframer.receive(data)
        except Malformed as wrong:
            self._refuse(connection, str(wrong), now)
            return
        connection.heard_at = now
        if packets or not connection.deframer.is_unfinished:
            connection.complete_at = now
        for packet in packets:
            stats.datagrams_received += 1
            if connection.is_proven:
                self.worker.receive(packet, connection.address, now)
            elif not self._prove(connection, packet, now):
                break
        self._after_read()

    def _prove(self, connection: Connection, packet: bytes, now: float) -> bool:
        """Take a stranger's packet; False: the connection was ended for it."""
        if kind_of(packet) is not Kind.STUN:
            self._refuse(connection, "junk before STUN over TCP", now)
            return False
        self.worker.receive(packet, connection.address, now)
        if self.worker.knows(connection.address):
            connection.is_proven = True
            self.door.verify(connection.address)
            return True
        connection.failed_checks += 1
        if connection.failed_checks >= MAX_FAILED_CHECKS:
            self._refuse(connection, "failed checks over TCP", now)
            return False
        return True

    def _write(self, connection: Connection) -> None:
        connection.send_waiting()
        if connection.is_open and connection.backlog.next_chunk() is None:
            self._loop.remove_writer(connection.sock.fileno())

    # -- time ---------------------------------------------------------------------------------------------------------

    def _review(self, connection: Connection, now: float) -> None:
        backlog = connection.backlog
        if backlog.is_stalled(now):
            self.close_soon(connection)
            return
        line_bps = backlog.line_bps(now)
        verdict = backlog.review(now)
        if verdict is not None:
            self.worker.hold_pictures(connection.address, verdict, line_bps, now)
        if backlog.next_chunk() is None and not backlog.is_held:
            del self._behind[connection]

    def _sweep(self, now: float) -> None:
        for address in self.door.expired(now):
            self._refuse(self.connections[address], "no STUN over TCP in time", now)
        for connection in list(self.connections.values()):
            if connection.deframer.is_unfinished and now - connection.complete_at > UNFINISHED_S:
                self._refuse(connection, "unfinished TCP frame", now)
            elif connection.is_proven and (now - connection.heard_at > IDLE_S or not self.worker.knows(connection.address)):
                self._close(connection)

    # -- connections go -----------------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, reason: str, now: float, *, at_door: bool = True) -> None:
        """End a connection for what it did."""
        self.worker.stats.tcp_refused += 1
        self.worker.refuse(reason, now)
        self._close(connection, at_door=at_door)

    def _bury(self) -> None:
        while self._doomed:
            self._close(self._doomed.pop())

    def _close(self, connection: Connection, *, at_door: bool = True) -> None:
        """Forget it everywhere; twice is silent."""
        if self.connections.pop(connection.address, None) is None:
            return
        connection.is_open = False
        if at_door:
            self.door.leave(connection.address)
        self._behind.pop(connection, None)
        self._outbox.streams.pop(connection.address, None)
        descriptor = connection.sock.fileno()
        self._loop.remove_reader(descriptor)
        self._loop.remove_writer(descriptor)
        connection.sock.close()
        self.worker.lose_address(connection.address)


def open_listener(ip: str, port: int) -> socket.socket:
    """A non-blocking TCP listener. Raises OSError."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        # A worker that was killed is back within a second: its old connections must not keep the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((ip, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _capacity() -> int:
    """How many connections we may hold: descriptors are raised to what the system allows us, some are left for others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CAPACITY + SPARE_DESCRIPTORS
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(16, min(CAPACITY, soft - SPARE_DESCRIPTORS))
