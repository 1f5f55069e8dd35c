"""Which media worker carries which room (pure): a new room goes where the least is going on, and stays there while it can.

A room has one *home* (its publishers and its recording); a class larger than one worker's share gets *branches* on other workers
of the same machine, which carry viewers only. Nobody who is seated is moved.

Load is what the workers measure of themselves, plus what was placed since they last told. All of this is in the memory of the
one web process there is per database (NOTES.md tells why there cannot be two yet).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

VIEWER_COST: Final = 1 / 1_500
"""Of a core, until the worker's next report tells the truth (measured: 1,500 viewers of one lecture are 88 % of a core)."""
ROOM_COST: Final = 0.005
FULL: Final = 0.75
"""Of a core: above it packets begin to wait, and joins with them."""
LAGGING_S: Final = 0.03
"""Mean lateness of its 20 ms timer over two seconds."""
STEP: Final = 0.05
"""Loads that differ by less are the same: then the number of people decides."""


@dataclass(slots=True)
class _Worker:
    up: bool = False
    link: str = ""
    machine: str = ""
    leaving: bool = False
    """It was told to end: nothing new goes there."""
    cpu_share: float = 0.0
    lag_s: float = 0.0
    placed: float = 0.0
    """Estimated cost of what was placed since the last report."""

    @property
    def load(self) -> float:
        return self.cpu_share + self.placed + (1.0 if self.lag_s >= LAGGING_S else 0.0)


class Directory:
    def __init__(self, workers: Iterable[str], share: int = 400) -> None:
        self._workers = {worker: _Worker() for worker in workers}
        self._order = {worker: place for place, worker in enumerate(self._workers)}
        self._share = share
        """Viewers of one room on one worker before the next worker of the machine takes further ones."""
        self._rooms: dict[str, str] = {}
        self._weights: dict[str, int] = {}

    # -- workers ----------------------------------------------------------------------------------------------------

    def set_up(self, worker: str, up: bool, link: str = "", machine: str = "") -> None:
        assert worker in self._workers, "only configured workers come and go"
        known = self._workers[worker]
        known.up, known.link, known.machine, known.leaving = up, link, machine, False
        known.cpu_share = known.lag_s = known.placed = 0.0

    def is_up(self, worker: str) -> bool:
        return worker in self._workers and self._workers[worker].up

    def up(self) -> list[str]:
        return [name for name, worker in self._workers.items() if worker.up]

    def set_leaving(self, worker: str) -> None:
        """It was told to end, and waits until its rooms are elsewhere."""
        self._workers[worker].leaving = True

    def leaving(self) -> list[str]:
        return [name for name, worker in self._workers.items() if worker.up and worker.leaving]

    def _staying(self) -> list[str]:
        return [name for name, worker in self._workers.items() if worker.up and not worker.leaving]

    def link_of(self, worker: str) -> str:
        """What its siblings dial."""
        return self._workers[worker].link

    def report(self, worker: str, cpu_share: float, lag_s: float) -> None:
        """What it measured of itself: share of a core used, mean lateness of its packet loop."""
        known = self._workers[worker]
        known.cpu_share, known.lag_s, known.placed = cpu_share, lag_s, 0.0

    def load(self, worker: str) -> float:
        """Of a core."""
        return self._workers[worker].load

    # -- rooms ------------------------------------------------------------------------------------------------------

    def owner(self, room: str) -> str | None:
        """The home this room was placed on, whether it is up or not."""
        return self._rooms.get(room)

    def rooms_of(self, worker: str) -> list[str]:
        return [room for room, owner in self._rooms.items() if owner == worker]

    def place(self, room: str) -> str | None:
        """Where the room is at home, or shall be from now on; None when no worker is up."""
        owner = self._rooms.get(room)
        if owner is not None and self._workers[owner].up:
            return owner
        candidates = self._staying() or self.up()
        if not candidates:
            return None
        chosen = min(candidates, key=self._rank)
        self._rooms[room] = chosen
        self._workers[chosen].placed += ROOM_COST
        return chosen

    def place_viewer(self, room: str, carried: Mapping[str, int], home: str | None = None) -> str | None:
        """The worker for one more viewer of a room that has a home. carried: its viewers by worker, the home among them.

        home: where the room is moving to, if it is.
        """
        home = home or self._rooms.get(room)
        if home is None or not self._workers[home].up:
            return None
        chosen = self._with_room(home, carried) or self._another(home, carried) or self._least(home, carried)
        self._workers[chosen].placed += VIEWER_COST
        return chosen

    def successor(self, carried: Mapping[str, int]) -> str | None:
        """The branch that takes a room over whose home is gone: the one most of its viewers are on."""
        living = [worker for worker in carried if self.is_up(worker)]
        staying = [worker for worker in living if not self._workers[worker].leaving]
        return max(staying or living, key=lambda worker: (carried[worker], -self._order[worker]), default=None)

    def heir(self, worker: str, carried: Mapping[str, int]) -> str | None:
        """The worker of the same machine that takes a room over from one that leaves; None: no other is there."""
        mine = self._workers[worker]
        near = [n for n in self._staying() if self._workers[n].link and self._workers[n].machine == mine.machine]
        branches = [name for name in near if carried.get(name)]
        if branches:
            return max(branches, key=lambda name: (carried[name], -self._order[name]))
        return min(near, key=self._rank, default=None)

    def refuge(self) -> str | None:
        """Any worker that stays, on whatever machine."""
        return min(self._staying(), key=self._rank, default=None)

    def assign(self, room: str, worker: str) -> None:
        """The worker has this room from now on."""
        self._rooms[room] = worker

    def forget(self, room: str) -> None:
        self._rooms.pop(room, None)
        self._weights.pop(room, None)

    def weigh(self, room: str, people: int) -> None:
        """How much is going on: what decides between workers that measure the same."""
        self._weights[room] = people

    def _with_room(self, home: str, carried: Mapping[str, int]) -> str | None:
        """A worker that has the room already and can take one more; the home first."""
        for worker in (home, *sorted(carried, key=self._order.__getitem__)):
            if worker in self._staying() and carried.get(worker, 0) < self._share and self.load(worker) < FULL:
                return worker
        return None

    def _another(self, home: str, carried: Mapping[str, int]) -> str | None:
        """A worker of the same machine that has nothing of the room yet and more air than those that have."""
        mine = self._workers[home]
        fresh = [
            name
            for name, worker in self._workers.items()
            if name in self._staying()
            and worker.link
            and worker.machine == mine.machine
            and name != home
            and not carried.get(name)
        ]
        chosen = min(fresh, key=self._rank, default=None)
        return chosen if chosen is not None and self.load(chosen) < FULL else None

    def _least(self, home: str, carried: Mapping[str, int]) -> str:
        """Everybody has his share or is full: where it hurts least, without opening another branch for it."""
        staying = self._staying()
        having = [w for w in (home, *carried) if w in staying] or [home]
        return min(having, key=lambda worker: (round(self.load(worker) / STEP), carried.get(worker, 0), self._order[worker]))

    def _rank(self, worker: str) -> tuple[int, int, int]:
        people = sum(1 + self._weights.get(room, 0) for room, owner in self._rooms.items() if owner == worker)
        return round(self.load(worker) / STEP), people, self._order[worker]
