"""Signalling for real: a Starlette app on uvicorn, WebSocket clients, and a small media worker speaking the control protocol."""

import asyncio
import contextlib
import itertools
import logging
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from media import control
from signaling import facts, messages
from signaling.bus import MemoryBus
from signaling.errors import Refused
from signaling.facts import AnyFact
from signaling.ports import LessonInfo, WorkerAddress
from signaling.server import RoomServer
from signaling.ticket import mint
from signaling.ws_protocol import RoomProtocol

SECRET = "s" * 40
CONTROL_SECRET = "control-secret"
LESSON = "lesson-1"
PATIENCE_S = 10.0
_links = itertools.count(1)


async def until(condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Wait for something to be true; says what never was."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not (value := condition()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.01)
    return value


class Worker:
    """A media worker without media: answers every command, remembers what it was told, says what the test lets it say."""

    def __init__(self) -> None:
        self.socket = listening_socket()
        self.url = f"ws://127.0.0.1:{self.socket.getsockname()[1]}"
        self.link = ""
        self.commands: list[control.Command] = []
        self.rooms: dict[str, dict[str, Any]] = {}
        self.fail: dict[str, str] = {}
        """Command type → code to fail it with."""
        self.follows: dict[str, str] = {}
        """Room → the link it was told to follow."""
        self.mute = False
        """Take commands and say nothing."""
        self.leaving = False
        self.machine = "here"
        self.connected: set[str] = set()
        self._server: Server | None = None
        self._clients: set[ServerConnection] = set()
        self._sending: set[asyncio.Future[None]] = set()

    async def start(self) -> "Worker":
        """Listen; after `kill` on the same address, with nothing remembered."""
        self.rooms.clear()
        self.follows.clear()
        self.leaving = False
        self.link = f"link-{next(_links)}"
        self._server = await serve(self._serve, sock=self.socket.dup(), compression=None, max_size=2**23)
        return self

    async def kill(self) -> None:
        """As kill -9 does it: connections reset, nothing said."""
        assert self._server is not None
        for client in list(self._clients):
            client.transport.abort()
        self._server.close()
        await self._server.wait_closed()
        self._server = None
        self.rooms.clear()

    async def close(self) -> None:
        if self._server is not None:
            await self.kill()
        self.socket.close()

    def say(self, event: control.Event) -> None:
        for client in self._clients:
            sending = asyncio.ensure_future(client.send(event.model_dump_json()))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    def leave(self) -> None:
        """As after SIGTERM."""
        self.leaving = True
        for client in self._clients:
            self._sending.add(asyncio.ensure_future(client.send(control.Leaving().model_dump_json())))

    def connect_peer(self, command: control.OpenPeer) -> None:
        self.connected.add(command.peer)
        self.say(control.PeerConnected(room=command.room, peer=command.peer, owner=command.owner, direction=command.direction))

    def told(self, kind: str) -> list[Any]:
        return [command for command in self.commands if command.type == kind]

    async def _serve(self, client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            hello = control.COMMAND.validate_json(await client.recv())
            if not isinstance(hello, control.Hello) or hello.secret != CONTROL_SECRET:
                await client.send(control.Failed(request=hello.request, code="bad-secret", message="").model_dump_json())
                return
            await client.send(control.Done(request=hello.request).model_dump_json())
            self._clients.add(client)
            try:
                async for text in client:
                    await self._take(client, control.COMMAND.validate_json(text))
            finally:
                self._clients.discard(client)

    async def _take(self, client: ServerConnection, command: control.Command) -> None:
        self.commands.append(command)
        if not self.mute:
            await client.send(self._carry_out(command).model_dump_json())

    def _carry_out(self, command: control.Command) -> control.Reply:
        request = command.request
        if command.type in self.fail:
            return control.Failed(request=request, code=self.fail[command.type], message="as the test wants it")
        match command:
            case control.OpenPeer(peer=peer, room=room, direction=direction):
                self._room(room)[direction][peer] = command
                slots = {"0": "screen", "1": "camera-0", "2": "audio-0"} if direction == "view" else {}
                return control.PeerOpened(request=request, peer=peer, sdp=f"sdp of {peer}", slots=slots)
            case control.ClosePeer(peer=peer):
                for state in self.rooms.values():
                    state["publish"].pop(peer, None)
                    state["view"].pop(peer, None)
            case control.StartCapture(room=room, capture=capture):
                self._room(room)["captures"].append(capture)
            case control.StopCapture(room=room, capture=capture):
                if capture in self._room(room)["captures"]:
                    self._room(room)["captures"].remove(capture)
            case control.CloseRoom(room=room):
                self.rooms.pop(room, None)
            case control.TakeSnapshot():
                rooms = [self._state(room) for room in self.rooms]
                return control.Snapshot(request=request, rooms=rooms, link=self.link, machine=self.machine, leaving=self.leaving)
            case control.FollowRoom(room=room, home=home):
                self._room(room)
                self.follows.pop(room, None)
                if home is not None:
                    self.follows[room] = home
            case control.TakeStats():
                return control.StatsTaken(request=request, counters={"media_packets_total": 3}, gauges={})
        return control.Done(request=request)

    def _room(self, room: str) -> dict[str, Any]:
        return self.rooms.setdefault(room, {"publish": {}, "view": {}, "captures": []})

    def _state(self, room: str) -> control.RoomState:
        state = self.rooms[room]
        return control.RoomState(
            room=control.RoomId(room),
            publications=[
                control.PublicationState(
                    peer=peer, owner=command.owner, source=source, slot=slot_of(source), codec="vp8", muted=False
                )
                for peer, command in state["publish"].items()
                for source in sorted(set(command.sources.values()))
            ],
            viewers=list(state["view"]),
            publishers=list(state["publish"]),
            captures=list(state["captures"]),
            home=self.follows.get(room),
        )


def slot_of(source: str) -> str | None:
    return {"camera": "camera-0", "microphone": "audio-0", "screen": "screen"}.get(source)


def listening_socket() -> socket.socket:
    """As the supervisor makes it: it outlives the processes that serve on it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2_048)
    return listener


class Books:
    """Lessons and the fact log, in memory: what `web` keeps in the database."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.lessons = {
            LESSON: LessonInfo(LESSON, "자료 정리", "엑셀 기초", now - timedelta(minutes=5), now + timedelta(hours=1), False)
        }
        self.log: list[AnyFact] = []
        self.broken = False
        self.closed: set[str] = set()
        """People whose account does not work."""
        self.unnamed_now: set[tuple[str, str]] = set()
        """Lesson and person: captioners whose name was taken away."""

    async def describe(self, lesson: str) -> LessonInfo:
        if self.broken:
            raise OSError("the database is away")
        if lesson not in self.lessons:
            raise Refused("lesson-unknown")
        return self.lessons[lesson]

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        if self.broken:
            raise OSError("the database is away")
        return self.closed & set(persons)

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        return self.unnamed_now & set(captioners)

    async def facts(self, lesson: str) -> Sequence[AnyFact]:
        return [fact for fact in self.log if fact.lesson == lesson]

    async def unfinished(self) -> Sequence[str]:
        over = {fact.lesson for fact in self.log if isinstance(fact, facts.LessonEnded)}
        return sorted({fact.lesson for fact in self.log} - over)

    async def append(self, batch: Sequence[AnyFact]) -> None:
        known = {fact.id for fact in self.log}
        self.log += [fact for fact in batch if fact.id not in known]

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.log if isinstance(fact, kind)]


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

    def ticket(self, person: str = "kim", role: messages.Role = "learner", *, lesson: str = LESSON, **more: Any) -> str:
        return mint(self.secret, person=person, lesson=lesson, role=role, name=person.title(), **more)

    async def join(self, person: str = "kim", role: messages.Role = "learner", **more: Any) -> "Client":
        client = await Client(self).open(more.get("lesson", LESSON))
        await client.hello(self.ticket(person, role, **more))
        return client


class Deaf:
    """A listener that is not there any more."""

    def worker_up(self, worker: str, snapshot: control.Snapshot) -> None: ...

    def worker_down(self, worker: str) -> None: ...

    def worker_says(self, worker: str, event: control.Event) -> None: ...

    def worker_leaves(self, worker: str) -> None: ...


class Client:
    """A browser as far as the WebSocket goes."""

    def __init__(self, world: "World | Crowd") -> None:
        self.world = world
        self.socket: ClientConnection
        self.welcome: messages.Welcome
        self.seen: deque[messages.Message] = deque()

    async def open(self, lesson: str = LESSON) -> "Client":
        self.socket = await connect(
            f"{self.world.url}/{lesson}", compression=None, max_size=2**24, ping_interval=None, close_timeout=1.0, proxy=None
        )
        self.world.clients.append(self)
        return self

    async def hello(self, ticket: str, resume: str | None = None) -> "Client":
        await self.say(messages.Hello(version=messages.VERSION, ticket=ticket, resume=resume))
        self.welcome = await self.expect(messages.Welcome)
        return self

    async def resume(self, earlier: "Client") -> "Client":
        await self.open()
        return await self.hello("expired", earlier.welcome.resume)

    @property
    def peer(self) -> messages.PeerId:
        return self.welcome.peer

    async def say(self, message: messages.Message) -> None:
        await self.socket.send(message.model_dump_json())

    async def read(self) -> messages.Message:
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
        return str((await self.expect(messages.Error)).code)

    async def closed(self) -> str:
        """Why the server ended it, and that it did."""
        code = str((await self.expect(messages.Closed)).code)
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


@contextlib.asynccontextmanager
async def world(workers: int = 1, share: int = 400) -> AsyncIterator[World]:
    made = World([await Worker().start() for _ in range(workers)], share=share)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def deep(depth: int) -> str:
    return '{"type":"send-chat","id":"1","text":' + "[" * depth + "]" * depth + "}"


class Crowd:
    """A server in another process, to be stormed from this one."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self.url = f"ws://127.0.0.1:{port}/ws/rooms"
        self.clients: list[Client] = []

    def ticket(self, person: str, role: messages.Role = "learner") -> str:
        return mint(SECRET, person=person, lesson=LESSON, role=role, name=f"배움이 {person}", ttl_s=600)

    async def join(self, person: str, role: messages.Role = "learner") -> Client:
        return await (await Client(self).open()).hello(self.ticket(person, role))

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self.clients), return_exceptions=True)


async def serve_for_ever(fd: int) -> None:
    """The process that is stormed: one signalling server and its media worker."""
    made = World([await Worker().start()])
    made.socket.close()
    made.socket = socket.socket(fileno=fd)
    await made.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(serve_for_ever(int(sys.argv[1])))
