"""The control channel: signalling servers that give a worker commands and hear its events (`control.py` says which)."""

import asyncio
import contextlib
import hmac
import json
import socket
from collections.abc import Awaitable, Callable

import structlog
from pydantic import ValidationError
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.exceptions import ConnectionClosed

from media.control import (
    COMMAND,
    VERSION,
    CloseRoom,
    Command,
    Depart,
    Done,
    Failed,
    Hello,
    Model,
    Reply,
    StopCapture,
)
from media.errors import Refused

log = structlog.get_logger("media")

MAX_FRAME_BYTES = 256 * 1024
HELLO_S = 5.0
MAX_UNSENT_EVENTS = 10_000
CLOSE_BAD_SECRET = 4401


class ControlChannel:
    """All signalling connections of one worker.

    obey: carries out a command at once; may raise Refused. stop: carries out what ends recordings, in its own time.
    send_all: sends what a command caused.
    """

    def __init__(
        self,
        secret: str,
        obey: Callable[[Command], Reply],
        stop: Callable[[StopCapture | CloseRoom], Awaitable[None]],
        send_all: Callable[[], None],
    ) -> None:
        self._secret = secret
        self._obey = obey
        self._carry_out = stop
        self._send_all = send_all
        self._signallings: dict[ServerConnection, asyncio.Queue[str]] = {}
        self._departed: set[ServerConnection] = set()
        """Signallings that want nothing more of us."""

    @property
    def is_needed(self) -> bool:
        """Somebody who could move our rooms has not said that it is done."""
        return bool(self._signallings.keys() - self._departed)

    async def serve(self, control_socket: socket.socket) -> Server:
        """Listen for signalling on a TCP socket that is bound already."""
        control_socket.setblocking(False)
        return await serve_websockets(
            self._converse, sock=control_socket, max_size=MAX_FRAME_BYTES, compression=None, ping_interval=10, ping_timeout=20
        )

    async def _converse(self, connection: ServerConnection) -> None:
        """One signalling connection: Hello with the secret, then commands; events of all rooms go to it meanwhile."""
        try:
            if not await self._greet(connection):
                return
        except (ConnectionClosed, TimeoutError):
            return
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._signallings[connection] = queue
        writer = asyncio.create_task(self._write(connection, queue))
        stopping: set[asyncio.Task[None]] = set()
        try:
            async for frame in connection:
                request = 0
                try:
                    command = COMMAND.validate_json(frame)
                    request = command.request
                    if isinstance(command, Depart):
                        self._departed.add(connection)
                    if isinstance(command, StopCapture | CloseRoom):
                        # Closing a Sink may block for a second: in a thread, while other commands go on.
                        task = asyncio.create_task(self._stop(command, queue))
                        stopping.add(task)
                        task.add_done_callback(stopping.discard)
                        continue
                    reply = self._obey(command)
                except ValidationError:
                    reply = Failed(request=_request_of(frame), code="bad-command", message="This is not a command.")
                except Refused as refused:
                    reply = Failed(request=request, code=refused.code, message=refused.message)
                except Exception:
                    log.exception("! command failed")
                    reply = Failed(request=request, code="bad-command", message="The worker could not carry this out.")
                # What the command caused goes out with it: events first, so that a snapshot after them is newer.
                self._send_all()
                queue.put_nowait(reply.model_dump_json())
                await asyncio.sleep(0)  # many may stand in line: packets go between them
        except ConnectionClosed:
            pass
        finally:
            del self._signallings[connection]
            self._departed.discard(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await writer

    async def _greet(self, connection: ServerConnection) -> bool:
        frame = await asyncio.wait_for(connection.recv(), HELLO_S)
        try:
            command = COMMAND.validate_json(frame)
        except ValidationError:
            command = None
        if not isinstance(command, Hello) or not hmac.compare_digest(command.secret.encode(), self._secret.encode()):
            failed = Failed(
                request=command.request if command else 0, code="bad-secret", message="Hello with the secret comes first."
            )
            await connection.send(failed.model_dump_json())
            await connection.close(CLOSE_BAD_SECRET, "bad secret")
            return False
        if command.version != VERSION:
            failed = Failed(request=command.request, code="bad-command", message=f"This worker speaks version {VERSION}.")
            await connection.send(failed.model_dump_json())
            await connection.close(CLOSE_BAD_SECRET, "bad version")
            return False
        await connection.send(Done(request=command.request).model_dump_json())
        return True

    async def _write(self, connection: ServerConnection, queue: asyncio.Queue[str]) -> None:
        while True:
            text = await queue.get()
            try:
                await connection.send(text)
            except ConnectionClosed:
                return

    def publish(self, event: Model) -> None:
        text = event.model_dump_json()
        for connection, queue in list(self._signallings.items()):
            if queue.qsize() > MAX_UNSENT_EVENTS:
                # It does not read: let it come back and take a snapshot rather than fill our memory.
                connection.transport.abort()
                continue
            queue.put_nowait(text)

    async def _stop(self, command: StopCapture | CloseRoom, queue: asyncio.Queue[str]) -> None:
        await self._carry_out(command)
        queue.put_nowait(Done(request=command.request).model_dump_json())


def _request_of(frame: str | bytes) -> int:
    """The request number of a frame that is no command, if it has one."""
    try:
        value = json.loads(frame)
    except ValueError:
        return 0
    request = value.get("request") if isinstance(value, dict) else None
    return request if isinstance(request, int) else 0
