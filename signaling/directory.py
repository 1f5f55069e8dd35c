"""Which media worker carries which room (pure): a new room goes where the least is going on, and stays there while it can.

All rooms of one web process live in that process. Several processes share a lesson by the load balancer sending a lesson's path
to one of them; an owner per room in Redis comes with the relay between nodes.
"""

from collections.abc import Iterable


class Directory:
    def __init__(self, workers: Iterable[str]) -> None:
        self._up: dict[str, bool] = dict.fromkeys(workers, False)
        self._rooms: dict[str, str] = {}
        self._weights: dict[str, int] = {}

    def set_up(self, worker: str, up: bool) -> None:
        assert worker in self._up, "only configured workers come and go"
        self._up[worker] = up

    def is_up(self, worker: str) -> bool:
        return self._up.get(worker, False)

    def up(self) -> list[str]:
        return [worker for worker, up in self._up.items() if up]

    def owner(self, room: str) -> str | None:
        """The worker this room was placed on, whether it is up or not."""
        return self._rooms.get(room)

    def rooms_of(self, worker: str) -> list[str]:
        return [room for room, owner in self._rooms.items() if owner == worker]

    def place(self, room: str) -> str | None:
        """Where the room is, or shall be from now on; None when no worker is up."""
        owner = self._rooms.get(room)
        if owner is not None and self._up[owner]:
            return owner
        candidates = self.up()
        if not candidates:
            return None
        chosen = min(candidates, key=lambda worker: (self.load(worker), candidates.index(worker)))
        self._rooms[room] = chosen
        return chosen

    def assign(self, room: str, worker: str) -> None:
        """The worker says it has this room."""
        self._rooms[room] = worker

    def forget(self, room: str) -> None:
        self._rooms.pop(room, None)
        self._weights.pop(room, None)

    def weigh(self, room: str, people: int) -> None:
        """How much is going on: a room costs about as much as it has viewers."""
        self._weights[room] = people

    def load(self, worker: str) -> int:
        return sum(1 + self._weights.get(room, 0) for room, owner in self._rooms.items() if owner == worker)
