"""A worker's captures: their Sinks are opened by a command, call back from other threads, and may take a second to close."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

import structlog

from media.capture import Capture
from media.control import CaptureTrouble, Done, Event, Reply, StartCapture
from media.errors import Refused
from media.subscription import Sink, SinkFactory
from media.worker import Worker

log = structlog.get_logger("media")


class Recorders:
    """Opens and closes Sinks for the rooms of `worker`; None: it was started without a recorder."""

    def __init__(self, worker: Worker, sink_factory: SinkFactory | None, publish: Callable[[Event], None]) -> None:
        self._worker = worker
        self._sink_factory = sink_factory
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def start(self, command: StartCapture) -> Reply:
        if self._worker.commands.find_capture(command.room, command.capture) is not None:
            return Done(request=command.request)
        if self._sink_factory is None:
            raise Refused("disk", "This worker was started without a recorder.")
        capture = Capture(command.capture)

        def request_keyframe(track: int) -> None:
            self._in_loop(lambda: self._ask_keyframe(command, track))

        def report(trouble: CaptureTrouble) -> None:
            self._in_loop(lambda: self._publish(trouble))

        try:
            capture.sink = self._sink_factory(command.room, command.capture, command.directory, request_keyframe, report)
        except OSError as wrong:
            raise Refused("disk", f"The recording cannot be written: {wrong.strerror or wrong}.") from wrong
        self._worker.commands.start_capture(command.room, capture)
        return Done(request=command.request)

    def _ask_keyframe(self, command: StartCapture, track: int) -> None:
        room = self._worker.rooms.get(command.room)
        if room is not None:
            room.request_keyframe(command.capture, track)

    async def finish(self, capture: Capture, *, interrupted: bool = False) -> None:
        now = time.monotonic()
        sink: Sink | None = capture.finish(now)
        if sink is not None:
            try:
                await asyncio.to_thread(sink.close, now, interrupted=interrupted)
            except Exception:
                log.exception("! capture did not close", capture=capture.id)

    def _in_loop(self, action: Callable[[], None]) -> None:
        """Run `action` in the packet loop, from whatever thread."""
        if threading.get_ident() == self._thread:
            action()
        else:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens any more
                self._loop.call_soon_threadsafe(action)
