"""Two `classroom serve` on one database never both own its rooms: one serves, the other is told so, or waits and takes over."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from classroom.store.migrate import upgrade
from classroom.store.unit_of_work import Store
from signaling.ticket import mint
from tests import waiting
from tests.integration.signaling.client import Client
from tests.integration.signaling.crowd import Crowd
from tests.integration.signaling.world import SECRET
from tests.integration.store.worlds import make_world
from tests.postgres import Postgres, running
from tests.running import COMMAND, Server, environment, free_port
from web.child import CANNOT_START
from web.workers import CUT_OFF

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def database() -> Iterator[Postgres]:
    with running() as server:
        server.set(fsync="off", synchronous_commit="off", full_page_writes="off")
        yield server


async def until(holds: Callable[[], object], what: str) -> float:
    """Processes start in it, and other tests run beside it."""
    return await waiting.until(holds, what, within_s=60.0)


def ask(server: Server, path: str) -> tuple[int, str, str | None]:
    """(status, body, Retry-After); status 0: nobody answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        try:
            connection.request("GET", path, headers={"Accept": "text/html"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers["Retry-After"]
        except OSError:
            return 0, "", None


def is_ready(server: Server) -> bool:
    return ask(server, "/readyz")[0] == 200


def stands_by(server: Server) -> bool:
    status, body, retry = ask(server, "/readyz")
    return status == 503 and json.loads(body) == {"status": "standby"} and retry is not None


def parts(server: Server) -> set[str]:
    assert server.process is not None
    found = set()
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.Error, IndexError):
            found.add(child.cmdline()[2])
    return found


def lock_is_freed(database: Postgres, server: Server) -> None:
    """As when PostgreSQL takes the machine of `server` for gone: the connection that holds the lock ends."""
    assert server.process is not None
    with psycopg.connect(database.url) as connection:
        mine = f"classroom {socket.gethostname()[:32]}/{server.process.pid}/%"
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s", (mine,)
        ).fetchall()
    assert len(ended) == 1


async def make_lesson(database: Postgres) -> str:
    """One that is on just now."""
    upgrade(database.url)
    store = Store(database.url)
    try:
        lesson = (await make_world(store)).lesson.id
    finally:
        await store.close()
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE lessons SET starts_at = now() - interval '10 minutes', ends_at = now() + interval '1 hour'")
    return str(lesson)


async def jobs_alone_stand_by(server: Server, folder: Path) -> None:
    """`classroom jobs` beside a `serve`: nothing is made twice."""
    log = folder / "jobs.log"
    with log.open("wb") as writing:
        jobs = subprocess.Popen(
            [COMMAND, "jobs", "--data", str(folder / "third")],
            env=environment() | server.settings,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
        )
    try:
        said = f"standing by: process {server.child('jobs').pid} on {socket.gethostname()} has the film jobs"
        await until(lambda: said in log.read_text(), "they are being done elsewhere")
    finally:
        jobs.terminate()
        assert jobs.wait(20) == 0, log.read_text()


def set_aside(database: Postgres) -> int:
    with psycopg.connect(database.url) as connection:
        return len(connection.execute("SELECT 1 FROM facts_aside WHERE reason = %s", (CUT_OFF,)).fetchall())


async def end_of(client: Client) -> int | None:
    """The WebSocket's close code, once it is closed."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await client.read()
    code: int | None = client.socket.close_code
    return code


async def join(crowd: Crowd, lesson: str, person: str) -> Client:
    ticket = mint(SECRET, person=person, lesson=lesson, role="learner", name=person.title(), ttl_s=600)
    return await (await Client(crowd).open(lesson)).hello(ticket, None)


async def test_with_sqlite_the_second_is_told_so_and_a_killed_one_is_replaced_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = Server(data, demo=False).start()
    second = Server(data, demo=False)
    try:
        assert first.process is not None
        began = time.monotonic()
        refused = subprocess.run(
            [*(COMMAND, "serve", "--data", str(data)), *("--port", str(free_port()), "--media-port", str(second.media_port))],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
        print(f"refused after {time.monotonic() - began:.1f} s: {refused.stderr}")
        assert refused.returncode == CANNOT_START
        assert refused.stdout == ""
        (sentence,) = refused.stderr.splitlines()
        assert f"process {first.process.pid} at http://127.0.0.1:{first.port}" in sentence
        assert is_ready(first)

        web = first.child("web")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        began = time.monotonic()
        second.start()
        print(f"kill -9 of the whole; another is ready after {time.monotonic() - began:.1f} s")
        assert not web.is_running(), "it began only when nothing of the first was left"
    finally:
        first.stop()
        assert second.stop() == 0, second.log.read_text()
    assert "Traceback" not in second.log.read_text(), second.log.read_text()


async def test_with_postgresql_the_second_stands_by_and_one_always_serves(tmp_path: Path, database: Postgres) -> None:
    lesson = await make_lesson(database)
    settings = {"CLASSROOM_DATABASE_URL": database.url, "CLASSROOM_SECRET": SECRET}
    first = Server(tmp_path / "first", demo=False, settings=settings).start()
    second = Server(tmp_path / "second", demo=False, settings=settings)
    crowd = Crowd(first.port, 0)
    try:
        second.begin()
        await until(lambda: stands_by(second), "the second stands by")
        assert first.process is not None
        assert f"standing by: process {first.process.pid} on {socket.gethostname()} has the classes" in second.log.read_text()
        assert ask(second, "/healthz")[0] == 200
        status, page, retry = ask(second, "/courses")
        assert (status, retry, "<h1>" in page) == (503, "5", True)
        assert ask(second, "/ws/rooms/x")[0] == 503
        assert "classroom_standby 1.0" in ask(second, "/metrics")[1]
        assert parts(second) >= {"standby", "media-worker"}
        assert not parts(second) & {"web", "jobs"}

        await jobs_alone_stand_by(first, tmp_path)
        learner = await join(crowd, lesson, "learner")

        web = first.child("web").pid
        lock_is_freed(database, first)
        database.crash()
        time.sleep(1.5)  # both miss it
        database.start()
        await until(lambda: "the classes are still ours" in first.log.read_text(), "the first has it again")
        await until(lambda: is_ready(first), "the first serves")
        assert first.child("web").pid == web
        assert stands_by(second)

        # A machine that stands still, and is taken for gone.
        parent = psutil.Process(first.process.pid)
        parent.suspend()
        try:
            lock_is_freed(database, first)
            gone = time.monotonic()
            await until(lambda: is_ready(second), "the second has taken over")
            print(f"the owner's machine is taken for gone: the standby serves after {time.monotonic() - gone:.1f} s")
            with psycopg.connect(database.url) as connection:
                left = connection.execute(
                    "SELECT count(*) FROM facts WHERE type = 'peer-left' AND lesson = %s", (lesson,)
                ).fetchone()
            assert left == (0,), "nobody was given up for it"
        finally:
            parent.resume()
        back = time.monotonic()
        await until(lambda: "web" not in parts(first), "the first has stepped down")
        print(f"back, the first owns nothing any more after {time.monotonic() - back:.1f} s")
        await until(lambda: stands_by(first), "the first stands by")
        assert is_ready(second)
        assert await end_of(learner) == 1012, "service restart: its page goes where the balancer sends it"

        assert second.process is not None
        os.kill(second.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        second.process.wait()
        second.process = None
        await until(lambda: is_ready(first), "the first serves again")
        print(f"kill -9 of the owner: the standby serves after {time.monotonic() - killed:.1f} s")
    finally:
        await crowd.close()
        statuses = [server.stop() for server in (second, first)]
        log = "\n".join(server.log.read_text() for server in (first, second))
    print(log)
    assert statuses == [0, 0], log
    assert "Traceback" not in log, log
