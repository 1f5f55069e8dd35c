"""The running worker: packets from its sockets to rooms and out again, in one loop with a timer; commands between them."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable

import structlog

from media.clock import WorkerClock
from media.control import (
    AnswerPeer,
    ClosePeer,
    CloseRoom,
    Command,
    Depart,
    Done,
    FollowRoom,
    Hello,
    Leaving,
    MutePeer,
    OpenPeer,
    PreferLayer,
    Reply,
    StartCapture,
    StopCapture,
    TakeSnapshot,
    TakeStats,
)
from media.control_channel import ControlChannel
from media.errors import PortTaken
from media.kernel import Receiver
from media.link_sockets import LinkSockets, machine
from media.listening import Settings, default_ips, open_sockets
from media.outbox import Outbox, Port
from media.recorders import Recorders
from media.stats import Stats
from media.subscription import SinkFactory
from media.tcp import TcpSide
from media.worker import Worker

log = structlog.get_logger("media")

EXIT_PORT_TAKEN = 3
TICK_S = 0.02
READ_ROUNDS, READ_S = 8, 0.004
"""At most 8 × 64 datagrams, or a little longer than this, before timers run again."""
SHAKE_S = 0.002
"""Fifty people may enter at once: after so long with their handshakes it is the packets' turn."""
ALIVE_EVERY_S = 0.5
LOOK_EVERY_S = 0.05
LEAVE_S = 120.0
"""A worker that was told to end waits so long for its rooms to be moved."""


class Relay:
    """The running worker process."""

    def __init__(self, settings: Settings, sink_factory: SinkFactory | None) -> None:
        self.ips = settings.ips or default_ips()
        self.sockets, listeners = open_sockets(self.ips, settings.port)
        self.port: int = self.sockets[0].getsockname()[1]
        self._outbox = Outbox([Port(sock) for sock in self.sockets], Stats())
        now = time.monotonic()
        addresses = [(ip, self.port) for ip in self.ips]
        self.worker = Worker(addresses, self._outbox, self._outbox.stats, WorkerClock(time.time(), now))
        self._links = LinkSockets(settings.secret, self.worker.siblings, self.worker.stats, self._after_packets)
        self._machine = machine()
        self._receivers = [Receiver(sock) for sock in self.sockets]
        self.tcp = TcpSide(listeners, self.worker, self._outbox, self._after_packets)
        self.control = ControlChannel(settings.secret, self._obey, self._stop, self._send_all)
        self._recorders = Recorders(self.worker, sink_factory, self.control.publish)
        self._is_shaking = False
        self._leaving = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._tick_timer: asyncio.TimerHandle | None = None
        self._tick_due = 0.0
        self._loop = asyncio.get_running_loop()

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
            self.control.publish(Leaving())

    async def close(self) -> None:
        """Say goodbye to peers, flush captures, free the ports."""
        captures = self.worker.commands.close(time.monotonic())
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
            await self._recorders.finish(capture, interrupted=True)
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
                self.control.publish(event)
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

    def _obey(self, command: Command) -> Reply:
        now = time.monotonic()
        commands = self.worker.commands
        match command:
            case Hello() | Depart():
                return Done(request=command.request)
            case OpenPeer():
                return commands.open_peer(command, now)
            case AnswerPeer():
                return commands.answer_peer(command, now)
            case ClosePeer():
                return commands.close_peer(command, now)
            case MutePeer():
                return commands.mute_peer(command, now)
            case PreferLayer():
                return commands.prefer_layer(command, now)
            case StartCapture():
                return self._recorders.start(command)
            case FollowRoom():
                reply = commands.follow_room(command, now)
                self._links.aim()
                return reply
            case TakeSnapshot():
                own = {"link": self._links.name, "machine": self._machine, "leaving": self._leaving}
                return commands.snapshot(command.request).model_copy(update=own)
            case TakeStats():
                taken = commands.take_stats(command.request)
                taken.gauges["classroom_media_cpu_seconds_total"] = time.process_time()
                return taken
            case StopCapture() | CloseRoom():
                raise AssertionError("these are carried out in _stop")

    async def _stop(self, command: StopCapture | CloseRoom) -> None:
        commands, now = self.worker.commands, time.monotonic()
        if isinstance(command, StopCapture):
            capture = commands.stop_capture(command.room, command.capture, now)
            captures = [capture] if capture is not None else []
        else:
            captures = commands.close_room(command, now)
        self._send_all()
        for each in captures:
            await self._recorders.finish(each, interrupted=isinstance(command, StopCapture) and command.interrupted)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, control_socket: socket.socket, sink_factory: SinkFactory | None = None
) -> AsyncIterator[Relay]:
    """A worker for as long as the block lasts."""
    relay = Relay(settings, sink_factory)
    relay.start()
    control = await relay.control.serve(control_socket)
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
        while not stop.is_set() and relay.control.is_needed and loop.time() < leave_by:
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
