"""Runs the processes of `classroom serve`: the supervising parent, the pages with signalling, the film jobs.

One `serve` at a time owns the classes of a database, by a lock that the parent holds: killed pages do not lose it. With SQLite a
second one is told so and ends (`folder_lock.py`); with PostgreSQL it stands by and takes over (`owner.py`).
"""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING

from web.child import CANNOT_START, command, say
from web.folder_lock import FolderLock
from web.nursery import Nursery
from web.plan import Plan, plan
from web.settings import DataFolder, Settings, SettingsWrong, database_url, sqlite_file
from web.supervisor import FROM_THE_START, Supervisor

if TYPE_CHECKING:
    from fastapi import FastAPI

KEEP_ALIVE_S = 20
GRACE_S = 5
WEBSOCKET_BACKLOG_BYTES = 131_072
AGAIN_AFTER_S = 2.0
"""Having stepped down, or failed to take over: others who stand by look once a second."""


def serve(settings: Settings) -> int:
    """The parent: checks what a person can mend, opens the sockets, keeps the children. Returns the exit status."""
    folder = DataFolder(settings.data)
    folder.create()
    folder.secret(settings)
    file = sqlite_file(settings)
    lock = FolderLock(file) if file is not None else None
    if lock is not None:
        lock.take(say)
    try:
        status = _serve(settings, lock, attended=True)
        while status == FROM_THE_START:
            time.sleep(AGAIN_AFTER_S)
            status = _serve(settings, lock, attended=False)
    finally:
        if lock is not None:
            lock.close()
    return status


def _serve(settings: Settings, lock: FolderLock | None, *, attended: bool) -> int:
    """All processes, from the first to the last. attended: somebody looks, who can mend what is wrong and start again."""
    name = ""
    if lock is None:
        from classroom.store.session_lock import name_of_this_process

        name = name_of_this_process()
    planned = plan(settings, name, lock)
    settings = settings.model_copy(update={"port": planned.port})
    try:
        if lock is not None:
            lock.tell(settings.address)
        if attended and not settings.is_reachable_for_browsers_media:
            say(
                f"{settings.address} is neither https nor this machine itself: browsers will give no camera or microphone "
                "there. Use --tls-cert and --tls-key, or --tls-self-signed for a trial."
            )
        if lock is not None:
            return asyncio.run(_serve_alone(settings, planned))
        return asyncio.run(_serve_in_turn(settings, planned, name, attended=attended))
    finally:
        planned.close()


async def _serve_alone(settings: Settings, planned: Plan) -> int:
    """The database is ours for as long as we run."""
    supervisor = Supervisor([planned.web, *planned.media, planned.jobs], planned.places, Nursery(command("nursery")))
    async with _beside(announce(settings)):
        return await supervisor.run()


async def _serve_in_turn(settings: Settings, planned: Plan, name: str, *, attended: bool) -> int:
    """On a database that others serve too, one at a time: at once when nobody does, else when it is our turn."""
    from classroom.errors import DatabaseAway
    from classroom.store.session_lock import SessionLock
    from web.owner import Owner

    lock = SessionLock(database_url(settings), name)
    owner = Owner(lock, say)
    ours = False
    try:
        try:
            ours = await owner.begin()
        except DatabaseAway as away:
            if attended:
                say(f"CLASSROOM_DATABASE_URL: the database cannot be reached ({_why(away.__cause__)}).")
                return CANNOT_START
        first, last = (planned.web, [planned.jobs]) if ours else (planned.standby, [])
        supervisor = Supervisor([first, *planned.media, *last], planned.places, Nursery(command("nursery")))

        async def take_over() -> None:
            say("taking over the classes of this database")
            announcing.append(asyncio.create_task(announce(settings)))
            await supervisor.take_over(planned.standby, planned.web, planned.jobs)

        announcing = [asyncio.create_task(announce(settings))] if ours else []
        try:
            async with _beside(owner.watch(take_over, lambda: supervisor.stop(FROM_THE_START))):
                return await supervisor.run()
        finally:
            for task in announcing:
                task.cancel()
            await asyncio.gather(*announcing, return_exceptions=True)
    finally:
        await lock.close()  # when nothing of ours writes any more


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs while the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _why(failure: BaseException | None) -> str:
    """In words without a secret: drivers name host, user and database at most."""
    if isinstance(failure, OSError):
        return os.strerror(failure.errno) if failure.errno else str(failure) or type(failure).__name__
    return str(failure) or type(failure).__name__


async def announce(settings: Settings) -> None:
    """Print the addresses once `/readyz` answers 200."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    url = f"{'https' if settings.https else 'http'}://{host}:{settings.port}/readyz"
    while not await asyncio.to_thread(_answers, url):
        await asyncio.sleep(0.1)
    lines = [f"경기 배움두루 · ready on {settings.address}"]
    if settings.demo:
        lines += [
            "",
            "  demo accounts, password: classroom-demo",
            "    instructor@demo.example    teaches the class that is live now",
            "    resident01@demo.example    … resident20: enrolled in it (to resident30: not)",
            "    suwon@demo.example         municipal administrator (also seongnam@…)",
            "    province@demo.example      provincial administrator",
        ]
    lines += ["", "  Ctrl-C ends it; SIGUSR1 restarts it while classes go on."]
    print("\n".join(lines), flush=True)


def _answers(url: str) -> bool:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # our own certificate, asked only whether it is up
    try:
        with urllib.request.urlopen(url, timeout=2, context=context if url.startswith("https") else None) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def serve_pages(settings: Settings, listener: socket.socket) -> int:
    """The `web` child: pages and signalling on a listening socket."""
    from web.wiring import CannotStart, build_app

    folder = DataFolder(settings.data)
    folder.create()
    try:
        return _answer(build_app(settings, folder), settings, folder, listener)
    except CannotStart as reason:
        say(str(reason))
        return CANNOT_START


def serve_standby(settings: Settings, listener: socket.socket) -> int:
    """The `standby` child: answers on the pages' socket that another machine serves the database."""
    from web.services import WebSettings
    from web.standby import create_standby

    folder = DataFolder(settings.data)
    folder.create()
    token = settings.metrics_token.get_secret_value()
    shown = WebSettings(secret=folder.secret(settings), public_url=settings.address, metrics_token=token)
    return _answer(create_standby(shown), settings, folder, listener)


def _answer(app: "FastAPI", settings: Settings, folder: DataFolder, listener: socket.socket) -> int:
    """HTTP and WebSockets until we are told to end. Returns the exit status."""
    import uvicorn

    from signaling.ws_protocol import RoomProtocol
    from web.http_protocol import PageProtocol

    certificate, key = settings.tls_cert, settings.tls_key
    if settings.tls_self_signed and certificate is None:
        from web.tls import self_signed

        certificate, key = self_signed(folder.keys, [settings.host, *settings.media_addresses()])
    config = uvicorn.Config(
        app,
        http=PageProtocol,
        ws=RoomProtocol,
        ws_max_size=WEBSOCKET_BACKLOG_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        server_header=False,
        access_log=False,
        log_config=None,  # ours (`web/logs.py`): uvicorn's own prints whole tracebacks
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=str(certificate) if certificate else None,
        ssl_keyfile=str(key) if key else None,
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]))
    return 0 if server.started else CANNOT_START


async def _in_turn(settings: Settings, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """The film jobs of a database that others may do too, on another machine say: when it is our turn, until `stop`."""
    from classroom.store.session_lock import FILM_JOBS, SessionLock, name_of_this_process
    from web.owner import Owner

    lock = SessionLock(database_url(settings), name_of_this_process(), FILM_JOBS)
    ours = asyncio.Event()

    async def take_over() -> None:
        ours.set()

    try:
        async with _beside(Owner(lock, say, "the film jobs").watch(take_over, stop.set)):
            turn = [asyncio.create_task(event.wait()) for event in (ours, stop)]
            await asyncio.wait(turn, return_when=asyncio.FIRST_COMPLETED)
            for task in turn:
                task.cancel()
            if not stop.is_set():
                await work()
    finally:
        await lock.close()


def serve_jobs(settings: Settings) -> int:
    """The `jobs` child: replays while classes run, films after them."""
    from web.film_jobs import run_jobs

    folder = DataFolder(settings.data)
    folder.create()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if sqlite_file(settings) is not None:
            await run_jobs(settings, folder, stop)
        else:
            await _in_turn(settings, lambda: run_jobs(settings, folder, stop), stop)

    try:
        asyncio.run(run())
    except SettingsWrong as wrong:
        say(str(wrong))
        return CANNOT_START
    return 0
