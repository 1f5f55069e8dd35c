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
import os
import signal
import time
from collections.abc import Sequence

from web.child import CANNOT_START, Child, say
from web.nursery import CannotFork, Nursery
from web.plan import MediaPlaces

FROM_THE_START = 64
"""Not a status anybody sees: everything has ended, and begins anew (`serving.serve`)."""
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
STABLE_AFTER_S = 10.0
LOOK_EVERY_S = 0.5
REPLACED_WITHIN_S = 30.0
"""From a replacement's start to its first heartbeat."""
LEAVE_WITHIN_S = 130.0
"""A media worker gives up waiting for its rooms to be moved before (`media/server.py`)."""


class Supervisor:
    """Keeps `children` running until `stop()`; `run()` returns the exit status of the whole.

    media: what makes the media workers among them, so that they can be replaced one by one.
    nursery: what forks children; without it, or when it fails, they are started from scratch.
    """

    def __init__(self, children: Sequence[Child], media: MediaPlaces | None = None, nursery: Nursery | None = None) -> None:
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
