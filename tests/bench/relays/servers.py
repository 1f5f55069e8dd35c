"""The relays that meet the crowd: ours as an operator runs it, Janus from Debian, and the plain way with aiortc."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import psutil
from websockets.asyncio.client import ClientConnection, connect

from signaling.ticket import mint
from tests.bench.relays.peers import BenchPeer
from tests.running import COMMAND, classroom, environment

SECRET = "only for the benchmark, thirty-two characters"
STARTS_WITHIN_S = 60.0
CALM_WITHIN_S = 60.0


class Unavailable(Exception):
    """This server cannot be measured here; the sentence says why."""


class Server(Protocol):
    """A relay that is running."""

    name: str

    async def publish(self, offer: str) -> str:
        """The answer to the teacher's offer."""

    async def seat(self, peer: BenchPeer, number: int) -> None:
        """Do the signalling of one viewer: afterwards `peer` knows whom to connect to."""

    def processes(self) -> list[psutil.Process]: ...


def cpu_s(server: Server) -> float:
    """CPU time all its processes have used."""
    total = 0.0
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def memory_bytes(server: Server) -> int:
    total = 0
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def free_port(host: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(argv: list[str], core: int | None, log: Path, extra: dict[str, str] | None = None) -> Any:
    """A pinned process of ours to end: by its id, gently, then not."""
    pinned = ["taskset", "-c", str(core), *argv] if core is not None and shutil.which("taskset") else argv
    with log.open("ab") as out:
        process = subprocess.Popen(
            pinned, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment() | (extra or {}), start_new_session=True
        )
    try:
        yield process
    finally:
        members = family(process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        for member in members:
            with contextlib.suppress(psutil.Error):
                if member.is_running() and member.pid != process.pid:
                    member.kill()


async def until_listening(host: str, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((host, port), 0.2):
            return
        await asyncio.sleep(0.05)
    raise Unavailable(f"it does not start: {log.read_text(errors='replace')[-300:]}")


async def calm(server: Server) -> None:
    """Wait until what a first start does (the demo's films) is done."""
    deadline = time.monotonic() + CALM_WITHIN_S
    while time.monotonic() < deadline:
        before = cpu_s(server)
        await asyncio.sleep(1.0)
        if cpu_s(server) - before < 0.05:
            return
    print("        ours: still busy with its first start", flush=True)


def until_ready(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise Unavailable("it does not become ready")


# -- ours ---------------------------------------------------------------------------------------------------------------


class Ours:
    """`classroom serve`, spoken to as encoders and players do: WHIP and WHEP."""

    name = "ours"

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, lesson: str) -> None:
        self._process, self._port, self._lesson = process, port, lesson
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.port, self.lesson = port, lesson

    def processes(self) -> list[psutil.Process]:
        return family(self._process.pid)

    async def publish(self, offer: str) -> str:
        return await self._post(f"/whip/{self._lesson}", offer, "instructor", "bench-teacher")

    async def seat(self, peer: BenchPeer, number: int) -> None:
        peer.take_remote(await self._post(f"/whep/{self._lesson}", peer.player_offer(), "learner", f"bench-{number}"))

    async def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def _post(self, path: str, offer: str, role: Any, person: str) -> str:
        ticket = mint(SECRET, person=person, lesson=self._lesson, role=role, name=person)
        body = offer.encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAuthorization: Bearer {ticket}\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(head.encode() + body)
        answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode()
        length = next(int(line.split(":")[1]) for line in answer.split("\r\n") if line.lower().startswith("content-length"))
        text = (await asyncio.wait_for(reader.readexactly(length), 20)).decode()
        self._idle.append((reader, writer))
        if " 201 " not in answer.split("\r\n")[0]:
            raise Unavailable(f"{answer.splitlines()[0]} {text[:200]}")
        return text


@contextlib.asynccontextmanager
async def ours(host: str, core: int | None, folder: Path) -> AsyncIterator[Ours]:
    port, log = free_port("127.0.0.1"), folder / "ours.log"
    media_port = free_port(host, socket.SOCK_DGRAM)
    argv = [COMMAND, "serve", "--demo", "--port", str(port), "--data", str(folder / "data")]
    argv += ["--media-port", str(media_port), "--media-ips", host]
    with started(argv, core, log, {"CLASSROOM_SECRET": SECRET}) as process:
        await until_listening("127.0.0.1", port, process, log)
        await asyncio.to_thread(until_ready, f"http://127.0.0.1:{port}/readyz")
        rows = await asyncio.to_thread(classroom, "lessons", data=folder / "data")
        lesson = next(str(row["id"]) for row in rows if row["state"] == "live")
        server = Ours(process, port, lesson)
        try:
            await calm(server)
            yield server
        finally:
            await server.close()


# -- Janus --------------------------------------------------------------------------------------------------------------

JANUS_CONFIG = """
general: {{ configs_folder = "{folder}" plugins_folder = "{plugins}" transports_folder = "{transports}"
  debug_level = 2 {loops} }}
nat: {{ ice_lite = true ice_enforce_list = "{host}" }}
media: {{ }}
plugins: {{ disable = "{no_plugins}" }}
transports: {{ disable = "{no_transports}" }}
"""
WEBSOCKETS_CONFIG = 'general: {{ json = "compact" ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}\n'
ROOM = 1


class Janus:
    """Debian's Janus with its videoroom over the WebSocket API."""

    name = "janus"

    def __init__(self, process: "subprocess.Popen[bytes]", connection: ClientConnection) -> None:
        self._process, self._connection = process, connection
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._session = self._feed = 0
        self._reader = asyncio.create_task(self._read())
        self._keeper: asyncio.Task[None] | None = None

    def processes(self) -> list[psutil.Process]:
        return family(self._process.pid)

    async def open(self) -> None:
        self._session = int((await self._ask({"janus": "create"}))["data"]["id"])
        self._keeper = asyncio.create_task(self._keep_alive())
        handle = await self._attach()
        room = {
            "request": "create",
            "room": ROOM,
            "publishers": 3,
            "bitrate": 5_000_000,
            "videocodec": "vp8",
            "audiocodec": "opus",
        }
        await self._message(handle, room, synchronous=True)

    async def publish(self, offer: str) -> str:
        handle = await self._attach()
        joined = await self._message(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        self._feed = int(joined["plugindata"]["data"]["id"])
        published = await self._message(handle, {"request": "publish"}, {"type": "offer", "sdp": offer})
        return str(published["jsep"]["sdp"])

    async def seat(self, peer: BenchPeer, number: int) -> None:
        handle = await self._attach()
        request = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": self._feed}]}
        attached = await self._message(handle, request)
        offer = str(attached["jsep"]["sdp"])
        peer.take_remote(offer)
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": peer.viewer_answer(offer)})

    async def close(self) -> None:
        for task in (self._reader, self._keeper):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        await self._connection.close()

    async def _attach(self) -> int:
        return int((await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"}))["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None, *, synchronous: bool = False
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if jsep:
            request["jsep"] = jsep
        reply = await self._ask(request, final="success" if synchronous else "event")
        wrong = reply.get("plugindata", {}).get("data", {}).get("error")
        if wrong:
            raise Unavailable(f"Janus: {wrong}")
        return reply

    async def _ask(self, request: dict[str, Any], final: str = "success") -> dict[str, Any]:
        self._number += 1
        transaction = f"{final} {self._number}"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        if self._session:
            request["session_id"] = self._session
        await self._connection.send(json.dumps(request | {"transaction": transaction}))
        return await asyncio.wait_for(future, 20)

    async def _read(self) -> None:
        async for frame in self._connection:
            said = json.loads(frame)
            transaction = str(said.get("transaction", ""))
            if said.get("janus") == "error":
                future = self._waiting.pop(transaction, None)
                if future is not None:
                    future.set_exception(Unavailable(f"Janus: {said['error'].get('reason')}"))
            elif transaction and said.get("janus") == transaction.split()[0]:
                future = self._waiting.pop(transaction, None)
                if future is not None:
                    future.set_result(said)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            await self._ask({"janus": "keepalive"}, final="ack")


@contextlib.asynccontextmanager
async def janus(host: str, core: int | None, folder: Path) -> AsyncIterator[Janus]:
    if shutil.which("janus") is None:
        raise Unavailable("Janus is not installed; `sh tests/prepare_bench` installs Debian's")
    libraries = next((path for path in Path("/usr/lib").glob("*/janus") if (path / "plugins").is_dir()), None)
    if libraries is None:
        raise Unavailable("Janus is installed without its plugins")
    config, port, log = folder / "janus", free_port("127.0.0.1"), folder / "janus.log"
    config.mkdir()
    unused = [path.name for path in (libraries / "plugins").glob("*.so") if "videoroom" not in path.name]
    silent = [path.name for path in (libraries / "transports").glob("*.so") if "websockets" not in path.name]
    text = JANUS_CONFIG.format(
        folder=config,
        plugins=libraries / "plugins",
        transports=libraries / "transports",
        host=host,
        loops=os.environ.get("JANUS_LOOPS", "event_loops = 2"),
        no_plugins=",".join(unused),
        no_transports=",".join(silent),
    )
    (config / "janus.jcfg").write_text(text)
    (config / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS_CONFIG.format(port=port))
    (config / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")
    with started(["janus", "-F", str(config), "-C", str(config / "janus.jcfg"), "-N"], core, log) as process:
        await until_listening("127.0.0.1", port, process, log)
        connection = await connect(f"ws://127.0.0.1:{port}", subprotocols=["janus-protocol"], max_size=None)  # type: ignore[list-item]
        server = Janus(process, connection)
        try:
            await server.open()
            yield server
        finally:
            await server.close()


# -- aiortc -------------------------------------------------------------------------------------------------------------


class Naive:
    """One RTCPeerConnection per viewer and a MediaRelay, as tutorials do it (`naive.py`)."""

    name = "aiortc"

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process, self._port = process, port

    def processes(self) -> list[psutil.Process]:
        return family(self._process.pid)

    async def publish(self, offer: str) -> str:
        return await self._ask("publish", offer)

    async def seat(self, peer: BenchPeer, number: int) -> None:
        peer.take_remote(await self._ask("view", peer.player_offer()))

    async def _ask(self, kind: str, offer: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        writer.write(json.dumps({"kind": kind, "sdp": offer}).encode() + b"\n")
        line = await asyncio.wait_for(reader.readline(), 30)
        writer.close()
        if not line:
            raise Unavailable("aiortc refuses the offer")
        return str(json.loads(line)["sdp"])


@contextlib.asynccontextmanager
async def naive(host: str, core: int | None, folder: Path) -> AsyncIterator[Naive]:
    port, log = free_port("127.0.0.1"), folder / "aiortc.log"
    with started([sys.executable, "-m", "tests.bench.relays.naive", str(port)], core, log) as process:
        await until_listening("127.0.0.1", port, process, log)
        yield Naive(process, port)


SERVERS = {"ours": ours, "janus": janus, "aiortc": naive}
__all__ = ["SERVERS", "Server", "Unavailable", "cpu_s", "memory_bytes"]
