"""A process that has imported everything of ours and forks the parts of `classroom serve` from itself, in milliseconds.

Importing takes a part one to three seconds, and far more on a busy machine: so long would a class stand still after a crash.
Forked parts share the memory of what was imported. The nursery does nothing else: it runs no thread, opens no file, and holds
nothing of what it forks. It forks twice, so that a part belongs to the supervising parent like one it had started itself, and
goes on whatever happens to the nursery. Whoever can't be forked is started the slow way.

Price: parts forked from one nursery share the layout of their memory; SIGUSR1 makes a new nursery first.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MODULES: Final = (
    "uvicorn.protocols.http.httptools_impl",
    "signaling.ws_protocol",
    "web.http_protocol",
    "web.wiring",
    "web.film_jobs",
    "web.logs",
    "web.serving",
    "web.standby",
    "web.tls",
    "media.server",
    "recording.capture",
)
"""What web, jobs and media workers import when they start; none of it opens anything or starts a thread."""
READY: Final = b"ready"
READY_WITHIN_S: Final = 60.0
BORN_WITHIN_S: Final = 3.0
AGAIN_AFTER_S: Final = 5.0
MAX_ORDER_BYTES: Final = 128 * 1024
MAX_DESCRIPTORS: Final = 64
SET_CHILD_SUBREAPER: Final = 36
ROOM_FOR_NAMES: Final = " " * 400
"""The last argument of the nursery: a forked part writes its own command line over all of them."""


class CannotFork(Exception):
    """Start it the slow way."""


class Forked:
    """A child born in the nursery; to us like a process of `asyncio`."""

    def __init__(self, pid: int, stdin: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._stdin = stdin
        self._handle = os.pidfd_open(pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._handle, self._reap)

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        signal.pidfd_send_signal(self._handle, number)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        os.close(self._handle)
        os.close(self._stdin)
        self._ended.set()


@dataclass(frozen=True, slots=True)
class Running:
    """One nursery process, ready to fork."""

    process: asyncio.subprocess.Process
    control: socket.socket

    async def end(self) -> None:
        """What it forked goes on. Twice is silent."""
        self.control.close()
        self.kill()
        await self.process.wait()

    def kill(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()


class Nursery:
    """The supervising parent's end."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv
        self._running: Running | None = None
        self._opening = 0
        self._turn = asyncio.Lock()
        """One order at a time: answers carry no number."""
        self._tried = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Raises CannotFork where the system lacks what it takes."""
        if not hasattr(os, "pidfd_open") or ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise CannotFork("no pidfd or no subreaper")
        self._keeping = asyncio.create_task(self._keep(), name="keep nursery")

    async def stop(self) -> None:
        """What it forked goes on. Twice is silent."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._running is not None:
            await self._running.end()

    @property
    def pids(self) -> set[int]:
        return {self._running.process.pid} if self._running is not None else set()

    @property
    def is_busy(self) -> bool:
        """Some process of ours has just been started and is not known by its id."""
        return self._turn.locked() or self._opening > 0

    async def renew(self) -> bool:
        """A new one in place of the old, for a new release; False when it doesn't come up, and the old one stays."""
        fresh = await self._open()
        if fresh is None:
            return False
        async with self._turn:
            old, self._running = self._running, fresh
        if old is not None:
            await old.end()
        return True

    async def fork(self, arguments: Sequence[str], argv: Sequence[str], environment: dict[str, str], keep: list[int]) -> Forked:
        """`classroom <arguments>` as a child of ours. Raises CannotFork.

        argv: what its command line shows. keep: descriptors it has under the same numbers.
        """
        await self._tried.wait()
        async with self._turn:
            nursery = self._running
            if nursery is None:
                raise CannotFork("the nursery is away")
            reading, writing = os.pipe()
            try:
                order = json.dumps({"arguments": [*arguments], "argv": [*argv], "environment": environment, "keep": [0, *keep]})
                socket.send_fds(nursery.control, [order.encode()], [reading, *keep])
                pid = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(nursery.control, 32), BORN_WITHIN_S)
                return Forked(int(pid), writing)
            except BaseException as wrong:
                os.close(writing)  # which ends what may have been born
                nursery.kill()  # what it would answer later belongs to no question
                if isinstance(wrong, OSError | ValueError | TimeoutError):
                    raise CannotFork(type(wrong).__name__) from wrong
                raise
            finally:
                os.close(reading)

    async def _keep(self) -> None:
        while True:
            self._running = await self._open()
            self._tried.set()
            while (running := self._running) is not None:
                await running.process.wait()
                async with self._turn:  # `renew` may have put another in its place
                    if self._running is running:
                        running.control.close()
                        self._running = None
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _open(self) -> Running | None:
        """Start one and wait until it has imported everything."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._opening += 1
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *self._argv, str(theirs.fileno()), ROOM_FOR_NAMES, pass_fds=[theirs.fileno()], start_new_session=True
                )
            running = Running(process, ours)
            try:
                said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ours, len(READY)), READY_WITHIN_S)
            except (OSError, TimeoutError):
                said = b""
            except BaseException:  # we are stopping
                running.kill()
                raise
            if said == READY:
                return running
            await running.end()
            return None
        finally:
            self._opening -= 1


# -- in the nursery and in what it forks ---------------------------------------------------------------------------------


def wait_to_be_forked(number: int) -> list[str] | None:
    """Fork whatever is ordered. Returns in each forked process, with the arguments it is to run; None: the parent is gone."""
    for module in MODULES:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a collection in a forked process would touch, and so copy, every page
    control = socket.socket(fileno=number)
    control.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_ORDER_BYTES, MAX_DESCRIPTORS)
        if not message:
            return None
        order = json.loads(message)
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid != 0:
                os.write(writing, str(pid).encode())
                os._exit(0)
            os.close(reading)
            os.close(writing)
            control.close()
            become(order["argv"], order["environment"], descriptors, order["keep"])
            arguments: list[str] = order["arguments"]
            return arguments
        os.close(writing)
        for descriptor in descriptors:
            os.close(descriptor)
        os.waitpid(between, 0)  # from here on the forked process is the parent's child
        control.send(os.read(reading, 32) or b"0")
        os.close(reading)


def become(argv: list[str], environment: dict[str, str], descriptors: list[int], numbers: list[int]) -> None:
    """Be a process of its own: session, environment, descriptors under their numbers, command line."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 512) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, wanted in zip(aside, numbers, strict=True):
        os.dup2(descriptor, wanted)
        os.close(descriptor)
    show(argv)


def show(argv: list[str]) -> None:
    """What a process list shows of us: written over the arguments we were started with."""
    with open("/proc/self/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # proc(5): 48 and 49, counted from the state, which is 3
    text = b"\0".join(os.fsencode(argument) for argument in argv)[: end - start - 1]
    if 0 < start < end:
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)
