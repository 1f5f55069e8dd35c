"""One process of `classroom serve`, and how it is started, watched and ended."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from web.heartbeat import VARIABLE, Pulse
from web.nursery import CannotFork, Forked, Nursery

CANNOT_START = 3
STOP_WITHIN_S = 8.0
HUNG_AFTER_S = 5.0


def command(*arguments: str) -> list[str]:
    """How to run a part of ourselves, visible in a process list as `classroom <part>`."""
    script = Path(sys.executable).with_name("classroom")
    return [sys.executable, str(script), *arguments] if script.exists() else [sys.executable, "-m", "web.cli", *arguments]


class Handed(Protocol):
    """What a child inherits: a socket, a locked file."""

    def fileno(self) -> int: ...


@dataclass(slots=True)
class Child:
    """One process that must always run."""

    name: str
    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    sockets: Sequence[Handed] = ()
    nice: int = 0
    beats: bool = False
    """Its loop tells that it turns."""
    arguments: Sequence[str] = ()
    """What `classroom` is to run, if `argv` runs it: the nursery can fork that."""
    process: asyncio.subprocess.Process | Forked | None = None
    started_at: float = 0.0
    starts: int = 0
    pulse: Pulse | None = None

    async def start(self, nursery: Nursery | None = None) -> None:
        environment = os.environ | self.environment | {"CLASSROOM_INTERNAL_SUPERVISED": "1"}
        descriptors = [listener.fileno() for listener in self.sockets]
        if self.pulse is not None:
            self.pulse.close()
        self.pulse = pulse = Pulse() if self.beats else None
        if pulse is not None:
            environment[VARIABLE] = str(pulse.writing)
            descriptors.append(pulse.writing)
        try:
            self.process = await self._forked(nursery, environment, descriptors) or await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.PIPE,
                env=environment,
                pass_fds=descriptors,
                # A Ctrl-C in the terminal reaches the parent alone; it stops the children in order.
                start_new_session=True,
            )
        finally:
            if pulse is not None:
                pulse.handed_over()
        self.started_at = time.monotonic()
        self.starts += 1
        if self.nice:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process.pid, self.nice)

    async def _forked(self, nursery: Nursery | None, environment: dict[str, str], descriptors: list[int]) -> Forked | None:
        if nursery is None or not self.arguments:
            return None
        try:
            return await nursery.fork(self.arguments, self.argv, environment, descriptors)
        except CannotFork as reason:
            say(f"{self.name} is started from scratch: {reason}")
            return None

    def end_if_hung(self, now: float) -> bool:
        """Kill it when its loop stands still; True when that was so."""
        if self.process is None or self.process.returncode is not None or self.pulse is None:
            return False
        if self.pulse.silent_s(now) < HUNG_AFTER_S:
            return False
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.pulse.close()
        self.pulse = None
        return True

    async def stop(self, within_s: float | None = None) -> None:
        """Ask, wait, insist."""
        process = self.process
        if self.pulse is not None:
            self.pulse.close()
            self.pulse = None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), within_s or STOP_WITHIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def say(sentence: str) -> None:
    print(f"classroom: {sentence}", file=sys.stderr, flush=True)


def part(name: str, *arguments: str, environment: dict[str, str], **more: Any) -> Child:
    """`classroom <arguments>` as a child, forked if possible."""
    return Child(name, command(*arguments), environment, arguments=arguments, **more)
