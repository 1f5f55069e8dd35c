"""In which order pictures and sounds lie in a WebM, how long each picture is said to last, and where clusters begin (pure).

Browsers that are fed a growing file decide by what it says. Firefox reads anew from a cluster whose first block is earlier than
the end of anything before it, and shows nothing then until a key picture; sound and picture overlap nearly everywhere. Chromium
does the same after a picture that came later than twice as long as the one before it was said to last. So a cluster begins with
the last sound before a picture, when the sound before that is over, and the picture before is said to last until just there,
which must be half of the way at least. A place like that comes with nearly every picture.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple

from recording.mixer import RATE, Sound

CLUSTER_MS: Final = 2_000
"""Who watches from the beginning during class is this much later than what is written."""
SOUND_LATER_MS: Final = 7
"""WebM's muxer moves Opus by what its decoder skips at first, 6.5 ms and rounded. Browsers fed with a growing file stop at the
first block that is earlier than the one before it."""
PATIENCE_MS: Final = 10_000
"""A picture that is followed by none for so long (a camera that stands still) keeps the sounds from the file no longer."""
TICKS_PER_MS: Final = 90
UNTOLD_MS: Final = 8
"""A picture that lasts as long as its track's default (1/120 s) is written without that, and so lasts a third of a ms longer."""


class Placed(NamedTuple):
    """A picture at its place in the file."""

    ticks: int
    """Of 1/90,000 s."""
    key: bool
    data: bytes

    @property
    def at_ms(self) -> int:
        return (self.ticks + TICKS_PER_MS // 2) // TICKS_PER_MS


class Lasting(NamedTuple):
    """A picture and how long it is said to last."""

    picture: Placed
    ms: int


class Cut(NamedTuple):
    """A new cluster begins with the sound that came last."""

    sound: Sound


def lasting(picture: Placed, until_ms: int) -> Lasting:
    length_ms = max(1, until_ms - picture.at_ms)
    return Lasting(picture, length_ms - 1 if length_ms == UNTOLD_MS else length_ms)


def sound_ms(sound: Sound) -> int:
    """Where the muxer puts it."""
    return (sound.start + RATE // 2000) // (RATE // 1000) + SOUND_LATER_MS


@dataclass
class Blocks:
    """Pictures and sounds in, each in its own order; both come out in one order, as far as it is known."""

    _pictures: deque[Placed] = field(default_factory=deque)
    _sounds: deque[Sound] = field(default_factory=deque)
    _newest_ms: int = 0
    _cluster_ms: int = 0
    _last: Sound | None = None
    """The last sound out."""
    _out_ms: deque[int] = field(default_factory=lambda: deque(maxlen=2))
    """When the last sounds out begin."""
    _cuts: bool = False
    """A cluster ends before the next picture, and the last one out was said to last until there."""

    def add_picture(self, picture: Placed) -> None:
        self._pictures.append(picture)

    def add_sound(self, sound: Sound) -> None:
        self._sounds.append(sound)
        self._newest_ms = sound_ms(sound)

    def take(self, over_ms: int | None = None) -> Iterator[Lasting | Sound | Cut]:
        """What can be written. over_ms: nothing more comes, and the last picture lasts until then."""
        while self._pictures or self._sounds:
            if self._pictures and (not self._sounds or self._pictures[0].at_ms <= sound_ms(self._sounds[0])):
                if over_ms is None and not self._is_followed():
                    return
                yield from self._take_picture(self._newest_ms if over_ms is None else over_ms)
            else:
                if over_ms is None and not self._pictures and self._newest_ms - sound_ms(self._sounds[0]) < PATIENCE_MS:
                    return
                yield self._take_sound()

    def _is_followed(self) -> bool:
        """It is known how long the first picture lasts and which sounds lie within."""
        if self._newest_ms - self._pictures[0].at_ms > PATIENCE_MS:
            return True
        return len(self._pictures) > 1 and self._newest_ms >= self._pictures[1].at_ms

    def _take_picture(self, over_ms: int) -> Iterator[Lasting | Cut]:
        picture = self._pictures.popleft()
        if self._cuts and self._last is not None:
            self._cluster_ms = sound_ms(self._last)
            yield Cut(self._last)
        elif picture.key:  # the muxer begins a cluster with it by itself; a key picture may follow on anything
            self._cluster_ms = picture.at_ms
        begin_ms = self._next_cluster(picture, self._pictures[0]) if self._pictures else None
        self._cuts = begin_ms is not None
        until_ms = self._pictures[0].at_ms if self._pictures else over_ms
        yield lasting(picture, until_ms if begin_ms is None else begin_ms)

    def _next_cluster(self, picture: Placed, following: Placed) -> int | None:
        """Where a cluster begins between two pictures, if one can and should."""
        if not following.key and following.at_ms - self._cluster_ms < CLUSTER_MS:
            return None
        between = list(takewhile(lambda at_ms: at_ms < following.at_ms, map(sound_ms, self._sounds)))
        if not between or between[-1] <= picture.at_ms:
            return None
        begin_ms = between[-1]
        if not following.key and 2 * lasting(picture, begin_ms).ms < following.at_ms - picture.at_ms:
            return None
        *_, second, last, _ = [-1, 0, *self._out_ms, *between]
        quiet_ms = 2 * last - second  # who reads a cluster guesses that its last sound is as long as the one before
        return begin_ms if quiet_ms <= begin_ms else None

    def _take_sound(self) -> Sound:
        self._last = self._sounds.popleft()
        self._out_ms.append(sound_ms(self._last))
        return self._last
