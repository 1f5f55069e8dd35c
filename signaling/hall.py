"""All live rooms of this process and the media workers that carry them.

A room is opened by the first who asks for it and lives until its lesson is over. After a restart it comes back from the log; what
a worker still carries is taken over, so that nobody notices. A worker that goes takes its connections with it: its rooms are told
at once, and get the restarted worker, or another one after a moment. A room with more viewers than one worker's share has
branches on other workers (`directory.py`); when its home goes, a branch becomes the home at once.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final

import structlog

from media import control
from signaling.bus import Bus
from signaling.clock import SteadyClock
from signaling.directory import Directory
from signaling.errors import Refused
from signaling.host import RoomHost, Seat
from signaling.media_link import MediaLink
from signaling.ports import FactLog, Lessons, WorkerAddress
from signaling.restore import restore
from signaling.room import Room
from signaling.trace import where

START_S: Final = 3.0
"""How long the start waits for a media worker before rooms open without one."""
MOVE_AFTER_S: Final = 1.5
"""A worker is restarted in under a second; who is not back by then loses its rooms to another."""
OTHERS_S: Final = 1.0
"""How long after the first worker the start waits for the others: one that is down must not keep everybody out."""
ASK_S: Final = 1.0
ROOMS_AT_ONCE: Final = 4
"""Moving away from a worker that leaves."""
LINGER_S: Final = 5.0
"""What a worker of another machine took over is carried by the old one for so long: everybody connects there meanwhile."""
HEIR_S: Final = 5.0
"""A worker that leaves waits so long for another one to be there: its replacement may just be starting."""
LOAD_EVERY_S: Final = 2.0
MAX_OVER: Final = 10_000
CPU_SHARE: Final = "classroom_media_cpu_share"
LOOP_LAG: Final = "classroom_media_loop_lag_mean_seconds"
"""Of a worker's gauges (`Worker.take_stats`)."""

log = structlog.get_logger()


class Hall:
    def __init__(
        self,
        *,
        lessons: Lessons,
        facts: FactLog,
        bus: Bus,
        workers: Sequence[WorkerAddress],
        control_secret: str,
        capture_directory: Callable[[str], str],
        now: Callable[[], float] | None = None,
        viewers_per_worker: int = 400,
        spare_workers: int = 0,
    ) -> None:
        self.hosts: dict[str, RoomHost] = {}
        self._clock = SteadyClock()
        self.now: Callable[[], float] = now or self._clock
        self.links = {address.name: MediaLink(address, control_secret, self) for address in workers}
        self.directory = Directory(self.links, viewers_per_worker)
        self.expected = len(self.links) - spare_workers
        """Workers that are up when all is well: of the addresses, some may be kept for replacements."""
        self._lessons = lessons
        self._facts = facts
        self._bus = bus
        self._capture_directory = capture_directory
        self._opening: dict[str, asyncio.Task[RoomHost]] = {}
        self._over: dict[str, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._any_up = asyncio.Event()
        self._all_up = asyncio.Event()
        self._found: dict[str, dict[str, control.RoomState]] = {}
        """Lesson → worker → viewers it carries of a room whose home we have not met yet."""
        self._leaving_since: dict[str, float] = {}
        self._lingering: dict[str, set[str]] = {}
        """Worker that leaves → lessons it carries on for a moment although they are elsewhere."""
        self._stopped = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Dial the workers, then bring back every lesson that was running when this process ended."""
        for link in self.links.values():
            self._spawn(link.run(), f"media-link-{link.worker}")
        if self.links:
            # All of them if possible: a room carried by a worker we have not met yet must not be placed on another.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(START_S):
                    await self._any_up.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OTHERS_S):
                    await self._all_up.wait()
            self._spawn(self._watch_load(), "media-load")
        try:
            unfinished = await self._facts.unfinished()
        except Exception as failure:  # the store is not there yet: rooms come back one by one as people return
            log.error("! unfinished lessons not read", failure=where(failure))
            return
        for lesson in unfinished:
            await self._revive(lesson)

    async def stop(self) -> None:
        """Close the control channels; the workers go on, and nothing is published of it. Twice is silent."""
        self._stopped = True
        for host in self.hosts.values():
            host.stop()
        ending: list[asyncio.Task[Any]] = [*self._tasks, *self._opening.values()]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def on_tick(self, now: float) -> None:
        for host in list(self.hosts.values()):
            try:
                host.on_tick(now)
            except Exception as failure:  # one room's mistake must not stop the clock of the others
                log.error("! room failed", lesson=host.lesson, failure=where(failure))
        for worker in self.directory.leaving():
            try:
                self._empty(worker, now)
            except Exception as failure:
                log.error("! worker not emptied", worker=worker, failure=where(failure))

    # -- rooms ------------------------------------------------------------------------------------------------------

    async def open(self, lesson: str) -> RoomHost:
        """The live room of a lesson, built from its log on first use. Raises Refused."""
        host = self.hosts.get(lesson)
        if host is None and lesson not in self._over:
            task = self._opening.get(lesson)
            if task is None:
                task = self._opening[lesson] = asyncio.create_task(self._build(lesson), name="open-room")
                task.add_done_callback(lambda done: self._opened(lesson, done))
            host = await asyncio.shield(task)
        if host is None or host.room.state != "open":
            raise Refused("lesson-over")
        return host

    async def refresh(self, lesson: str) -> None:
        """The lesson was edited: its description is read again."""
        host = self.hosts.get(lesson)
        if host is not None:
            host.room.info = await self._lessons.describe(lesson)

    def weigh(self, host: RoomHost) -> None:
        """More or fewer people: what the next room's placement looks at."""
        self.directory.weigh(host.lesson, len(host.room.places))

    def _opened(self, lesson: str, task: "asyncio.Task[RoomHost]") -> None:
        self._opening.pop(lesson, None)
        if not task.cancelled() and (failure := task.exception()) is not None and not isinstance(failure, Refused):
            log.error("! room not opened", lesson=lesson, reason=type(failure).__name__)

    async def _build(self, lesson: str) -> RoomHost:
        if not self.hosts and not self._opening.keys() - {lesson}:
            self._clock.set_by_wall()
        info = await self._lessons.describe(lesson)
        history = await self._facts.facts(lesson)
        room = Room(info, new_id=lambda: str(uuid.uuid4()), capture_directory=self._capture_directory)
        restore(room, history, self.now())
        if room.state == "over":
            self._remember_over(lesson)
            raise Refused("lesson-over")
        host = RoomHost(room, self._bus, self.now, self._room_over, self._seat_viewer)
        self.hosts[lesson] = host
        await self._find_worker(host, known=bool(history))
        log.info("= room open", lesson=lesson, facts=len(history), media=room.media)
        return host

    async def _revive(self, lesson: str) -> None:
        """Open a room nobody asked for: it was live before, or a worker carries it."""
        try:
            await self.open(lesson)
        except Refused as refused:
            log.info("= room not revived", lesson=lesson, code=refused.code)
        except Exception as failure:
            log.error("! room not revived", lesson=lesson, failure=where(failure))

    def _room_over(self, lesson: str) -> None:
        """The last effect of a room that ended was carried out."""
        host = self.hosts.pop(lesson, None)
        if host is not None:
            host.stop()
            self._remember_over(lesson)
            self.directory.forget(lesson)
            self._found.pop(lesson, None)
            log.info("= room over", lesson=lesson)

    def _remember_over(self, lesson: str) -> None:
        self._over[lesson] = None
        if len(self._over) > MAX_OVER:
            del self._over[next(iter(self._over))]

    # -- workers (Listener of MediaLink) ----------------------------------------------------------------------------

    def worker_up(self, worker: str, snapshot: control.Snapshot) -> None:
        """Back, or new: give it the rooms it carries or shall carry, and take over what it already does."""
        self.directory.set_up(worker, True, snapshot.link, snapshot.machine)
        if snapshot.leaving:
            self.worker_leaves(worker)
        self._any_up.set()
        if len(self.directory.up()) >= self.expected:
            self._all_up.set()
        states = {str(state.room): state for state in snapshot.rooms if state.home is None}
        for lesson in states:
            owner = self.directory.owner(lesson)
            if lesson in self._over or (owner is not None and owner != worker and self.directory.is_up(owner)):
                self._close_room(worker, lesson)
                continue
            self.directory.assign(lesson, worker)
            if lesson not in self.hosts:
                self._spawn(self._adopt(lesson, worker), "adopt-room")
        for state in snapshot.rooms:
            if state.home is not None:
                self._find_branch(worker, state)
        for host in self._without_media():
            mine = self.directory.owner(host.lesson) in (None, worker)
            if mine and (host.lesson in states or host.lesson not in self._found):
                self._give(host, worker, states.get(host.lesson))
        self._move_later()

    def worker_down(self, worker: str) -> None:
        """Tell its rooms at once. One that is spread goes on at a branch; the others wait for the worker a moment."""
        self.directory.set_up(worker, False)
        self._leaving_since.pop(worker, None)
        self._lingering.pop(worker, None)
        if self._stopped:
            return
        for host in list(self.hosts.values()):
            host.end_move_without(worker)
        for lesson, found in list(self._found.items()):
            found.pop(worker, None)
            if not found:
                del self._found[lesson]
        for host in list(self.hosts.values()):
            if host.link is not None and host.link.worker == worker:
                successor = self.directory.successor({name: n for name, n in host.spread.counts().items() if name != worker})
                if successor is not None:
                    log.warning("= room goes on at a branch", lesson=host.lesson, worker=successor)
                    self.directory.assign(host.lesson, successor)
                    host.change_home(self.links[successor], self.directory.link_of(successor))
                else:
                    host.media_down()
            elif host.carries(worker):
                host.branch_down(worker)
        self._move_later()

    def worker_says(self, worker: str, event: control.Event) -> None:
        lesson = str(event.room)
        host = self.hosts.get(lesson)
        if host is not None and host.carries(worker):
            try:
                host.receive_event(worker, event)
                host.advance_move()
            except Exception as failure:  # one room's mistake must not end the channel of the others
                log.error("! room failed", lesson=lesson, event_type=event.type, failure=where(failure))

    def worker_leaves(self, worker: str) -> None:
        """It was told to end: its rooms go elsewhere, a few at a time (`_empty`), and then it may."""
        self.directory.set_leaving(worker)
        self._leaving_since.setdefault(worker, self.now())

    def _empty(self, worker: str, now: float) -> None:
        """Bring a worker that leaves nearer to its end; called at every tick."""
        if worker not in self._leaving_since:
            return
        here = [host for host in self.hosts.values() if host.carries(worker)]
        moving = sum(host.move is not None for host in here)
        is_alone = now - self._leaving_since[worker] > HEIR_S
        for host in here:
            if host.lesson in self._lingering.get(worker, ()):
                continue
            if host.move is not None:
                host.advance_move()
            elif host.link is not self.links[worker]:
                host.leave_branch(worker)
                is_alone = False
            elif (heir := self.directory.heir(worker, host.spread.counts())) is not None:
                is_alone = False
                if moving < ROOMS_AT_ONCE:
                    moving += 1
                    log.info("= room moves", lesson=host.lesson, worker=heir)
                    self._begin_move(host, heir)
            elif (refuge := self.directory.refuge()) is not None:
                self._lingering.setdefault(worker, set()).add(host.lesson)
                self._spawn(self._abandon(host, worker, refuge), "move-to-another-machine")
        still = any(host.carries(worker) for host in self.hosts.values()) or bool(self._lingering.get(worker))
        if not still or (is_alone and not moving and self.directory.refuge() is None):
            del self._leaving_since[worker]
            self.links[worker].request(control.Depart(request=0))

    def _begin_move(self, host: RoomHost, heir: str) -> None:
        assert host.link is not None, "it is carried"
        old_address, new_address = self.directory.link_of(host.link.worker), self.directory.link_of(heir)
        host.begin_move(self.links[heir], old_address, new_address, lambda worker: self.directory.assign(host.lesson, worker))

    async def _abandon(self, host: RoomHost, worker: str, refuge: str) -> None:
        """Nobody of its machine can take the room over: everybody connects to another; what stands lasts for a moment."""
        log.warning("= room moves to another machine", lesson=host.lesson, worker=refuge)
        if (stop := host.room.interrupt_capture()) is not None:
            await self.links[worker].request(stop)
        if host.link is self.links[worker] and host.room.state == "open":
            host.media_down()
            self._give(host, refuge, None)
            await asyncio.sleep(LINGER_S)
            self._close_room(worker, host.lesson)
        self._lingering.get(worker, set()).discard(host.lesson)

    def _find_branch(self, worker: str, state: control.RoomState) -> None:
        """A worker carries viewers of a room whose home is elsewhere."""
        lesson = str(state.room)
        if lesson in self._over:
            self._close_room(worker, lesson)
            return
        host = self.hosts.get(lesson)
        if host is not None and host.link is not None:
            self._attach(host, worker, state)
            return
        self._found.setdefault(lesson, {})[worker] = state
        if host is None:
            self._spawn(self._adopt(lesson, worker), "adopt-room")

    def _attach(self, host: RoomHost, worker: str, state: control.RoomState) -> None:
        home = host.link.worker if host.link is not None else None
        if home is None or home == worker:
            return
        link = self.links[worker]
        if state.home != self.directory.link_of(home):
            link.request(control.FollowRoom(request=0, room=state.room, home=self.directory.link_of(home)))
        host.branch_up(link, state)

    def _give(self, host: RoomHost, worker: str, state: control.RoomState | None) -> None:
        """From now on the room is at home at this worker; what others carry of it follows."""
        self.directory.assign(host.lesson, worker)
        host.media_up(self.links[worker], state)
        for other, found in self._found.pop(host.lesson, {}).items():
            self._attach(host, other, found)

    def _without_media(self) -> Iterator[RoomHost]:
        return (host for host in list(self.hosts.values()) if host.link is None)

    def _move_later(self) -> None:
        if len(self.links) > 1:
            asyncio.get_running_loop().call_later(MOVE_AFTER_S, self._move_away)

    def _move_away(self) -> None:
        """Rooms whose worker has not come back go to another: to the branch with most of their viewers, if there is one."""
        for host in self._without_media() if not self._stopped else ():
            found = self._found.get(host.lesson, {})
            branch = self.directory.successor({worker: len(state.viewers) for worker, state in found.items()})
            worker = branch or self.directory.place(host.lesson)
            if worker is None:
                continue
            log.warning("= room moves", lesson=host.lesson, worker=worker)
            state = found.pop(worker, None)
            if state is not None:
                self.links[worker].request(control.FollowRoom(request=0, room=state.room, home=None))
            self._give(host, worker, state)

    async def _find_worker(self, host: RoomHost, *, known: bool) -> None:
        """Place a room that is being built. One that has a history may already be carried: its worker is asked."""
        if host.lesson in self._found and self.directory.owner(host.lesson) is None:
            return  # its home will be up in a moment, or `_move_away` finds another
        worker = self.directory.place(host.lesson)
        if worker is None:
            return
        link, state = self.links[worker], None
        if known:
            reply = await link.request(control.TakeSnapshot(request=0), ASK_S)
            if not isinstance(reply, control.Snapshot):
                return  # it is just going: `worker_up` will look after this room
            state = next((state for state in reply.rooms if state.room == host.lesson), None)
        if host.link is None:
            self._give(host, worker, state)

    # -- placement --------------------------------------------------------------------------------------------------

    def _seat_viewer(self, host: RoomHost) -> Seat | None:
        """Where one more viewer of this room goes."""
        target = host.move.new.worker if host.move is not None else None
        worker = self.directory.place_viewer(host.lesson, host.spread.counts(), target)
        if worker is None:
            return None
        home = host.spread.home
        return Seat(self.links[worker], self.directory.link_of(home) if home is not None and worker != home else None)

    async def _watch_load(self) -> None:
        """Ask the workers how busy they are: what the next placement looks at."""
        while True:
            await asyncio.sleep(LOAD_EVERY_S)
            workers = self.directory.up()
            replies = await asyncio.gather(*(self.links[name].request(control.TakeStats(request=0), ASK_S) for name in workers))
            for worker, reply in zip(workers, replies, strict=True):
                if isinstance(reply, control.StatsTaken) and self.directory.is_up(worker):
                    gauges = reply.gauges
                    self.directory.report(worker, gauges.get(CPU_SHARE, 0.0), gauges.get(LOOP_LAG, 0.0))

    async def _adopt(self, lesson: str, worker: str) -> None:
        """A worker carries a room we do not know: we were restarted."""
        await self._revive(lesson)
        if lesson not in self.hosts:
            self._close_room(worker, lesson)

    def _close_room(self, worker: str, lesson: str) -> None:
        self.links[worker].request(control.CloseRoom(request=0, room=control.RoomId(lesson)))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
