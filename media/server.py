"""The sockets, the timer, the loop, and the control channel: the only file here that awaits anything."""

import asyncio
import contextlib
import errno
import gc
import hmac
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.exceptions import ConnectionClosed

from media.capture import Capture
from media.clock import WorkerClock
from media.control import (
    COMMAND,
    VERSION,
    AnswerPeer,
    CaptureTrouble,
    ClosePeer,
    CloseRoom,
    Command,
    Depart,
    Done,
    Failed,
    FollowRoom,
    Hello,
    Leaving,
    Model,
    MutePeer,
    OpenPeer,
    PreferLayer,
    Reply,
    StartCapture,
    StopCapture,
    TakeSnapshot,
    TakeStats,
)
from media.errors import PortTaken, Refused
from media.kernel import Receiver
from media.link_sockets import LinkSockets, machine
from media.outbox import Outbox, Port
from media.stats import Stats
from media.subscription import Sink, SinkFactory
from media.tcp import TcpSide, open_listener
from media.worker import Worker

log = structlog.get_logger("media")

EXIT_PORT_TAKEN = 3
TICK_S = 0.02
SOCKET_BUFFER_BYTES = 4 << 20
READ_ROUNDS, READ_S = 8, 0.004
"""At most 8 × 64 datagrams, or a little longer than this, before timers run again."""
SHAKE_S = 0.002
"""Fifty people may enter at once: after so long with their handshakes it is the packets' turn."""
MAX_FRAME_BYTES = 256 * 1024
HELLO_S = 5.0
ALIVE_EVERY_S = 0.5
LOOK_EVERY_S = 0.05
LEAVE_S = 120.0
"""A worker that was told to end waits so long for its rooms to be moved."""
MAX_UNSENT_EVENTS = 10_000
CLOSE_BAD_SECRET = 4401


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a worker listens."""

    port: int
    """UDP and TCP port on every address; 0: the kernel chooses (tests)."""
    secret: str
    """What `Hello` must carry."""
    ips: tuple[str, ...] = ()
    """Addresses offered to browsers; empty: loopback and the machine's primary address."""


def default_ips() -> tuple[str, ...]:
    """Loopback, and the address the machine would reach the world from. (Firefox never tries 127.0.0.1 [sfu-facts §1].)"""
    ips = ["127.0.0.1"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # TEST-NET: nothing is sent by connecting
        primary = probe.getsockname()[0]
        if primary not in (*ips, "0.0.0.0"):
            ips.append(primary)
    return tuple(ips)


def open_sockets(ips: tuple[str, ...], port: int) -> tuple[list[socket.socket], list[socket.socket]]:
    """One UDP socket and one TCP listener per address, all on one port number.

    Raises PortTaken; an address the machine lacks is an OSError.
    """
    for _ in range(20):
        datagrams: list[socket.socket] = []
        listeners: list[socket.socket] = []
        chosen, protocol = port, "UDP"
        try:
            for ip in ips:
                sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
                datagrams.append(sock)
                for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                    sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
                sock.bind((ip, chosen))
                chosen = sock.getsockname()[1]
            protocol = "TCP"
            for ip in ips:
                listeners.append(open_listener(ip, chosen))
            return datagrams, listeners
        except OSError as wrong:
            for sock in (*datagrams, *listeners):
                sock.close()
            if wrong.errno != errno.EADDRINUSE:
                raise
            if port != 0:
                raise PortTaken(
                    f"{protocol} port {port} on {ip} is taken by another process; choose another with --media-port."
                ) from wrong
    raise PortTaken("No port is free for UDP and TCP on all addresses.")


class Relay:
    """The running worker process."""

    def __init__(self, settings: Settings, sink_factory: SinkFactory | None) -> None:
        self.ips = settings.ips or default_ips()
        self.sockets, listeners = open_sockets(self.ips, settings.port)
        self.port: int = self.sockets[0].getsockname()[1]
        self._secret = settings.secret
        self._sink_factory = sink_factory
        self._outbox = Outbox([Port(sock) for sock in self.sockets], Stats())
        now = time.monotonic()
        addresses = [(ip, self.port) for ip in self.ips]
        self.worker = Worker(addresses, self._outbox, self._outbox.stats, WorkerClock(time.time(), now))
        self._links = LinkSockets(settings.secret, self.worker.siblings, self.worker.stats, self._after_packets)
        self._machine = machine()
        self._receivers = [Receiver(sock) for sock in self.sockets]
        self.tcp = TcpSide(listeners, self.worker, self._outbox, self._after_packets)
        self._signallings: dict[ServerConnection, asyncio.Queue[str]] = {}
        self._is_shaking = False
        self._leaving = False
        self._departed: set[ServerConnection] = set()
        """Signallings that want nothing more of us."""
        self._flush_timer: asyncio.TimerHandle | None = None
        self._tick_timer: asyncio.TimerHandle | None = None
        self._tick_due = 0.0
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def start(self) -> None:
        """Begin to read and to keep time."""
        for number, sock in enumerate(self.sockets):
            self._loop.add_reader(sock.fileno(), self._read, number)
        self.tcp.start()
        self._tick_due = self._loop.time() + TICK_S
        self._tick_timer = self._loop.call_at(self._tick_due, self._tick)

    def leave(self) -> None:
        """Tell signalling that this process was told to end: what it carries should be moved. Twice is silent."""
        if not self._leaving:
            self._leaving = True
            self._publish(Leaving())

    @property
    def is_needed(self) -> bool:
        """Somebody who could move our rooms has not said that it is done."""
        return bool(self._signallings.keys() - self._departed)

    async def close(self) -> None:
        """Say goodbye to peers, flush captures, free the ports."""
        captures = self.worker.close(time.monotonic())
        self._send_all()
        self.tcp.close()
        if self._tick_timer is not None:
            self._tick_timer.cancel()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        self._links.close()
        for sock in self.sockets:
            self._loop.remove_reader(sock.fileno())
        for capture in captures:
            await self._finish(capture, interrupted=True)
        for sock in self.sockets:
            sock.close()

    # -- packets ------------------------------------------------------------------------------------------------------

    def _read(self, number: int) -> None:
        worker, stats = self.worker, self.worker.stats
        receiver = self._receivers[number]
        ends_at = time.monotonic() + READ_S
        for _ in range(READ_ROUNDS):
            batch = receiver.receive()
            if not batch:
                break
            for datagram, source, arrival in batch:
                stats.datagrams_received += 1
                stats.bytes_received += len(datagram)
                worker.receive(datagram, (number, source), arrival)
            if len(batch) < 48 or time.monotonic() > ends_at:
                break
        self._after_packets()

    def _after_packets(self) -> None:
        """Send what a round of reading caused, now or when its frame is whole; handshakes get their turn."""
        self._send_all()
        self._plan_flush()
        if self.worker.has_flights and not self._is_shaking:
            self._is_shaking = True
            self._loop.call_soon(self._shake)

    def _shake(self) -> None:
        """Go on with handshakes for a moment, then let packets through."""
        ends_at = time.monotonic() + SHAKE_S
        while self.worker.has_flights and time.monotonic() < ends_at:
            self.worker.shake()
        self._is_shaking = False
        self._after_packets()

    def _send_all(self) -> None:
        outgoing = self.worker.outgoing
        if outgoing:
            for address, datagram in outgoing:
                self._outbox.send(address, datagram)
            outgoing.clear()
        self._links.flush()
        if self.worker.events:
            for event in self.worker.events:
                self._publish(event)
            self.worker.events.clear()

    def _plan_flush(self) -> None:
        if self._flush_timer is None:
            deadline = self.worker.flush_due(time.monotonic())
            if deadline is not None:
                self._flush_timer = self._loop.call_at(deadline + self._loop.time() - time.monotonic(), self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._plan_flush()

    def _tick(self) -> None:
        now = self._loop.time()
        load = self.worker.load
        load.tick(now - self._tick_due)
        if load.is_due(time.monotonic()):
            load.sample(time.process_time(), self.worker.stats.packets_sent, time.monotonic())
        self._tick_due = now + TICK_S
        self._tick_timer = self._loop.call_at(self._tick_due, self._tick)
        now = time.monotonic()
        self.worker.on_deadline(now)
        self.tcp.on_deadline(now)
        self._send_all()
        self._links.aim()

    # -- control ------------------------------------------------------------------------------------------------------

    async def serve_control(self, control_socket: socket.socket) -> Server:
        """Listen for signalling on a TCP socket that is bound already."""
        control_socket.setblocking(False)
        return await serve_websockets(
            self._converse, sock=control_socket, max_size=MAX_FRAME_BYTES, compression=None, ping_interval=10, ping_timeout=20
        )

    async def _converse(self, connection: ServerConnection) -> None:
        """One signalling connection: Hello with the secret, then commands; events of all rooms go to it meanwhile."""
        try:
            if not await self._greet(connection):
                return
        except (ConnectionClosed, TimeoutError):
            return
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._signallings[connection] = queue
        writer = asyncio.create_task(self._write(connection, queue))
        stopping: set[asyncio.Task[None]] = set()
        try:
            async for frame in connection:
                request = 0
                try:
                    command = COMMAND.validate_json(frame)
                    request = command.request
                    if isinstance(command, Depart):
                        self._departed.add(connection)
                    if isinstance(command, StopCapture | CloseRoom):
                        # Closing a Sink may block for a second: in a thread, while other commands go on.
                        task = asyncio.create_task(self._stop(command, queue))
                        stopping.add(task)
                        task.add_done_callback(stopping.discard)
                        continue
                    reply = self._obey(command)
                except ValidationError:
                    reply = Failed(request=_request_of(frame), code="bad-command", message="This is not a command.")
                except Refused as refused:
                    reply = Failed(request=request, code=refused.code, message=refused.message)
                except Exception:
                    log.exception("! command failed")
                    reply = Failed(request=request, code="bad-command", message="The worker could not carry this out.")
                # What the command caused goes out with it: events first, so that a snapshot after them is newer.
                self._send_all()
                queue.put_nowait(reply.model_dump_json())
                await asyncio.sleep(0)  # many may stand in line: packets go between them
        except ConnectionClosed:
            pass
        finally:
            del self._signallings[connection]
            self._departed.discard(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await writer

    async def _greet(self, connection: ServerConnection) -> bool:
        frame = await asyncio.wait_for(connection.recv(), HELLO_S)
        try:
            command = COMMAND.validate_json(frame)
        except ValidationError:
            command = None
        if not isinstance(command, Hello) or not hmac.compare_digest(command.secret.encode(), self._secret.encode()):
            failed = Failed(
                request=command.request if command else 0, code="bad-secret", message="Hello with the secret comes first."
            )
            await connection.send(failed.model_dump_json())
            await connection.close(CLOSE_BAD_SECRET, "bad secret")
            return False
        if command.version != VERSION:
            failed = Failed(request=command.request, code="bad-command", message=f"This worker speaks version {VERSION}.")
            await connection.send(failed.model_dump_json())
            await connection.close(CLOSE_BAD_SECRET, "bad version")
            return False
        await connection.send(Done(request=command.request).model_dump_json())
        return True

    async def _write(self, connection: ServerConnection, queue: asyncio.Queue[str]) -> None:
        while True:
            text = await queue.get()
            try:
                await connection.send(text)
            except ConnectionClosed:
                return

    def _publish(self, event: Model) -> None:
        text = event.model_dump_json()
        for connection, queue in list(self._signallings.items()):
            if queue.qsize() > MAX_UNSENT_EVENTS:
                # It does not read: let it come back and take a snapshot rather than fill our memory.
                connection.transport.abort()
                continue
            queue.put_nowait(text)

    def _obey(self, command: Command) -> Reply:
        now = time.monotonic()
        worker = self.worker
        match command:
            case Hello() | Depart():
                return Done(request=command.request)
            case OpenPeer():
                return worker.open_peer(command, now)
            case AnswerPeer():
                return worker.answer_peer(command, now)
            case ClosePeer():
                return worker.close_peer(command, now)
            case MutePeer():
                return worker.mute_peer(command, now)
            case PreferLayer():
                return worker.prefer_layer(command, now)
            case StartCapture():
                return self._start_capture(command)
            case FollowRoom():
                reply = worker.follow_room(command, now)
                self._links.aim()
                return reply
            case TakeSnapshot():
                own = {"link": self._links.name, "machine": self._machine, "leaving": self._leaving}
                return worker.snapshot(command.request).model_copy(update=own)
            case TakeStats():
                taken = worker.take_stats(command.request)
                taken.gauges["classroom_media_cpu_seconds_total"] = time.process_time()
                return taken
            case StopCapture() | CloseRoom():
                raise AssertionError("these are carried out in _stop")

    # -- captures -----------------------------------------------------------------------------------------------------

    def _start_capture(self, command: StartCapture) -> Reply:
        if self.worker.find_capture(command.room, command.capture) is not None:
            return Done(request=command.request)
        if self._sink_factory is None:
            raise Refused("disk", "This worker was started without a recorder.")
        capture = Capture(command.capture)

        def request_keyframe(track: int) -> None:
            self._in_loop(lambda: self._ask_keyframe(command, track))

        def report(trouble: CaptureTrouble) -> None:
            self._in_loop(lambda: self._publish(trouble))

        try:
            capture.sink = self._sink_factory(command.room, command.capture, command.directory, request_keyframe, report)
        except OSError as wrong:
            raise Refused("disk", f"The recording cannot be written: {wrong.strerror or wrong}.") from wrong
        self.worker.start_capture(command.room, capture)
        return Done(request=command.request)

    def _ask_keyframe(self, command: StartCapture, track: int) -> None:
        room = self.worker.rooms.get(command.room)
        if room is not None:
            room.request_keyframe(command.capture, track)

    async def _stop(self, command: StopCapture | CloseRoom, queue: asyncio.Queue[str]) -> None:
        if isinstance(command, StopCapture):
            capture = self.worker.stop_capture(command.room, command.capture, time.monotonic())
            captures = [capture] if capture is not None else []
        else:
            captures = self.worker.close_room(command, time.monotonic())
        self._send_all()
        for each in captures:
            await self._finish(each, interrupted=isinstance(command, StopCapture) and command.interrupted)
        queue.put_nowait(Done(request=command.request).model_dump_json())

    async def _finish(self, capture: Capture, *, interrupted: bool = False) -> None:
        now = time.monotonic()
        sink: Sink | None = capture.finish(now)
        if sink is not None:
            try:
                await asyncio.to_thread(sink.close, now, interrupted=interrupted)
            except Exception:
                log.exception("! capture did not close", capture=capture.id)

    def _in_loop(self, action: Callable[[], None]) -> None:
        """Run `action` in the packet loop, from whatever thread."""
        if threading.get_ident() == self._thread:
            action()
        else:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens any more
                self._loop.call_soon_threadsafe(action)


def _request_of(frame: str | bytes) -> int:
    """The request number of a frame that is no command, if it has one."""
    import json

    try:
        value = json.loads(frame)
    except ValueError:
        return 0
    request = value.get("request") if isinstance(value, dict) else None
    return request if isinstance(request, int) else 0


@contextlib.asynccontextmanager
async def running(
    settings: Settings, control_socket: socket.socket, sink_factory: SinkFactory | None = None
) -> AsyncIterator[Relay]:
    """A worker for as long as the block lasts."""
    relay = Relay(settings, sink_factory)
    relay.start()
    control = await relay.serve_control(control_socket)
    try:
        yield relay
    finally:
        await relay.close()
        control.close()
        await control.wait_closed()


async def _run(
    settings: Settings, control_socket: socket.socket, sink_factory: SinkFactory | None, alive: Callable[[], None] | None
) -> None:
    leave, stop = asyncio.Event(), asyncio.Event()

    def on_sigterm() -> None:
        """The first asks, the second insists."""
        if leave.is_set():
            stop.set()
        leave.set()

    def on_sigint() -> None:
        leave.set()
        stop.set()

    async def wait(event: asyncio.Event, seconds: float) -> None:
        if alive is not None:
            alive()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, on_sigterm)
    loop.add_signal_handler(signal.SIGINT, on_sigint)
    async with running(settings, control_socket, sink_factory) as relay:
        log.info("= listening", ips=list(relay.ips), port=relay.port)
        # Everything loaded so far lives for ever; collecting it again and again would pause the packets.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
        while not leave.is_set():
            await wait(leave, ALIVE_EVERY_S)
        log.info("= leaving", rooms=len(relay.worker.rooms))
        relay.leave()
        leave_by = loop.time() + LEAVE_S
        while not stop.is_set() and relay.is_needed and loop.time() < leave_by:
            await wait(stop, LOOK_EVERY_S)
        log.info("= stopping")


def serve(
    settings: Settings,
    control_socket: socket.socket,
    sink_factory: SinkFactory | None = None,
    alive: Callable[[], None] | None = None,
) -> int:
    """Run a worker until SIGINT, or SIGTERM and its rooms were moved; the exit status: 0, or 3 when the UDP port is taken.

    alive: called twice a second as long as the loop turns.
    """
    try:
        asyncio.run(_run(settings, control_socket, sink_factory, alive))
    except PortTaken as taken:
        print(taken, file=sys.stderr)
        return EXIT_PORT_TAKEN
    return 0
