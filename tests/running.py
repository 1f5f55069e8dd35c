"""A real `classroom serve` for tests: own data folder, own ports, ended by its id; and its children found by their names."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

COMMAND = str(Path(sys.executable).with_name("classroom"))
PASSWORD = "classroom-demo"
PORTS = 20_000, 32_000
"""Below those the kernel gives to connections that do not ask for one."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A TCP port nobody has; SOCK_DGRAM: one that is free over UDP and TCP, as a media worker needs it.

    Not one the kernel would choose: until it is used, a connection that another test opens could get it.
    """
    for _ in range(50):
        port = random.SystemRandom().randrange(*PORTS)
        probes = [socket.socket(socket.AF_INET, kind), socket.socket(socket.AF_INET, socket.SOCK_STREAM)]
        try:
            probes[0].bind(("127.0.0.1", port))
            if kind is not socket.SOCK_STREAM:
                probes[1].bind(("0.0.0.0", port))
            return port
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no port is free")


def environment() -> dict[str, str]:
    """Ours without any CLASSROOM_… of the person running the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLASSROOM_")}


def classroom(*arguments: str, data: Path, check: bool = True) -> Any:
    """Run a command of the contract with --json and read what it prints."""
    ended = subprocess.run(
        [COMMAND, arguments[0], "--data", str(data), *arguments[1:], "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
    )
    if check:
        assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


class Server:
    """`classroom serve --demo` in the background until `stop()`."""

    def __init__(self, data: Path, *flags: str, demo: bool = True, settings: dict[str, str] | None = None) -> None:
        self.data = data
        self.settings = settings or {}
        """Variables of its own."""
        self.port = free_port()
        self.media_port = free_port(socket.SOCK_DGRAM)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self.flags = [*flags, *(["--demo"] if demo else [])]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, within_s: float = 60.0) -> "Server":
        self.begin()
        try:
            self.wait_ready(within_s)
        except BaseException:
            self.stop()
            raise
        return self

    def begin(self) -> "Server":
        """Without waiting for it to be ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(COMMAND, "serve", "--port", str(self.port), "--media-port", str(self.media_port)),
                    *("--data", str(self.data), *self.flags),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment() | self.settings,
            )
        return self

    def wait_ready(self, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            with (
                contextlib.suppress(OSError, urllib.error.URLError),
                urllib.request.urlopen(self.url + "/readyz", timeout=2) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready after {within_s} s:\n{self.log.read_text()}")

    def child(self, part: str) -> psutil.Process:
        """The running child `classroom <part>`."""
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if part in process.cmdline():
                    return process
        raise AssertionError(f"no child {part!r}")

    def kill_child(self, part: str) -> float:
        """kill -9; returns when (monotonic seconds)."""
        os.kill(self.child(part).pid, signal.SIGKILL)
        return time.monotonic()

    def stop(self) -> int:
        process = self.process
        if process is None:
            return 0
        self.process = None
        process.terminate()
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def live_lesson(self) -> dict[str, Any]:
        return next(lesson for lesson in classroom("lessons", data=self.data) if lesson["state"] == "live")
