"""One client's WebSocket: a bounded queue outwards, a session inwards. Used by `server.py` alone."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from signaling.effects import Answer, Deliver, HangUp, Outcome
from signaling.errors import CLOSE_NUMBERS
from signaling.outbox import Outbox
from signaling.replies import Closed
from signaling.session import Session
from signaling.vocabulary import Message
from signaling.ws_protocol import aborter

STUCK_S: Final = 8.0
"""One frame that is not taken for so long: the reader is gone or does not read."""
GOODBYE_S: Final = 2.0
"""For the last frames and the closing handshake; then the socket is cut."""

log = structlog.get_logger()


class Connection:
    """`send` and `close` return at once and never raise; `read` and `write` are the two halves the server runs."""

    def __init__(self, socket: WebSocket, now: Callable[[], float]) -> None:
        self.session = Session(now())
        self.closed_code: str | None = None
        self.ended_by_client = False
        """The other end closed: that was a proof of life."""
        self._socket = socket
        self._abort = aborter(socket.scope)
        self._now = now
        self._outbox = Outbox()
        self._wake = asyncio.Event()
        self._sending_since: float | None = None
        self._closing_since: float | None = None
        self._reader: asyncio.Task[Any] | None = None

    def send(self, text: str) -> None:
        if self.closed_code is not None:
            return
        if self._outbox.push(text):
            self._wake.set()
        else:
            self.close("too-slow")

    def close(self, code: str) -> None:
        """Say `closed` and end. The first code counts; what waits for a slow reader is dropped."""
        if self.closed_code is not None:
            return
        self.closed_code = code
        self._closing_since = self._now()
        self.session.close()
        if code == "too-slow":
            self._outbox.clear()
        self._outbox.push(Closed(code=code).model_dump_json())
        self._wake.set()

    def on_tick(self, now: float) -> None:
        """Deadlines: a silent session, a stuck reader, a goodbye that takes too long."""
        if self.closed_code is None:
            if self.session.deadline() <= now:
                self.take(self.session.on_deadline(now))
            if self._sending_since is not None and now - self._sending_since > STUCK_S:
                self.close("too-slow")
                self.cut()
        elif self._closing_since is not None and now - self._closing_since > (0 if self.closed_code == "silent" else GOODBYE_S):
            self.cut()

    def cut(self) -> None:
        """Free the socket whatever the other end does."""
        if self._abort is not None:
            self._abort()
        if self._reader is not None:
            self._reader.cancel()

    def take(self, outcomes: list[Outcome]) -> list[Message]:
        """Carry out what the session says; the messages to act upon are returned."""
        delivered: list[Message] = []
        for outcome in outcomes:
            match outcome:
                case Deliver(message=message):
                    delivered.append(message)
                case Answer(message=message):
                    self.send(message.model_dump_json())
                case HangUp(code=code):
                    self.close(code)
        return delivered

    async def read(self) -> list[Message] | None:
        """The next frame's messages; None when the connection has ended."""
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            self.ended_by_client = self.closed_code is None
            return None
        if self.closed_code is not None:
            return []
        text = frame.get("text")
        if text is None:
            return self.take(self.session.receive_other())
        return self.take(self.session.receive(text, self._now()))

    async def write(self) -> None:
        """Send what is queued until closed; ends quietly when the other end is gone."""
        try:
            while True:
                self._wake.clear()
                while (text := self._outbox.pop()) is not None:
                    self._sending_since = self._now()
                    await self._socket.send({"type": "websocket.send", "text": text})
                    self._sending_since = None
                if self.closed_code is not None:
                    await self._socket.close(CLOSE_NUMBERS.get(self.closed_code, 1011), self.closed_code)
                    if self._abort is not None:  # the handshake's second half is up to the other end; our patience is not
                        asyncio.get_running_loop().call_later(GOODBYE_S, self._abort)
                    return
                await self._wake.wait()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._sending_since = None  # the reader learns of it too

    def run_by(self, reader: "asyncio.Task[Any] | None") -> None:
        """The task to cancel when the socket must be freed."""
        self._reader = reader
