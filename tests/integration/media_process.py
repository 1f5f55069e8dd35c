"""A media worker as a process of its own, as the supervisor runs it: its log, its memory, its life can be watched."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from tests.integration.media_clients import SECRET, Signalling, signalling_to
from tests.running import free_port


class WorkerProcess:
    """A running `python -m media`."""

    def __init__(self, process: asyncio.subprocess.Process, udp_port: int, control_port: int, log: Path) -> None:
        self.process = process
        self.udp_port = udp_port
        self.control_port = control_port
        self.log = log

    def resident_bytes(self) -> int:
        """Memory it holds."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def cpu_s(self) -> float:
        """CPU time it has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def log_lines(self) -> int:
        return len(self.log.read_text().splitlines())


@contextlib.asynccontextmanager
async def worker_process(folder: Path, *, core: int | None = None) -> AsyncIterator[tuple[WorkerProcess, Signalling]]:
    """A worker and greeted signalling; the worker must end by SIGTERM with status 0."""
    udp_port, control_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    log = folder / "worker.log"
    command = [sys.executable, "-m", "media", "--ip", "127.0.0.1", "--port", str(udp_port), "--control-port", str(control_port)]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    with log.open("wb") as out:
        environment = {**os.environ, "CLASSROOM_MEDIA_SECRET": SECRET}
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out, env=environment)
    worker = WorkerProcess(process, udp_port, control_port, log)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", control_port), 0.1):
                break
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.05)
        async with signalling_to(control_port) as signalling:
            yield worker, signalling
    finally:
        if process.returncode is None:
            process.terminate()
        status = await asyncio.wait_for(process.wait(), 10)
    assert status == 0, log.read_text()
