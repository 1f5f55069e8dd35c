"""Clients of a media worker for tests: signalling over the real control channel, aiortc peers, and a page for Chromium."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import ClientConnection, connect

from media.control import (
    WORKER_SAYS,
    AnswerPeer,
    Command,
    Done,
    Event,
    Failed,
    Hello,
    OpenPeer,
    PeerId,
    PeerOpened,
    Reply,
    RoomId,
    Snapshot,
    StatsTaken,
)
from media.listening import Settings
from media.server import Relay, running
from media.subscription import SinkFactory

SECRET = "a secret between two processes"
ROOM = RoomId("room-1")


class Signalling:
    """What signalling does to a worker."""

    def __init__(self, connection: ClientConnection) -> None:
        self.events: list[Event] = []
        self._connection = connection
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def ask(self, command: Command) -> Reply:
        """Send one command; its reply."""
        number = next(self._numbers)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        await self._connection.send(command.model_copy(update={"request": number}).model_dump_json())
        return await asyncio.wait_for(future, 10)

    async def open(self, peer: str, **fields: Any) -> PeerOpened:
        reply = await self.ask(OpenPeer(request=0, peer=PeerId(peer), room=fields.pop("room", ROOM), **fields))
        assert isinstance(reply, PeerOpened), reply
        return reply

    async def answer(self, peer: str, sdp: str) -> None:
        reply = await self.ask(AnswerPeer(request=0, peer=PeerId(peer), sdp=sdp))
        assert isinstance(reply, Done), reply

    async def wait_for(self, wanted: Callable[[Event], bool], timeout_s: float = 10.0) -> Event:
        """The first event, past or coming, that `wanted` accepts."""

        async def search() -> Event:
            async with self._news:
                while True:
                    for event in self.events:
                        if wanted(event):
                            return event
                    await self._news.wait()

        return await asyncio.wait_for(search(), timeout_s)

    async def close(self) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._connection.close()

    async def _read(self) -> None:
        async for frame in self._connection:
            said = WORKER_SAYS.validate_json(frame)
            if isinstance(said, Done | PeerOpened | Failed | Snapshot | StatsTaken):
                self._replies.pop(said.request).set_result(said)
            else:
                async with self._news:
                    self.events.append(said)
                    self._news.notify_all()


@contextlib.asynccontextmanager
async def signalling_to(port: int) -> AsyncIterator[Signalling]:
    """A greeted control connection to the worker at this TCP port."""
    async with connect(f"ws://127.0.0.1:{port}") as connection:
        signalling = Signalling(connection)
        reply = await signalling.ask(Hello(request=0, secret=SECRET))
        assert isinstance(reply, Done), reply
        try:
            yield signalling
        finally:
            await signalling.close()


@contextlib.asynccontextmanager
async def worker_and_signalling(sink_factory: SinkFactory | None = None) -> AsyncIterator[tuple[Relay, Signalling]]:
    """A worker in this process on ephemeral ports, and signalling dialled in."""
    control = socket.create_server(("127.0.0.1", 0))
    port = control.getsockname()[1]
    async with running(Settings(0, SECRET, ("127.0.0.1",)), control, sink_factory) as relay, signalling_to(port) as signalling:
        yield relay, signalling


def new_connection() -> RTCPeerConnection:
    """An aiortc peer that asks no STUN server in the world."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def publish(
    signalling: Signalling, peer: str, owner: str, tracks: list[MediaStreamTrack], **fields: Any
) -> RTCPeerConnection:
    """An aiortc peer that sends `tracks`."""
    connection = new_connection()
    for track in tracks:
        connection.addTransceiver(track, direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    opened = await signalling.open(peer, owner=owner, direction="publish", sdp=connection.localDescription.sdp, **fields)
    await connection.setRemoteDescription(RTCSessionDescription(opened.sdp, "answer"))
    return connection


async def view(
    signalling: Signalling, peer: str, owner: str, **fields: Any
) -> tuple[RTCPeerConnection, dict[str, MediaStreamTrack]]:
    """An aiortc peer that receives every slot; (connection, tracks by slot)."""
    connection = new_connection()
    opened = await signalling.open(peer, owner=owner, direction="view", **fields)
    await connection.setRemoteDescription(RTCSessionDescription(opened.sdp, "offer"))
    tracks = {opened.slots[t.mid]: t.receiver.track for t in connection.getTransceivers()}
    await connection.setLocalDescription(await connection.createAnswer())
    await signalling.answer(peer, connection.localDescription.sdp)
    return connection, tracks
