"""`classroom serve` as an operator meets it: it starts, says in one sentence why it can't, restarts its parts, ends cleanly."""

import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.running import COMMAND, Server, classroom, environment, free_port
from web.child import CANNOT_START

pytestmark = [pytest.mark.integration]


def refused(data: Path, *flags: str) -> str:
    """What `serve` says when it cannot start; it must end by itself with its own status and without a traceback."""
    ended = subprocess.run(
        [COMMAND, "serve", "--data", str(data), *flags],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode == CANNOT_START, ended.stderr
    assert "Traceback" not in ended.stderr
    sentences = [line for line in ended.stderr.splitlines() if line.startswith("classroom: ")]
    assert sentences, ended.stderr
    return sentences[-1]


def ports() -> list[str]:
    return ["--port", str(free_port()), "--media-port", str(free_port(socket.SOCK_DGRAM))]


def test_a_taken_page_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert f"CLASSROOM_PORT: 127.0.0.1:{port}" in refused(tmp_path / "data", "--port", port)


def test_a_taken_media_port_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])
        ended = subprocess.run(
            [COMMAND, "serve", "--data", str(tmp_path / "data"), "--port", str(free_port()), "--media-port", port],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
    assert ended.returncode == CANNOT_START
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "CLASSROOM_DATA" in refused(tmp_path / "file" / "data", *ports())


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    subprocess.run([COMMAND, "db", "upgrade", "--data", str(data)], check=True, env=environment(), capture_output=True)
    with sqlite3.connect(data / "classroom.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    before = content(data)
    assert "newer version" in refused(data, *ports())
    assert content(data) == before


def content(data: Path) -> list[str]:
    with sqlite3.connect(data / "classroom.db") as database:
        return list(database.iterdump())


def test_commands_before_the_first_start_say_what_to_do(tmp_path: Path) -> None:
    ended = subprocess.run(
        [COMMAND, "lessons", "--data", str(tmp_path), "--json"], capture_output=True, text=True, env=environment()
    )
    assert ended.returncode == CANNOT_START
    assert "start `classroom serve` first" in ended.stderr
    assert "Traceback" not in ended.stderr


def wait_for_workers(server: Server, count: int) -> None:
    """Until so many media workers are linked, those of other machines among them."""
    deadline = time.monotonic() + 20
    while True:
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        if f'classroom_rooms{{what="workers_up"}} {count}.0' in lines:
            return
        assert time.monotonic() < deadline, "a media worker is not linked"
        time.sleep(0.1)


def wait_for_another(server: Server, part: str, gone: int, within_s: float) -> None:
    """Until `part` runs as another process than `gone`."""
    deadline = time.monotonic() + within_s
    while True:
        assert time.monotonic() < deadline, f"{part} is not back"
        try:
            if server.child(part).pid != gone:
                return
        except AssertionError:
            pass
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_and_hung_parts_are_back_and_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    control = str(free_port())
    shared = {"CLASSROOM_SECRET": "a secret both machines are given"}
    node = subprocess.Popen(
        [
            *(COMMAND, "media-worker", "--control", f"127.0.0.1:{control}", "--media-ips", "127.0.0.1"),
            *("--media-port", str(free_port(socket.SOCK_DGRAM)), "--data", str(tmp_path / "node")),
        ],
        env=environment() | shared,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(tmp_path / "data", settings=shared | {"CLASSROOM_MEDIA_NODES": f"127.0.0.1:{control}"})
    try:
        server.start()
        wait_for_workers(server, 2)
        rows = classroom("lessons", data=server.data)
        assert {"live", "ended", "scheduled"} <= {row["state"] for row in rows}
        for part in ("media-worker", "jobs", "nursery", "web"):
            gone = server.child(part).pid
            server.kill_child(part)
            wait_for_another(server, part, gone, within_s=30 if part == "nursery" else 15)  # it comes last, in a moment of peace
        server.wait_ready(60)
        hung = [server.child(part) for part in ("media-worker", "web")]
        for child in hung:
            child.suspend()
        stopped_at = time.monotonic()
        for part, child in zip(("media-worker", "web"), hung, strict=True):
            wait_for_another(server, part, child.pid, within_s=15)
        server.wait_ready(60)
        print(f"media worker and web hung: replaced and ready after {time.monotonic() - stopped_at:.1f} s")
        assert server.process is not None
        children = [server.child(part) for part in ("media-worker", "jobs", "web")]
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0, server.log.read_text()
        assert not any(child.is_running() for child in children)
        server.process = None
    finally:
        server.stop()
        node.terminate()
        assert node.wait(20) == 0, "a worker of another machine is nobody's child, and ends when it is told to"
    assert "Traceback" not in server.log.read_text(), server.log.read_text()
