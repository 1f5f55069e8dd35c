"""Which worker carries which viewing connection of one room (pure). Publishers and recordings are always at the room's home."""

from collections import Counter

from media import control


class Spread:
    """Home and branches of one room, and who is where."""

    def __init__(self) -> None:
        self.home: str | None = None
        """The worker with the publishers, while it is up."""
        self._carriers: dict[control.PeerId, str] = {}
        self._counts: Counter[str] = Counter()

    @property
    def branches(self) -> list[str]:
        """Workers other than the home that carry viewers."""
        return [worker for worker, count in self._counts.items() if count > 0 and worker != self.home]

    def counts(self) -> dict[str, int]:
        """Viewers by worker."""
        return +self._counts

    def carry(self, transport: control.PeerId, worker: str) -> None:
        self.release(transport)
        self._carriers[transport] = worker
        self._counts[worker] += 1

    def release(self, transport: control.PeerId) -> None:
        """It has ended; twice is silent."""
        worker = self._carriers.pop(transport, None)
        if worker is not None:
            self._counts[worker] -= 1

    def worker_of(self, transport: control.PeerId) -> str | None:
        """Who carries it; what is not known here is at home."""
        return self._carriers.get(transport, self.home)

    def on(self, worker: str) -> set[control.PeerId]:
        """The viewing connections a worker carries."""
        return {transport for transport, carrier in self._carriers.items() if carrier == worker}

    def lose(self, worker: str) -> set[control.PeerId]:
        """The worker is gone; the viewing connections that went with it."""
        lost = self.on(worker)
        for transport in lost:
            self.release(transport)
        if self.home == worker:
            self.home = None
        return lost

    def clear(self) -> None:
        self._carriers.clear()
        self._counts.clear()
