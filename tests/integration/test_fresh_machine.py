"""A newcomer's first minute: clone into an empty folder, empty environment, `make run`, until `/readyz` answers."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.running import free_port

ROOT = Path(__file__).parent.parent.parent
# What a machine needs to reach its package index through a proxy or a private certificate; nothing of ours.
KEPT = ("PATH", "PIP_", "SSL_CERT_", "REQUESTS_CA_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY")


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(420)
def test_make_run_in_a_fresh_clone_answers(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
    assert shutil.which("make")
    environment = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    environment |= {"HOME": str(tmp_path), "CLASSROOM_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM))}
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"DATA={tmp_path / 'data'}"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_ready(process, port, log, within_s=360)
        until_printed(f"http://127.0.0.1:{port}", log, within_s=10)  # the pages answer first
    finally:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    printed = log.read_text()
    assert "instructor@demo.example" in printed
    assert "Traceback" not in printed


def until_printed(words: str, log: Path, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while words not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()[-500:]
        time.sleep(0.1)


def wait_ready(process: subprocess.Popen[bytes], port: int, log: Path, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
