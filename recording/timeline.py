"""From the clocks of the capture's runs to the one clock of the replay (pure).

A capture has one *run* per start of its Sink. A run that was closed cleanly ended with "stop recording": the stretch until the
next run is a **pause**, cut out of the replay. A run that just ends was killed: the stretch until media flows again is a **gap**,
kept on the timeline so that everything later stays where it happened. Media time 0 is the first packet.
"""

from dataclasses import dataclass, field
from typing import Final

from recording.log import RunInfo

QUIET_S: Final = 1.0
"""Silence kept after the last packet before an end."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Media is missing here; the last good picture stays, the sound is silent."""

    from_s: float
    to_s: float
    reason: str
    """"interrupted" (the process died) or "disk"."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The recording was stopped here and went on later."""

    at_s: float
    from_wall_s: float
    to_wall_s: float


@dataclass
class Stretch:
    """Media time and wall-clock time go together here."""

    media_s: float
    length_s: float
    wall_s: float


@dataclass
class _Run:
    info: RunInfo
    first_s: float | None = None
    """Monotonic time of the first packet."""
    last_s: float = 0.0
    """… of the last packet."""
    alive_s: float = 0.0
    """… of the last sign of life."""
    closed_s: float | None = None
    shift_s: float = 0.0
    """media time = monotonic time − shift."""

    def end_s(self) -> float:
        """Monotonic time up to which the run counts."""
        alive = self.closed_s if self.closed_s is not None else self.alive_s
        return min(max(alive, self.last_s), self.last_s + QUIET_S)


@dataclass
class Timeline:
    """Grows while records are read; every question may be asked at any time about what was read."""

    gaps: list[Gap] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    _runs: list[_Run] = field(default_factory=list)

    def start_run(self, info: RunInfo) -> None:
        """A new run's records follow (repeated for each of its segments)."""
        if self._runs and self._runs[-1].info.run == info.run:
            return
        self._runs.append(_Run(info, alive_s=info.monotonic_s, last_s=info.monotonic_s))

    def receive_packet(self, at_s: float) -> None:
        """Media flows at this instant of the current run."""
        run = self._runs[-1]
        if run.first_s is None:
            run.first_s = at_s
            self._place(run)
        run.last_s = max(run.last_s, at_s)
        run.alive_s = max(run.alive_s, at_s)
        self.stretches[-1].length_s = run.end_s() - run.shift_s - self.stretches[-1].media_s

    def stay_alive(self, at_s: float) -> None:
        if self._runs:
            self._runs[-1].alive_s = max(self._runs[-1].alive_s, at_s)

    def close_run(self, at_s: float) -> None:
        if self._runs:
            run = self._runs[-1]
            run.closed_s = at_s
            if run.first_s is not None:
                self.stretches[-1].length_s = run.end_s() - run.shift_s - self.stretches[-1].media_s

    def drop(self, from_s: float, to_s: float) -> None:
        """The recorder itself lost this stretch of the current run: disk full or too slow."""
        if self._runs and self._runs[-1].first_s is not None:
            run = self._runs[-1]
            self.gaps.append(Gap(max(0.0, from_s - run.shift_s), max(0.0, to_s - run.shift_s), "disk"))

    def media_time(self, at_s: float) -> float:
        """Media time of an instant of the current run's monotonic clock (negative: before the first packet)."""
        return at_s - self._runs[-1].shift_s

    def is_current(self, run: int) -> bool:
        return bool(self._runs) and self._runs[-1].info.run == run

    @property
    def placed(self) -> bool:
        """The current run has a packet, so `media_time` is known."""
        return bool(self._runs) and self._runs[-1].first_s is not None

    @property
    def started(self) -> bool:
        """A packet came."""
        return bool(self.stretches)

    @property
    def duration_s(self) -> float:
        """Media time of the end of what was read."""
        for run in reversed(self._runs):
            if run.first_s is not None:
                return run.end_s() - run.shift_s
        return 0.0

    @property
    def started_wall_s(self) -> float:
        return self.stretches[0].wall_s if self.stretches else 0.0

    def _place(self, run: _Run) -> None:
        assert run.first_s is not None, "a run is placed by its first packet"
        wall_s = run.info.wall_s + (run.first_s - run.info.monotonic_s)
        earlier = next((other for other in reversed(self._runs[:-1]) if other.first_s is not None), None)
        if earlier is None:
            run.shift_s = run.first_s
            self.stretches.append(Stretch(0.0, 0.0, wall_s))
            return
        end_media_s = earlier.end_s() - earlier.shift_s
        end_wall_s = earlier.info.wall_s + (earlier.end_s() - earlier.info.monotonic_s)
        self.stretches[-1].length_s = end_media_s - self.stretches[-1].media_s
        if earlier.closed_s is not None:
            run.shift_s = run.first_s - end_media_s
            self.pauses.append(Pause(end_media_s, end_wall_s, max(wall_s, end_wall_s)))
            start_media_s = end_media_s
        else:
            same_clock = bool(run.info.boot) and run.info.boot == earlier.info.boot and run.first_s >= earlier.end_s()
            missing_s = run.first_s - earlier.end_s() if same_clock else max(0.0, wall_s - end_wall_s)
            start_media_s = end_media_s + missing_s
            run.shift_s = run.first_s - start_media_s
            self.gaps.append(Gap(end_media_s, start_media_s, "interrupted"))
        self.stretches.append(Stretch(start_media_s, 0.0, wall_s))
