"""Connections that do not ask: a real uvicorn with our HTTP protocol on a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from web.http_protocol import MAX_HEAD_BYTES, PageProtocol

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n"
WITHIN_S = 0.3


class Impatient(PageProtocol):
    head_within_s = WITHIN_S


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers after as many seconds as the query says."""
    assert scope["type"] == "http"
    await asyncio.sleep(float(scope["query_string"] or 0))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Impatient, lifespan="off", log_config=None, log_level="critical", timeout_keep_alive=20)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.wait_for(task, 10)
        listener.close()


@contextlib.asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other end closes."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), 10)
    return b""


@pytest.mark.parametrize("sent", [b"", b"GET", ASK, ASK + b"X-Slow: yes\r\n"])
async def test_who_never_finishes_asking_is_cut_off(port: int, sent: bytes) -> None:
    async with connection(port) as (reader, writer):
        writer.write(sent)
        assert await rest(reader) == b""


async def test_a_drop_now_and_then_buys_no_time(port: int) -> None:
    started = asyncio.get_running_loop().time()
    async with connection(port) as (reader, writer):
        for _ in range(200):
            writer.write(b"\r\n")  # allowed before a request
            await asyncio.sleep(0.02)
            if reader.at_eof() or reader.exception() is not None:
                break
        await rest(reader)
    assert asyncio.get_running_loop().time() - started < 10


async def test_a_head_without_end_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "head_within_s", 30.0)  # `rest` waits for less
    async with connection(port) as (reader, writer):
        writer.write(ASK + b"X-Long: " + b"x" * (MAX_HEAD_BYTES * 2))
        assert (await rest(reader))[:12] in (b"HTTP/1.1 400", b"")  # the rest of the head may reset what was said


async def test_a_long_answer_and_a_kept_connection_are_no_late_head(port: int) -> None:
    async with connection(port) as (reader, writer):
        for pause in (WITHIN_S * 2, 0.0):
            writer.write(b"GET /?%f HTTP/1.1\r\nHost: here\r\n\r\n" % pause)
            assert b"ok" in await asyncio.wait_for(reader.readuntil(b"ok"), 10)
            await asyncio.sleep(WITHIN_S * 2)
        writer.write(ASK)  # the third is never finished
        assert await rest(reader) == b""


async def test_the_next_request_may_begin_while_the_first_is_answered(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"GET /?%f HTTP/1.1\r\nHost: here\r\n\r\n" % (WITHIN_S * 3) + ASK)
        await asyncio.sleep(WITHIN_S * 2)  # on the loop of the server: its answer is not out before
        writer.write(b"\r\n")
        for _ in range(2):
            await asyncio.wait_for(reader.readuntil(b"ok"), 10)
