"""Signalling's end of the control channel to one media worker: dials, says hello, takes a snapshot, pairs requests and replies.

It comes back by itself for ever, at once first and then with growing pauses of at most a second. A request is always answered:
by the worker, or with `Failed` "worker-lost" when the worker is away, does not answer in time, or goes.
"""

import asyncio
import contextlib
from typing import Final, Protocol

import structlog
from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from media import control
from signaling.ports import WorkerAddress
from signaling.trace import where

REQUEST_S: Final = 5.0
GREETING_S: Final = 3.0
FIRST_PAUSE_S: Final = 0.05
LAST_PAUSE_S: Final = 1.0
PING_EVERY_S: Final = 2.0
PONG_S: Final = 4.0
"""A worker at full load answers late, a hanging one never: 6 s at most until the room moves."""
MAX_FRAME_BYTES: Final = 64 * 2**20
"""The snapshot of a worker with thousands of peers."""

log = structlog.get_logger()


class Listener(Protocol):
    """Who hears of a worker's coming, going and doings; called from the event loop, must not block."""

    def worker_up(self, worker: str, snapshot: control.Snapshot) -> None: ...

    def worker_down(self, worker: str) -> None: ...

    def worker_says(self, worker: str, event: control.Event) -> None: ...

    def worker_leaves(self, worker: str) -> None: ...


class WorkerRefused(Exception):
    """The worker did not take our hello."""


class MediaLink:
    """One worker's control channel. `run()` is its whole life; cancel it to end."""

    def __init__(self, address: WorkerAddress, secret: str, listener: Listener) -> None:
        self.worker = address.name
        self.up = False
        self._is_missed = False
        self._pause_s = FIRST_PAUSE_S
        self._url = address.url
        self._secret = secret
        self._listener = listener
        self._next_request = 1
        self._waiting: dict[int, asyncio.Future[control.Reply]] = {}
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        while True:
            try:
                async with connect(
                    self._url,
                    compression=None,
                    max_size=MAX_FRAME_BYTES,
                    open_timeout=GREETING_S,
                    close_timeout=0.2,
                    ping_interval=PING_EVERY_S,
                    ping_timeout=PONG_S,
                    proxy=None,
                ) as socket:
                    await self._serve(socket)
            except (OSError, WebSocketException, TimeoutError) as reason:
                if not self._is_missed:  # once: the place may be one that is kept free
                    log.debug("! media worker not reached", worker=self.worker, reason=type(reason).__name__)
                self._is_missed = True
            except WorkerRefused as reason:
                log.error("! media worker refuses us", worker=self.worker, code=str(reason))
                self._pause_s = LAST_PAUSE_S
            except Exception as failure:  # a mistake of ours must not be the end of the link
                log.error("! media link failed", worker=self.worker, failure=where(failure))
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(LAST_PAUSE_S, self._pause_s * 2)

    def request(self, command: control.Command, timeout_s: float = REQUEST_S) -> "asyncio.Future[control.Reply]":
        """Send now, in order. The future is always given a reply; it never raises."""
        future: asyncio.Future[control.Reply] = asyncio.get_running_loop().create_future()
        if not self.up:
            future.set_result(lost(0))
            return future
        self._send(command, future, timeout_s)
        return future

    def _send(self, command: control.Command, future: "asyncio.Future[control.Reply]", timeout_s: float) -> None:
        number = self._next_request
        self._next_request += 1
        self._waiting[number] = future
        self._outgoing.put_nowait(command.model_copy(update={"request": number}).model_dump_json())
        timer = asyncio.get_running_loop().call_later(timeout_s, self._answer, number, lost(number))
        future.add_done_callback(lambda _: timer.cancel())

    async def _serve(self, socket: ClientConnection) -> None:
        """From hello until the connection ends; returns only after it was up."""
        self._outgoing = asyncio.Queue()
        writer = asyncio.create_task(self._write(socket), name=f"media-link-writer-{self.worker}")
        try:
            async with asyncio.timeout(GREETING_S):
                snapshot = await self._greet(socket)
            self.up, self._is_missed = True, False
            self._pause_s = FIRST_PAUSE_S  # however it ends: a killed worker is back in a moment
            log.info("= media worker up", worker=self.worker, rooms=len(snapshot.rooms))
            self._listener.worker_up(self.worker, snapshot)
            async for text in socket:
                self._take(text)
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketException, OSError):
                await writer
            self._go_down()

    async def _greet(self, socket: ClientConnection) -> control.Snapshot:
        """Hello, then the snapshot. Events before it are part of it."""
        loop = asyncio.get_running_loop()
        hello: asyncio.Future[control.Reply] = loop.create_future()
        snapshot: asyncio.Future[control.Reply] = loop.create_future()
        self._send(control.Hello(request=0, secret=self._secret), hello, GREETING_S)
        self._send(control.TakeSnapshot(request=0), snapshot, GREETING_S)
        while not snapshot.done():
            self._take(await socket.recv(), greeting=True)
            if hello.done() and isinstance(refused := hello.result(), control.Failed):
                raise WorkerRefused(refused.code)
        taken = snapshot.result()
        if not isinstance(taken, control.Snapshot):
            raise WorkerRefused(taken.code if isinstance(taken, control.Failed) else taken.type)
        return taken

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(await self._outgoing.get())

    def _take(self, text: str | bytes, *, greeting: bool = False) -> None:
        try:
            said = control.WORKER_SAYS.validate_json(text)
        except ValidationError as wrong:  # a worker of another release: better to miss one message than all of them
            log.error("! media worker says something unknown", worker=self.worker, errors=wrong.error_count())
            return
        if isinstance(said, control.Done | control.PeerOpened | control.Failed | control.Snapshot | control.StatsTaken):
            self._answer(said.request, said)
        elif greeting:
            pass
        elif isinstance(said, control.Leaving):
            log.info("= media worker leaves", worker=self.worker)
            self._listener.worker_leaves(self.worker)
        else:
            self._listener.worker_says(self.worker, said)

    def _answer(self, number: int, reply: control.Reply) -> None:
        future = self._waiting.pop(number, None)
        if future is not None and not future.done():
            future.set_result(reply)

    def _go_down(self) -> None:
        for number in list(self._waiting):
            self._answer(number, lost(number))
        if self.up:
            self.up = False
            log.warning("= media worker lost", worker=self.worker)
            self._listener.worker_down(self.worker)


def lost(request: int) -> control.Failed:
    """The answer of a worker that cannot answer."""
    return control.Failed(request=request, code="worker-lost", message="the media worker did not answer")
