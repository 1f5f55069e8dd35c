"""When the recorder asks for a key frame (pure).

One `PictureWatch` per capture. Reasons: a picture track opened, ten seconds went by (every one of them is a place the replay can
seek to), a packet stayed missing longer than retransmission takes, a simulcast layer fell silent or came back.
The relay merges requests that come close together, and one request refreshes all layers of a camera.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

EVERY_S: Final = 10.0
OPENING_S: Final = (0.0, 1.0, 3.0)
"""After a track opened: at once, and again in case the publisher was not listening yet."""
MISSING_S: Final = 0.4
"""Retransmission over a bad mobile link takes 100 to 300 ms; later than this the picture is taken for broken."""
SILENT_S: Final = 0.75
ABSENT_S: Final = 2.0
"""After a silence this long nothing is missing: the relay recorded another layer meanwhile."""


@dataclass
class _Track:
    group: tuple[str, str]
    rank: int
    opened_s: float
    highest: int = -1
    last_s: float = 0.0
    missing: dict[int, float] = field(default_factory=dict)
    silent: bool = False


@dataclass
class PictureWatch:
    """Follows the sequence numbers of picture tracks and says which to refresh."""

    _tracks: dict[int, _Track] = field(default_factory=dict)
    _due: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def open_track(self, track: int, group: tuple[str, str], rank: int, now: float) -> None:
        """group: (peer, source), whose layers one request refreshes; rank: higher is the better layer."""
        self._tracks[track] = _Track(group, rank, now, last_s=now)
        self._due[group] = [now + after for after in OPENING_S]

    def close_track(self, track: int) -> None:
        gone = self._tracks.pop(track, None)
        if gone and not any(other.group == gone.group for other in self._tracks.values()):
            self._due.pop(gone.group, None)

    def receive(self, track: int, sequence: int, now: float) -> None:
        state = self._tracks.get(track)
        if state is None:
            return
        if state.highest < 0 or now - state.last_s > ABSENT_S:
            state.highest = sequence
            state.missing.clear()
        ahead = (sequence - state.highest) & 0xFFFF
        if 0 < ahead < 0x8000:
            if ahead > 1:
                for lost in range(1, min(ahead, 512)):
                    state.missing[(state.highest + lost) & 0xFFFF] = now
            state.highest = sequence
        elif state.missing:
            state.missing.pop(sequence, None)
        state.last_s = now

    def refresh_all(self, now: float) -> None:
        """Ask for every picture anew: data was dropped."""
        for group in self._due:
            self._due[group] = [now]

    def on_deadline(self, now: float) -> list[int]:
        """The tracks to request a key frame of, one per camera or screen; call it a few times a second."""
        for state in self._tracks.values():
            if state.missing and now - next(iter(state.missing.values())) > MISSING_S:
                state.missing.clear()
                self._hasten(state.group, now)
        for state in self._layers_that_turned(now):
            state.silent = not state.silent
            self._hasten(state.group, now)
        asked = []
        for group, due in self._due.items():
            if due and due[0] <= now:
                self._due[group] = [at for at in due if at > now] or [now + EVERY_S]
                members = [(not t.silent, t.rank, number) for number, t in self._tracks.items() if t.group == group]
                if members:
                    asked.append(max(members)[2])
        return asked

    def _layers_that_turned(self, now: float) -> Iterator[_Track]:
        for state in self._tracks.values():
            if state.silent != (now - state.last_s > SILENT_S):
                yield state

    def _hasten(self, group: tuple[str, str], now: float) -> None:
        due = self._due.setdefault(group, [])
        due.insert(0, now)
