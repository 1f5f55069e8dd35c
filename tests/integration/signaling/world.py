"""A Starlette app on uvicorn with WebSocket clients, its books and its media workers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from media import control
from signaling.bus import MemoryBus
from signaling.ports import WorkerAddress
from signaling.server import RoomServer
from signaling.ticket import mint
from signaling.vocabulary import Role
from signaling.ws_protocol import RoomProtocol
from tests.integration.signaling.books import LESSON, Books
from tests.integration.signaling.client import PATIENCE_S, Client
from tests.integration.signaling.worker import CONTROL_SECRET, Worker, listening_socket
from tests.waiting import until

SECRET = "s" * 40


class World:
    """One signalling process at a time, on a socket that outlives it; its books and workers outlive it too."""

    def __init__(self, workers: Iterable[Worker], secret: str = SECRET, share: int = 400) -> None:
        self.books = Books()
        self.workers = list(workers)
        self.share = share
        self.control_secret = CONTROL_SECRET
        self.socket = listening_socket()
        self.url = f"ws://127.0.0.1:{self.socket.getsockname()[1]}/ws/rooms"
        self.secret = secret
        self.clients: list[Client] = []
        self.rooms: RoomServer
        self._uvicorn: uvicorn.Server | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    async def start(self) -> "World":
        bus = MemoryBus()
        self.rooms = RoomServer(
            secret=self.secret,
            lessons=self.books,
            facts=self.books,
            bus=bus,
            workers=[WorkerAddress(f"w{index}", worker.url) for index, worker in enumerate(self.workers)],
            control_secret=self.control_secret,
            capture_directory=lambda recording: f"/data/recordings/{recording}",
            viewers_per_worker=self.share,
        )
        self._tasks = [asyncio.create_task(bus.subscribe("log", self.books.append))]
        await self.rooms.start()

        async def room(websocket: WebSocket) -> None:
            await self.rooms.serve(websocket, websocket.path_params["lesson"])

        config = uvicorn.Config(
            Starlette(routes=[WebSocketRoute("/ws/rooms/{lesson}", room)]),
            ws=RoomProtocol,
            ws_max_size=262_144,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._uvicorn = uvicorn.Server(config)
        self._uvicorn.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # older and newer uvicorn alike
        self._tasks.append(asyncio.create_task(self._uvicorn._serve([self.socket.dup()])))
        await until(lambda: self._uvicorn is not None and self._uvicorn.started, "uvicorn is up")
        return self

    async def crash(self) -> None:
        """As kill -9 does it: connections reset, nothing said, nothing published."""
        assert self._uvicorn is not None
        self.rooms._hall._stopped = True
        for link in self.rooms._hall.links.values():
            link._listener = Deaf()
        for connection in list(self._uvicorn.server_state.connections):
            connection.transport.abort()
        await self.stop(gently=False)

    async def stop(self, *, gently: bool = True) -> None:
        if self._uvicorn is None:
            return
        if not gently:
            self.rooms._hall._bus = MemoryBus()
            for host in self.rooms._hall.hosts.values():
                host._bus = MemoryBus()
        await self.rooms.stop()
        self._uvicorn.should_exit = True
        self._uvicorn.force_exit = True
        await asyncio.wait_for(self._tasks[1], PATIENCE_S)
        self._tasks[0].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._uvicorn = None

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        await self.stop()
        self.socket.close()
        for worker in self.workers:
            await worker.close()

    def ticket(self, person: str = "kim", role: Role = "learner", *, lesson: str = LESSON, **more: Any) -> str:
        return mint(self.secret, person=person, lesson=lesson, role=role, name=person.title(), **more)

    async def join(self, person: str = "kim", role: Role = "learner", **more: Any) -> "Client":
        client = await Client(self).open(more.get("lesson", LESSON))
        await client.hello(self.ticket(person, role, **more))
        return client


class Deaf:
    """A listener that is not there any more."""

    def worker_up(self, worker: str, snapshot: control.Snapshot) -> None: ...

    def worker_down(self, worker: str) -> None: ...

    def worker_says(self, worker: str, event: control.Event) -> None: ...

    def worker_leaves(self, worker: str) -> None: ...


@contextlib.asynccontextmanager
async def world(workers: int = 1, share: int = 400) -> AsyncIterator[World]:
    made = World([await Worker().start() for _ in range(workers)], share=share)
    await made.start()
    try:
        yield made
    finally:
        await made.close()
