"""A browser as far as the WebSocket goes."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from media import control
from signaling import events, messages, replies, requests
from signaling.vocabulary import VERSION, Message, PeerId, Source
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.worker import Worker

PATIENCE_S = 10.0


class Place(Protocol):
    """Where a client connects, and is remembered to be closed."""

    url: str
    clients: list["Client"]


class Client:
    """A browser as far as the WebSocket goes."""

    def __init__(self, world: Place) -> None:
        self.world = world
        self.socket: ClientConnection
        self.welcome: replies.Welcome
        self.seen: deque[Message] = deque()

    async def open(self, lesson: str = LESSON) -> "Client":
        self.socket = await connect(
            f"{self.world.url}/{lesson}", compression=None, max_size=2**24, ping_interval=None, close_timeout=1.0, proxy=None
        )
        self.world.clients.append(self)
        return self

    async def hello(self, ticket: str, resume: str | None = None) -> "Client":
        await self.say(requests.Hello(version=VERSION, ticket=ticket, resume=resume))
        self.welcome = await self.expect(replies.Welcome)
        return self

    async def resume(self, earlier: "Client") -> "Client":
        await self.open()
        return await self.hello("expired", earlier.welcome.resume)

    @property
    def peer(self) -> PeerId:
        return self.welcome.peer

    async def say(self, message: Message) -> None:
        await self.socket.send(message.model_dump_json())

    async def read(self) -> Message:
        """The next message, out of a batch too."""
        if not self.seen:
            async with asyncio.timeout(PATIENCE_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
                text = await self.socket.recv()
            message = messages.SERVER_MESSAGE.validate_json(text)
            self.seen.extend(message.messages if isinstance(message, messages.Batch) else [message])
        return self.seen.popleft()

    async def expect(self, kind: type[Any], where: Callable[[Any], bool] = lambda message: True) -> Any:
        """The next message of this kind; others are passed over."""
        while True:
            message = await self.read()
            if isinstance(message, kind) and where(message):
                return message

    async def error(self) -> str:
        return str((await self.expect(replies.Error)).code)

    async def closed(self) -> str:
        """Why the server ended it, and that it did."""
        code = str((await self.expect(replies.Closed)).code)
        await asyncio.wait_for(self.socket.wait_closed(), PATIENCE_S)
        return code

    async def drain(self) -> None:
        """Read as a browser does, and forget."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.socket.recv()

    async def send_until_closed(self, *frames: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            for frame in frames:
                await self.socket.send(frame)
            while True:
                await asyncio.wait_for(self.socket.recv(), PATIENCE_S)

    async def close(self) -> None:
        await self.socket.close()

    def cut(self) -> None:
        """The process is gone: the kernel says FIN or RST, nobody says goodbye."""
        self.socket.transport.abort()


async def publish(client: Client, worker: Worker, *sources: Source) -> control.OpenPeer:
    """Publish until connected; the command the worker got."""
    named = {str(mid): source for mid, source in enumerate(sources or ("microphone", "camera"))}
    await client.say(requests.Publish(sdp="offer", sources=named))
    answer = await client.expect(replies.Published)
    command: control.OpenPeer = worker.told("open-peer")[-1]
    assert answer.sdp == f"sdp of {command.peer}"
    worker.connect_peer(command)
    await client.expect(events.PeerChanged, lambda message: message.peer.peer == client.peer and message.peer.sources)
    return command
