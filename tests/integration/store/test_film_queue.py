"""Films survive kill -9 of the job process also where the durable queue lives in PostgreSQL."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.integration.film_jobs import lecture
from tests.recording.files import assert_decodes

pytestmark = pytest.mark.integration


async def start(data: Path, url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.recording.job_process", str(data), url), stdout=asyncio.subprocess.PIPE
    )


async def hear(process: asyncio.subprocess.Process, word: bytes) -> None:
    assert process.stdout is not None
    while (line := await asyncio.wait_for(process.stdout.readline(), 60)) != word:
        assert line, "the job process ended"


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_a_film_in_postgresqls_queue_survives_a_kill(tmp_path: Path, new_postgresql: Callable[[bool], str]) -> None:
    url = new_postgresql(False)
    lecture(tmp_path / "recordings" / "rec", 20)
    killed = await start(tmp_path, url)
    try:
        await hear(killed, b"making\n")
    finally:
        await end(killed)
    following = await start(tmp_path, url)
    try:
        await hear(following, b"composed\n")
    finally:
        await end(following)
    assert_decodes(tmp_path / "recordings" / "rec" / "film.mp4")
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT workflow_uuid FROM dbos.workflow_status WHERE name = 'film'").fetchall()
    assert found == [("film-rec-1",)], "queued once, and here"
    assert not (tmp_path / "jobs.db").exists()
