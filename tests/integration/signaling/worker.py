"""A media worker without media."""

import asyncio
import contextlib
import itertools
import socket
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from media import control

CONTROL_SECRET = "control-secret"
_links = itertools.count(1)


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
