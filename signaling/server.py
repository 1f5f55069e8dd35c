"""WebSockets ↔ sessions ↔ rooms: the edge where clients are awaited.

Follow one join: `serve` accepts → `Connection.read` → `Session.receive` (parses, limits) → `_let_in` verifies the ticket or the
resume token, opens the room (`Hall.open`: description + facts → `restore`) → `Room.enter` → `RoomHost.attach` sends `welcome`.
From then on each frame goes `Connection.read` → `RoomHost.receive` → `Room.receive` → effects → `RoomHost.apply`.

One ticker looks after all deadlines four times a second; no timer or task exists per message.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.websockets import WebSocket

from media import control
from signaling.bus import Bus
from signaling.connection import Connection
from signaling.errors import Refused
from signaling.hall import Hall
from signaling.host import RoomHost
from signaling.place import Entrant
from signaling.ports import FactLog, Lessons, WorkerAddress
from signaling.programs import Programs
from signaling.requests import Hello
from signaling.resume import mint_resume, verify_resume
from signaling.roster import iso
from signaling.shut_out import ShutOut
from signaling.ticket import TicketRefused, verify
from signaling.trace import where
from signaling.vocabulary import Language, PeerId

TICK_S: Final = 0.25
STALL_S: Final = 1.0
"""A tick that is so late: the machine slept or was overloaded, and nobody is to be thrown out for our silence."""
ENTER_S: Final = 10.0
"""A store that does not answer: the client is told, and tries again."""
GOODBYE_S: Final = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counts:
    """For /metrics: sums only, no room or person."""

    rooms: int
    peers: int
    connections: int
    recordings: int
    recordings_troubled: int
    workers: int
    workers_up: int


class RoomServer:
    """What `web` mounts at /ws/rooms/{lesson}."""

    def __init__(
        self,
        *,
        secret: str,
        lessons: Lessons,
        facts: FactLog,
        bus: Bus,
        workers: Sequence[WorkerAddress],
        control_secret: str,
        capture_directory: Callable[[str], str],
        now: Callable[[], float] | None = None,
        viewers_per_worker: int = 400,
        spare_workers: int = 0,
    ) -> None:
        self._secret = secret
        self._hall = Hall(
            lessons=lessons,
            facts=facts,
            bus=bus,
            workers=workers,
            control_secret=control_secret,
            capture_directory=capture_directory,
            now=now,
            viewers_per_worker=viewers_per_worker,
            spare_workers=spare_workers,
        )
        self._now = self._hall.now
        self._shut_out = ShutOut(lessons, self._hall)
        self._programs = Programs(secret, self._hall, self._shut_out)
        self._connections: set[Connection] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Link the media workers and bring back the lessons that were running."""
        self._tasks = [
            asyncio.create_task(self._tick(), name="rooms-ticker"),
            asyncio.create_task(self._shut_out.watch(), name="rooms-shut-out"),
        ]
        await self._hall.start()

    async def stop(self) -> None:
        """Send every client off to come back later; places, rights and recordings go on in the log. Twice is silent."""
        self._stopping = True
        for connection in list(self._connections):
            connection.close("going-away")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._connections:
                    await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hall.stop()

    @property
    def ready(self) -> bool:
        """A media worker is linked, so a class can be held."""
        return bool(self._hall.directory.up()) and not self._stopping

    def live(self) -> list[str]:
        """Lessons with somebody in."""
        return [lesson for lesson, host in self._hall.hosts.items() if host.room.places]

    def counts(self) -> Counts:
        rooms = [host.room for host in self._hall.hosts.values()]
        return Counts(
            rooms=sum(bool(room.places) for room in rooms),
            peers=sum(place.connected for room in rooms for place in room.places.values()),
            connections=len(self._connections),
            recordings=sum(room.recorder.on for room in rooms),
            recordings_troubled=sum(room.recorder.on and room.recorder.trouble is not None for room in rooms),
            workers=self._hall.expected,
            workers_up=len(self._hall.directory.up()),
        )

    async def media_stats(self) -> dict[str, control.StatsTaken]:
        """What each media worker that answers counts, by the worker's name, for /metrics; no room or person in it."""
        links = list(self._hall.links.values())
        replies = await asyncio.gather(*(link.request(control.TakeStats(request=0), 1.0) for link in links))
        return {link.worker: reply for link, reply in zip(links, replies, strict=True) if isinstance(reply, control.StatsTaken)}

    async def refresh(self, lesson: str) -> None:
        """The lesson was edited: title, times, automatic recording and who writes captions are read again."""
        await self._hall.refresh(lesson)
        await self._shut_out.look(lesson)

    async def end(self, lesson: str, by: str) -> None:
        """End a class from outside. Raises Refused when it is over or unknown."""
        host = await self._hall.open(lesson)
        host.apply(host.room.end(by, self._now()))

    # -- outside programs -------------------------------------------------------------------------------------------

    async def whip(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]:
        """Publish as instructor: (resource id, answer). Raises Refused."""
        return await self._programs.join(lesson, ticket, offer_sdp, near, "publish")

    async def whep(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]:
        """Play camera, screen and sound: (resource id, answer). Raises Refused."""
        return await self._programs.join(lesson, ticket, offer_sdp, near, "view")

    async def caption(self, lesson: str, ticket: str, text: str, language: Language) -> None:
        """A line of what is being said, written by a program with an instructor's ticket. Raises Refused."""
        await self._programs.caption(lesson, ticket, text, language)

    async def hang_up(self, resource: str) -> None:
        """End what `whip` or `whep` began. Raises Refused("unknown-resource")."""
        self._programs.hang_up(resource)

    # -- browsers ---------------------------------------------------------------------------------------------------

    async def serve(self, websocket: WebSocket, lesson: str) -> None:
        """One WebSocket from its acceptance to its end. Never raises for anything the client does."""
        connection = Connection(websocket, self._now)
        try:
            await websocket.accept()
        except Exception as reason:  # it hung up first
            log.debug("! not accepted", reason=type(reason).__name__)
            return
        task = asyncio.current_task()
        connection.run_by(task)
        writer = asyncio.create_task(connection.write(), name="client-writer")
        self._connections.add(connection)
        if self._stopping:
            connection.close("going-away")
        try:
            await self._converse(connection, lesson)
        except asyncio.CancelledError:
            if connection.closed_code is None or task is None:
                raise  # not by `cut`: whoever runs us wants to end
            task.uncancel()
        except Exception as failure:
            log.error("! connection failed", lesson=lesson, failure=where(failure))
            connection.close("server-error")
        finally:
            self._connections.discard(connection)
            await _finish(connection, writer)

    async def _converse(self, connection: Connection, lesson: str) -> None:
        """Hello first, then whatever comes, until the end."""
        host: RoomHost | None = None
        peer = PeerId("")
        try:
            while (delivered := await connection.read()) is not None:
                for message in delivered:
                    if host is not None:
                        host.receive(peer, message)
                    elif isinstance(message, Hello):
                        host, peer = await self._let_in(connection, message, lesson)
        except Refused as refused:
            log.info("! refused", lesson=lesson, code=refused.code)
            connection.close(refused.code)
            while await connection.read() is not None:
                pass  # until the client closes too, or is cut
        finally:
            if host is not None:
                host.detach(peer, connection, self._now() if connection.ended_by_client else connection.session.last_seen)
                self._hall.weigh(host)
                log.info("= connection ended", lesson=lesson, peer=peer, code=connection.closed_code or "lost")

    async def _let_in(self, connection: Connection, hello: Hello, lesson: str) -> tuple[RoomHost, PeerId]:
        """Verify, open the room, take the place, send the welcome. Raises Refused."""
        entrant = self._identify(hello, lesson)
        await self._shut_out.check(entrant.person, lesson, entrant.role)
        try:
            async with asyncio.timeout(ENTER_S):
                host = await self._hall.open(lesson)
        except TimeoutError:
            raise Refused("server-error") from None
        if not entrant.peer:
            entrant = Entrant(host.room.new_peer(), entrant.person, entrant.name, entrant.role, entrant.record)
        if connection.closed_code is not None:
            raise Refused(connection.closed_code)  # we are going down, and it took that long
        now = self._now()
        host.apply(host.room.enter(entrant, now))
        connection.session.admitted(now)
        host.attach(entrant.peer, connection, self._welcome(host, entrant))
        self._hall.weigh(host)
        log.info("= joined", lesson=lesson, peer=entrant.peer, role=entrant.role, resumed=hello.resume is not None)
        return host, entrant.peer

    def _identify(self, hello: Hello, lesson: str) -> Entrant:
        """Who says hello. A place's token outlives the ticket it was got with; a ticket of somebody else overrules it."""
        resumed = verify_resume(self._secret, hello.resume, lesson) if hello.resume else None
        try:
            ticket = verify(self._secret, hello.ticket, lesson=lesson)
        except TicketRefused as refused:
            if resumed is not None:
                return resumed
            raise Refused(refused.code) from refused
        same = resumed is not None and (resumed.person, resumed.role) == (ticket.person, ticket.role)
        peer = resumed.peer if resumed is not None and same else PeerId("")
        return Entrant(peer, ticket.person, ticket.name, ticket.role, ticket.record)

    def _welcome(self, host: RoomHost, entrant: Entrant) -> str:
        """Built around the room's ready-made JSON: a thousand newcomers must not serialise a thousand entries each."""
        place = host.room.places[entrant.peer]
        greeting = {
            "type": "welcome",
            "peer": entrant.peer,
            "role": place.role,
            "resume": mint_resume(self._secret, entrant, host.lesson),
            "now": iso(self._now()),
            "media": place.media(),
        }
        return f'{json.dumps(greeting)[:-1]},"room":{host.room.snapshot_json()}}}'

    async def _tick(self) -> None:
        due = self._now() + TICK_S
        while True:
            await asyncio.sleep(TICK_S)
            now = self._now()
            stood_still_s, due = now - due, now + TICK_S
            for connection in list(self._connections):
                if stood_still_s > STALL_S:
                    connection.session.forgive(stood_still_s)
                connection.on_tick(now)
            self._hall.on_tick(now)


async def _finish(connection: Connection, writer: "asyncio.Task[None]") -> None:
    """Let the writer say `closed` while there is somebody to hear it."""
    connection.run_by(None)
    if connection.closed_code is None or connection.ended_by_client:
        writer.cancel()
    with contextlib.suppress(asyncio.CancelledError, TimeoutError):
        async with asyncio.timeout(GOODBYE_S / 2):
            await writer
