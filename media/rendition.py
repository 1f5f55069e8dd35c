"""A layer as some viewers get it: whole, or without its faster temporal layers (pure).

What is left out leaves no gap: a rendition has numbers of its own. A number missing upstream is kept free for the packet; if it
comes late and belongs to what is left out, an empty packet takes its number.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from media.bursts import PAD_LIMIT_BYTES, SOUND_PAD_LIMIT_BYTES, cut_runs
from media.packet_cache import PacketCache

if TYPE_CHECKING:
    from media.lane import Lane
    from media.publication import Layer, Publication
    from media.subscription import Subscription

MAX_RESERVED = 512


def filler(master: bytes) -> bytes:
    """An empty packet (RFC 3550 §5.1: nothing but padding) with the header of `master`: receivers count it and go on."""
    return bytes((master[0] | 0x20, master[1] & 0x7F)) + master[2:20] + b"\x01"


class Rendition:
    """One layer up to one temporal layer (`limit`; None: all). Numbers are unwrapped integers."""

    __slots__ = ("_next", "_reserved", "_skipped", "cache", "lanes", "layer", "limit", "waiting")

    def __init__(self, layer: "Layer", limit: int | None) -> None:
        self.layer = layer
        self.limit = limit
        self.lanes: list[Lane] = []
        self.waiting: list[Subscription] = []
        """Viewers who get this rendition from the layer's next key frame on."""
        self.cache = PacketCache()
        self._next = 0
        """The layer's number that comes next."""
        self._skipped = 0
        self._reserved: dict[int, int] = {}
        """The layer's number that is missing → the number here that waits for it."""

    @property
    def publication(self) -> "Publication":
        return self.layer.publication

    @property
    def height(self) -> int:
        return self.layer.height

    @property
    def bitrate_bps(self) -> float:
        whole = self.layer.bitrate_bps
        return whole if self.limit is None else whole * self.layer.temporal.share(self.limit)

    @property
    def highest(self) -> int:
        """The last number used here."""
        return self._next - 1 - self._skipped

    def is_slower_than(self, other: "Rendition") -> bool:
        """True when this is the same layer with fewer frames: then one can change to it after any frame."""
        return other.layer is self.layer and self.limit is not None and (other.limit is None or self.limit < other.limit)

    def number_of(self, number: int) -> int:
        """What the layer's `number`, which is not prepared yet, will be here. Before a first lane: numbering begins with it."""
        if not self.lanes:
            self._next, self._skipped = number, 0
            self._reserved.clear()
        return number - self._skipped

    def send(self, pending: list[tuple[int, bytes]], levels: list[int], riders: "Sequence[Layer]" = ()) -> None:
        """Give these master packets of the layer to every lane; riders: sounds that wait for a picture to go along with."""
        if self.limit is not None:
            if not self.lanes:
                return
            pending = self._thin(pending, levels, self.limit)
            if not pending:
                return
        else:
            self._next = max(self._next, 1 + max(number for number, _ in pending))
        runs = self._cut(pending)
        for lane in self.lanes:
            lane.send(runs, [run for rider in riders for run in rider.whole.ride(lane)])

    def ride(self, other: "Lane") -> list[list[bytes]]:
        """What is pending, if those who get it are just the viewers of `other`; else nothing, and it goes on waiting."""
        pending = self.layer.pending
        if not pending or len(self.lanes) != 1 or not self.lanes[0].audience.serves_same(other.audience):
            return []
        self._next = max(self._next, 1 + max(number for number, _ in pending))
        runs = self.lanes[0].take(self._cut(pending))
        self.layer.forget_pending()
        return runs

    def _cut(self, pending: list[tuple[int, bytes]]) -> list[list[tuple[int, bytes]]]:
        limit = PAD_LIMIT_BYTES if self.publication.is_video else SOUND_PAD_LIMIT_BYTES
        runs = cut_runs(pending, limit)
        for run in runs:
            for number, packet in run:
                self.cache.put(number, packet)
        return runs

    def _thin(self, pending: list[tuple[int, bytes]], levels: list[int], limit: int) -> list[tuple[int, bytes]]:
        kept: list[tuple[int, bytes]] = []
        for (number, master), level in zip(pending, levels, strict=True):
            if number < self._next:
                place = self._reserved.pop(number, None)
                if place is not None:
                    kept.append((place, master if level <= limit else filler(master)))
                continue
            for missing in range(max(self._next, number - MAX_RESERVED), number):
                if len(self._reserved) >= MAX_RESERVED:
                    del self._reserved[next(iter(self._reserved))]
                self._reserved[missing] = missing - self._skipped
            self._next = number + 1
            if level <= limit:
                kept.append((number - self._skipped, master))
            else:
                self._skipped += 1
        return kept


def quality_steps(layers: list[Rendition], keeps_size: bool) -> list[Rendition]:
    """What can be sent of one picture, least first. layers: whole, smallest first.

    Frames are dropped before size: from the largest layer its fastest temporal layer, before it is left for the next; from the
    smallest all, because nothing comes below it. keeps_size: text must stay readable, so the largest loses all of them first.
    """
    steps: list[Rendition] = []
    for place, whole in enumerate(layers):
        slower = whole.layer.slower()
        is_largest = place == len(layers) - 1
        if not (place == 0 or (is_largest and keeps_size)):
            slower = slower[-1:] if is_largest else []
        for step in (*slower, whole):
            if not steps or step.bitrate_bps > steps[-1].bitrate_bps or step is whole:
                steps.append(step)
    return steps
