"""Starts, watches and restarts the processes of `classroom serve`.

One thin parent; children: `web` (pages and signalling), one media worker per core given, and the film jobs. The parent keeps
the listening sockets, so that while a child is being replaced, connections wait in the queue instead of being refused, and
nobody else can take the port. Children are forked by a process that has imported everything (`nursery.py`). A child whose loop
stands still for 5 s (`heartbeat.py`) is ended. A child that ends is back after 0.1 s; one that keeps ending soon after its start
waits longer each time, up to 5 s. A child learns of the parent's death by the end of its standard input and stops by itself.

SIGUSR1 restarts everything while classes go on, for a new release say. First the nursery, then media workers, one after another:
a replacement starts on the spare port and is awaited, then the old one is told to leave; signalling moves its rooms
(`signaling/move.py`), it ends, and its port is the next spare. Then jobs and pages, which people do not notice for longer than a
second or two. (Not SIGHUP: that is also what a terminal says when it is closed.)

Exit status 3 of a child means *it said in one sentence why it can't start*: at the first start that ends everything, because
a person is looking; later it is retried like any other failure.

Beside another that serves the same database (`owner.py`), the pages and the jobs do not run: `standby` answers in their place
until it is over with the other (`take_over`).
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from web.heartbeat import VARIABLE, Pulse
from web.nursery import CannotFork, Forked, Nursery
from web.settings import Settings, SettingsWrong

CANNOT_START = 3
FROM_THE_START = 64
"""Not a status anybody sees: everything has ended, and begins anew (`serving.serve`)."""
SET_PARENT_DEATH_SIGNAL = 1
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
STABLE_AFTER_S = 10.0
STOP_WITHIN_S = 8.0
HUNG_AFTER_S = 5.0
LOOK_EVERY_S = 0.5
REPLACED_WITHIN_S = 30.0
"""From a replacement's start to its first heartbeat."""
LEAVE_WITHIN_S = 130.0
"""A media worker gives up waiting for its rooms to be moved before (`media/server.py`)."""


def command(*arguments: str) -> list[str]:
    """How to run a part of ourselves, visible in a process list as `classroom <part>`."""
    script = Path(sys.executable).with_name("classroom")
    return [sys.executable, str(script), *arguments] if script.exists() else [sys.executable, "-m", "web.cli", *arguments]


def listen(host: str, port: int, what: str, *, later: bool = False) -> socket.socket:
    """A listening TCP socket that children inherit; `later`: only its address is taken. Raises SettingsWrong."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        if not later:
            listener.listen(2048)
    except OSError as wrong:
        listener.close()
        raise SettingsWrong(f"{what}: {host}:{port} cannot be used ({os.strerror(wrong.errno or 0)}).") from None
    listener.set_inheritable(True)
    return listener


class Handed(Protocol):
    """What a child inherits: a socket, a locked file."""

    def fileno(self) -> int: ...


@dataclass(slots=True)
class Child:
    """One process that must always run."""

    name: str
    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    sockets: Sequence[Handed] = ()
    nice: int = 0
    beats: bool = False
    """Its loop tells that it turns."""
    arguments: Sequence[str] = ()
    """What `classroom` is to run, if `argv` runs it: the nursery can fork that."""
    process: asyncio.subprocess.Process | Forked | None = None
    started_at: float = 0.0
    starts: int = 0
    pulse: Pulse | None = None

    async def start(self, nursery: Nursery | None = None) -> None:
        environment = os.environ | self.environment | {"CLASSROOM_INTERNAL_SUPERVISED": "1"}
        descriptors = [listener.fileno() for listener in self.sockets]
        if self.pulse is not None:
            self.pulse.close()
        self.pulse = pulse = Pulse() if self.beats else None
        if pulse is not None:
            environment[VARIABLE] = str(pulse.writing)
            descriptors.append(pulse.writing)
        try:
            self.process = await self._forked(nursery, environment, descriptors) or await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.PIPE,
                env=environment,
                pass_fds=descriptors,
                # A Ctrl-C in the terminal reaches the parent alone; it stops the children in order.
                start_new_session=True,
            )
        finally:
            if pulse is not None:
                pulse.handed_over()
        self.started_at = time.monotonic()
        self.starts += 1
        if self.nice:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process.pid, self.nice)

    async def _forked(self, nursery: Nursery | None, environment: dict[str, str], descriptors: list[int]) -> Forked | None:
        if nursery is None or not self.arguments:
            return None
        try:
            return await nursery.fork(self.arguments, self.argv, environment, descriptors)
        except CannotFork as reason:
            say(f"{self.name} is started from scratch: {reason}")
            return None

    def end_if_hung(self, now: float) -> bool:
        """Kill it when its loop stands still; True when that was so."""
        if self.process is None or self.process.returncode is not None or self.pulse is None:
            return False
        if self.pulse.silent_s(now) < HUNG_AFTER_S:
            return False
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.pulse.close()
        self.pulse = None
        return True

    async def stop(self, within_s: float | None = None) -> None:
        """Ask, wait, insist."""
        process = self.process
        if self.pulse is not None:
            self.pulse.close()
            self.pulse = None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), within_s or STOP_WITHIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Supervisor:
    """Keeps `children` running until `stop()`; `run()` returns the exit status of the whole.

    media: what makes the media workers among them, so that they can be replaced one by one.
    nursery: what forks children; without it, or when it fails, they are started from scratch.
    """

    def __init__(self, children: Sequence[Child], media: "MediaPlaces | None" = None, nursery: Nursery | None = None) -> None:
        self.children = list(children)
        self._media = media
        self._nursery = nursery
        self._starting = 0
        """Children whose process id we do not know yet."""
        self._stopping = asyncio.Event()
        self._status = 0
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._took_over = False

    def stop(self, status: int = 0) -> None:
        self._status = self._status or status
        self._stopping.set()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGUSR1, self.renew)
        if self._nursery is not None:
            try:
                self._nursery.start()
            except CannotFork as reason:
                say(f"no nursery: {reason}")
                self._nursery = None
        for child in self.children:
            self._watch(child)
        looking = asyncio.create_task(self._look())
        await self._stopping.wait()
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        watchers = [*self._watchers.values(), looking]
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        # The first child, the pages, tells people that the class comes back; then media says goodbye to every browser.
        await self.children[0].stop()
        await asyncio.gather(*(child.stop() for child in self.children[1:]))
        if self._nursery is not None:
            await self._nursery.stop()
        return self._status

    async def take_over(self, instead_of: Child, pages: Child, *others: Child) -> None:
        """From now on `pages` and `others` run, and `instead_of` does not."""
        await self._unwatch(instead_of)
        if not self._stopping.is_set():
            self._took_over = True
            self.children = [pages, *self.children, *others]
            for child in (pages, *others):
                self._watch(child)
        await instead_of.stop()

    def renew(self) -> None:
        """Restart every child while classes go on; while that is under way, again is nothing."""
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        say("restarting one by one")
        if self._nursery is not None and not await self._nursery.renew():
            say("a new nursery did not start; everything stays as it is")
            return
        old = [child for child in self.children if self._media is not None and self._media.has(child)]
        for child in old:
            if not await self._replace(child):
                say("a replacement did not start; everything stays as it is")
                return
        for child in reversed([child for child in self.children if self._media is None or not self._media.has(child)]):
            await child.stop()  # the pages last; each is started again by who watches it
        say("restarted")

    async def _replace(self, old: Child) -> bool:
        """One media worker by a fresh one on the spare place; False when that does not come up, and the old one stays."""
        assert self._media is not None, "only media workers are replaced"
        fresh = self._media.spare()
        self.children.append(fresh)
        self._watch(fresh)
        if not await self._beats(fresh):
            await self._unwatch(fresh)
            await fresh.stop()
            self._media.give_back(fresh)
            return False
        await self._unwatch(old)
        await old.stop(LEAVE_WITHIN_S)
        self._media.give_back(old)
        return True

    async def _beats(self, child: Child) -> bool:
        deadline = time.monotonic() + REPLACED_WITHIN_S
        while time.monotonic() < deadline and child.starts < 3:
            await asyncio.sleep(0.1)
            if child.pulse is not None and child.pulse.has_beaten(time.monotonic()):
                return True
        return False

    def _watch(self, child: Child) -> None:
        self._watchers[child.name] = asyncio.create_task(self._keep(child), name=f"keep {child.name}")

    async def _unwatch(self, child: Child) -> None:
        """It is not started again when it ends."""
        watcher = self._watchers.pop(child.name)
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        self.children.remove(child)

    async def _look(self) -> None:
        """End children that hang. If we ourselves did not run for a while, neither did they."""
        looked_at = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._reap_orphans()
            now = time.monotonic()
            slept, looked_at = now - looked_at > 3 * LOOK_EVERY_S, now
            for child in list(self.children):
                if slept and child.pulse is not None:
                    child.pulse.forgive(now)
                elif child.end_if_hung(now):
                    say(f"{child.name} does not move; ending it")

    def _reap_orphans(self) -> None:
        """What a child of ours left behind came to us (`Nursery.start`): when it ends, somebody must take note."""
        ours = {child.process.pid for child in self.children if child.process is not None}
        while self._nursery is not None and not self._starting and not self._nursery.is_busy:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in ours | self._nursery.pids:
                return  # the latter: by who started it, in a moment
            os.waitpid(ended.si_pid, 0)

    async def _keep(self, child: Child) -> None:
        delay_s = FIRST_DELAY_S
        while True:
            self._starting += 1
            try:
                await child.start(self._nursery)
            finally:
                self._starting -= 1
            assert child.process is not None
            status = await child.process.wait()
            if status == CANNOT_START and child.starts == 1 and self._renewing is None:
                # After a night as standby nobody is looking: whoever else waits shall have a try, then we again.
                self.stop(FROM_THE_START if self._took_over else CANNOT_START)
                return
            if time.monotonic() - child.started_at > STABLE_AFTER_S:
                delay_s = FIRST_DELAY_S
            say(f"{child.name} ended ({describe(status)}); starting it again in {delay_s:.1f} s")
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, LONGEST_DELAY_S)


def describe(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def say(sentence: str) -> None:
    print(f"classroom: {sentence}", file=sys.stderr, flush=True)


class MediaPlaces:
    """The media workers of one machine: each has a control address and a media port, and one place more is spare."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._environment = environment
        self._free: list[tuple[int, int]] = []
        self._taken: dict[str, tuple[int, int]] = {}
        """Name of the child → its control port and media port."""
        self._made = 0
        self._listeners: dict[int, socket.socket] = {}
        for number in range(settings.media_workers + 1):
            control = listen("127.0.0.1", 0, "media control", later=True)
            port: int = control.getsockname()[1]
            self._listeners[port] = control
            self._free.append((port, settings.media_port + number))

    @property
    def addresses(self) -> str:
        """Where signalling finds them, the spare place among them."""
        return ",".join(f"127.0.0.1:{port}" for port in self._listeners)

    def has(self, child: Child) -> bool:
        return child.name in self._taken

    def spare(self) -> Child:
        """A worker, not yet started, on the first free place."""
        control, port = self._free.pop(0)
        name = f"media-worker {self._made}"
        self._made += 1
        self._taken[name] = (control, port)
        listener = self._listeners[control]
        listener.listen(2048)  # signalling's call waits in the queue until the worker answers
        arguments = ("media-worker", "--media-port", str(port), "--control-fd", str(listener.fileno()))
        return part(name, *arguments, environment=self._environment, sockets=[listener], nice=-5, beats=True)

    def give_back(self, child: Child) -> None:
        """It has ended: its place is the spare one. Nobody listens there, or signalling would wait for an answer."""
        control, port = self._taken.pop(child.name)
        self._listeners[control].close()
        self._listeners[control] = listen("127.0.0.1", control, "media control", later=True)
        self._free.append((control, port))

    def close(self) -> None:
        """All of them have ended. Twice is silent."""
        for listener in self._listeners.values():
            listener.close()


def part(name: str, *arguments: str, environment: dict[str, str], **more: Any) -> Child:
    """`classroom <arguments>` as a child, forked if possible."""
    return Child(name, command(*arguments), environment, arguments=arguments, **more)


@dataclass(frozen=True, slots=True)
class Plan:
    """The processes of one machine, none of them started, and the sockets they share."""

    pages: socket.socket
    places: MediaPlaces
    web: Child
    media: list[Child]
    jobs: Child
    standby: Child
    """Answers in place of `web` while another machine serves the database."""

    @property
    def port(self) -> int:
        """Of the pages."""
        port: int = self.pages.getsockname()[1]
        return port

    def close(self) -> None:
        """Give the addresses back; everything has ended."""
        self.pages.close()
        self.places.close()


def plan(settings: Settings, name: str = "", lock: Handed | None = None) -> Plan:
    """Opens the sockets. Raises SettingsWrong.

    name: of this owner of the database, where there may be several. lock: what those that write hold besides us.
    """
    pages = listen(settings.host, settings.port, "CLASSROOM_PORT")
    port: int = pages.getsockname()[1]
    environment = settings.environment() | {"CLASSROOM_PORT": str(port)}
    try:
        places = MediaPlaces(settings, environment)
    except BaseException:
        pages.close()
        raise
    rooms = {"CLASSROOM_INTERNAL_WORKERS": places.addresses, "CLASSROOM_INTERNAL_SPARES": "1", "CLASSROOM_INTERNAL_OWNER": name}
    fd = str(pages.fileno())
    locks = [lock] if lock is not None else []
    return Plan(
        pages,
        places,
        web=part("web", "web", "--fd", fd, environment=environment | rooms, sockets=[pages, *locks], beats=True),
        media=[places.spare() for _ in range(settings.media_workers)],
        jobs=part("jobs", "jobs", environment=environment, nice=10, sockets=locks),
        standby=part("standby", "standby", "--fd", fd, environment=environment, sockets=[pages], beats=True),
    )


def stop_with_parent() -> None:
    """In a child: end when the parent is gone. The parent holds the other end of our standard input."""
    if os.environ.get("CLASSROOM_INTERNAL_SUPERVISED") != "1":
        return
    import threading

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_with(parent: int) -> None:
    """In a child of a part, at its start: be killed when the process `parent` is gone. (Pools wait for ever for an order.)"""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        os._exit(1)
