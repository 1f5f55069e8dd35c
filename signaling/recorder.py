"""The recording switch of one room (pure): what was asked for, what the media worker confirmed, how long it has run.

    off ──start──► starting ──done──► on ──stop──► stopping ──done, failed──► off
                      └──failed──► off

*on* survives the media worker: while the relay is replaced the capture does not run, and it is started again under the same id.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from media import control
from signaling.vocabulary import PeerId


class Phase(Enum):
    OFF = auto()
    STARTING = auto()
    ON = auto()
    STOPPING = auto()


NEXT: Final[dict[Phase, dict[str, Phase]]] = {
    Phase.OFF: {"start": Phase.STARTING},
    Phase.STARTING: {"started": Phase.ON, "failed": Phase.OFF},
    Phase.ON: {"stop": Phase.STOPPING},
    Phase.STOPPING: {"stopped": Phase.OFF},
}
RETRY_S: Final = 5.0


@dataclass(slots=True)
class Recorder:
    """One recording per lesson; stopping pauses it."""

    phase: Phase = Phase.OFF
    recording: str | None = None
    """Known from the first confirmed start on, for the rest of the lesson."""
    by: PeerId | None = None
    """Who started, or stops; nobody: by itself."""
    since: float | None = None
    """Start of the stretch that runs now."""
    recorded_s: float = 0.0
    """Length of the stretches before."""
    captured: bool = False
    """The worker writes, as far as we know."""
    attempt: str = ""
    """The id a first start is tried with."""
    stopped_at: float = 0.0
    trouble: str | None = None
    """Why nothing is written just now ("disk-full" …)."""
    warning: str | None = None
    """What may become one ("disk-low")."""
    retry_at: float = 0.0
    """Not before this moment again, after a failure."""

    @property
    def on(self) -> bool:
        return self.since is not None

    def start(self, by: PeerId | None, new_id: str) -> control.CaptureId:
        """The capture to start."""
        self._go("start")
        self.by = by
        self.attempt = self.recording or new_id
        return control.CaptureId(self.attempt)

    def started(self, now: float) -> None:
        self._go("started")
        self.recording, self.since, self.captured = self.attempt, now, True

    def failed(self, now: float) -> None:
        self._go("failed")
        self.retry_at = now + RETRY_S

    def stop(self, by: PeerId | None, now: float) -> None:
        self._go("stop")
        self.by, self.stopped_at = by, now

    def stopped(self) -> None:
        """The stretch ends when stopping was asked for, not when the disk was done."""
        self._go("stopped")
        assert self.since is not None, "only what runs can stop"
        self.recorded_s += max(0.0, self.stopped_at - self.since)
        self.since, self.captured = None, False
        self.trouble = self.warning = None

    def remember_started(self, recording: str, by: str, at: float) -> None:
        """From the log: it ran when the process ended."""
        self.phase, self.recording, self.attempt = Phase.ON, recording, recording
        self.by, self.since, self.captured = PeerId(by), at, False

    def remember_stopped(self, at: float) -> None:
        if self.since is not None:
            self.phase, self.stopped_at = Phase.STOPPING, at
            self.stopped()

    def _go(self, event: str) -> None:
        assert event in NEXT[self.phase], f"a recorder that is {self.phase.name} does not expect {event!r}"
        self.phase = NEXT[self.phase][event]
