"""One picture of the replay, made of whichever track shows it best (pure).

A feed is "the instructor's camera" or "the shared screen". Its tracks are simulcast layers of one peer, or the same source
again after a reconnect or a restart of the worker. The best track is followed; when it falls silent the next best takes over,
always at a key frame, and hands back at a key frame of the better one.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TICK_S: Final = 0.001
SAME_S: Final = 0.1
"""Key frames of all layers of a camera come together; so close to each other the better layer is taken."""
STALL_S: Final = 1.0
"""A layer that shows nothing for this long while another does is left."""


class Picture(NamedTuple):
    """A whole encoded frame on the media clock."""

    time_s: float
    key: bool
    data: bytes
    codec: str
    width: int
    height: int
    owner: str
    source: str


@dataclass
class _Line:
    preference: tuple[int, int]
    pictures: deque[Picture] = field(default_factory=deque)
    open: bool = True


@dataclass
class Feed:
    """Pictures of all its tracks in, one decodable stream out."""

    closed_s: list[float] = field(default_factory=list)
    """Media times when the last open track ended and nothing replaced it: the picture goes dark."""
    longest_freeze_s: float = 0.0
    _lines: dict[tuple[int, int], _Line] = field(default_factory=dict)
    _current: tuple[int, int] | None = None
    _last_s: float = -1.0

    @property
    def shown(self) -> bool:
        return self._last_s >= 0

    @property
    def waiting(self) -> bool:
        return any(line.pictures for line in self._lines.values())

    def largest(self, codec: str) -> tuple[int, int]:
        """The largest picture in sight: a camera's first second often comes from its smallest layer."""
        sizes = [(p.width, p.height) for line in self._lines.values() for p in line.pictures if p.codec == codec]
        return max(sizes, default=(0, 0))

    def open_track(self, key: tuple[int, int], preference: tuple[int, int]) -> None:
        """key: (run, track); preference: higher is better (newer peer first, then simulcast layer)."""
        self._lines.setdefault(key, _Line(preference))

    def receive(self, key: tuple[int, int], picture: Picture) -> None:
        if key in self._lines:
            self._lines[key].pictures.append(picture)

    def close_track(self, key: tuple[int, int], time_s: float) -> None:
        line = self._lines.get(key)
        if line is None or not line.open:
            return
        line.open = False
        if not any(other.open for other in self._lines.values()):
            self.closed_s.append(time_s)

    def end_run(self) -> None:
        """All tracks ended with their run; the last picture stays until the next run shows one."""
        for line in self._lines.values():
            line.open = False

    def advance(self, until_s: float) -> list[Picture]:
        """Everything up to a media time. What is after it may still change the choice: keep it some seconds behind."""
        chosen: list[Picture] = []
        while (picture := self._choose(until_s)) is not None:
            if self._last_s >= 0:
                self.longest_freeze_s = max(self.longest_freeze_s, picture.time_s - self._last_s)
            if picture.time_s <= self._last_s:  # a sender report moved the clock back a little
                picture = picture._replace(time_s=self._last_s + TICK_S)
            self._last_s = picture.time_s
            chosen.append(picture)
        self._tidy(until_s)
        return chosen

    def _choose(self, until_s: float) -> Picture | None:
        for key, line in self._lines.items():  # what is older than the picture shown can never be shown
            while key != self._current and line.pictures and line.pictures[0].time_s <= self._last_s:
                line.pictures.popleft()
        current = self._lines.get(self._current) if self._current is not None else None
        following = current.pictures[0] if current is not None and current.pictures else None
        limit_s = min(until_s, following.time_s if following is not None else until_s)
        candidates: list[tuple[tuple[int, int], tuple[int, int], Picture]] = []
        for key, line in self._lines.items():
            if key == self._current:
                continue
            better = current is None or line.preference > current.preference
            if not better and current is not None:
                stalled_s = (following.time_s if following is not None else until_s) - self._last_s
                if stalled_s < STALL_S and (following is not None or current.open):
                    continue
            candidate = next((picture for picture in line.pictures if picture.key), None)
            if candidate is None or candidate.time_s > limit_s:
                continue
            candidates.append((line.preference, key, candidate))
        if candidates:
            earliest_s = min(candidate.time_s for _, _, candidate in candidates)
            best = max((entry for entry in candidates if entry[2].time_s <= earliest_s + SAME_S), key=lambda entry: entry[0])
            self._current = best[1]
            line = self._lines[best[1]]
            while line.pictures[0] is not best[2]:
                line.pictures.popleft()
            return line.pictures.popleft()
        if following is not None and following.time_s <= until_s:
            assert current is not None, "a following picture belongs to the current track"
            return current.pictures.popleft()
        return None

    def _tidy(self, until_s: float) -> None:
        """Forget ended tracks, and pictures of unused layers that are too old to be switched to."""
        for key in list(self._lines):
            line = self._lines[key]
            if key != self._current:
                while line.pictures and line.pictures[0].time_s < min(until_s, self._last_s):
                    line.pictures.popleft()
                if not line.open and not line.pictures:
                    del self._lines[key]
