"""Runs the processes of `classroom serve`: the supervising parent, the pages with signalling, the film jobs."""

import asyncio
import contextlib
import signal
import socket
import ssl
import urllib.error
import urllib.request

from web.nursery import Nursery
from web.settings import DataFolder, Settings, SettingsWrong
from web.supervisor import CANNOT_START, Supervisor, command, plan, say

KEEP_ALIVE_S = 20
GRACE_S = 5
WEBSOCKET_BACKLOG_BYTES = 131_072


def serve(settings: Settings) -> int:
    """The parent: checks what a person can mend, opens the sockets, keeps the children. Returns the exit status."""
    folder = DataFolder(settings.data)
    folder.create()
    folder.secret(settings)
    children, media, port = plan(settings)
    settings = settings.model_copy(update={"port": port})
    if not settings.is_reachable_for_browsers_media:
        say(
            f"{settings.address} is neither https nor this machine itself: browsers will give no camera or microphone there. "
            "Use --tls-cert and --tls-key, or --tls-self-signed for a trial."
        )
    supervisor = Supervisor(children, media, Nursery(command("nursery")))

    async def run() -> int:
        announcing = asyncio.create_task(announce(settings))
        try:
            return await supervisor.run()
        finally:
            announcing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await announcing

    return asyncio.run(run())


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
    import uvicorn

    from signaling.ws_protocol import RoomProtocol
    from web.http_protocol import PageProtocol
    from web.wiring import CannotStart, build_app

    folder = DataFolder(settings.data)
    folder.create()
    certificate, key = settings.tls_cert, settings.tls_key
    if settings.tls_self_signed and certificate is None:
        from web.tls import self_signed

        certificate, key = self_signed(folder.keys, [settings.host, *settings.media_addresses()])
    try:
        app = build_app(settings, folder)
    except CannotStart as reason:
        say(str(reason))
        return CANNOT_START
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
    try:
        asyncio.run(server.serve(sockets=[listener]))
    except KeyboardInterrupt:
        pass
    except CannotStart as reason:
        say(str(reason))
        return CANNOT_START
    return 0 if server.started else CANNOT_START


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
        await run_jobs(settings, folder, stop)

    try:
        asyncio.run(run())
    except SettingsWrong as wrong:
        say(str(wrong))
        return CANNOT_START
    return 0
