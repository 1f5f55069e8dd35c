"""The bus between processes, over a Redis stream with consumer groups. Nothing is lost when Redis is restarted.

Sending: facts wait here until Redis has taken them. Redis may have been started anew, with an older or an empty memory; its
`run_id` tells, and then the facts of the last minutes are sent once more (consumers recognise them by id).
Receiving: what was handed out and not acknowledged comes first, then what is new; any error means: pause, make sure of the group,
begin again there. redis-py's own pub/sub loop ends for good on a restart, so none of it is used.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from signaling.bus import MAX_BATCH, RETRY_S, Handle
from signaling.facts import FACT, AnyFact
from signaling.trace import where

BLOCK_MS: Final = 1_000
LOOK_S: Final = 2.0
ANSWER_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.1
LAST_PAUSE_S: Final = 1.0
STREAM_LENGTH: Final = 200_000
"""Facts the stream holds at least; the log for ever is the database's."""
RESENT_S: Final = 600.0
MAX_SENT: Final = 50_000
ABANDONED_MS: Final = 60_000
"""Handed to a consumer that has not acknowledged for so long: it is dead, another takes over."""

log = structlog.get_logger()


class RedisBus:
    def __init__(self, url: str, *, stream: str = "classroom:facts", consumer: str = "web-1") -> None:
        self._redis: Redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._stream = stream
        self._consumer = consumer
        self._unsent: deque[AnyFact] = deque()
        self._sent: deque[tuple[float, AnyFact]] = deque(maxlen=MAX_SENT)
        self._run_id: str | None = None
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    def publish(self, fact: AnyFact) -> None:
        self._unsent.append(fact)
        self._empty.clear()
        self._wake.set()

    async def start(self) -> None:
        """Begin sending; returns at once, whether Redis is there or not."""
        self._sender = asyncio.create_task(self._send_forever(), name="redis-bus-sender")

    async def stop(self, patience_s: float = 5.0) -> None:
        """Wait until Redis has everything (or `patience_s` is over). Twice is silent."""
        if self._sender is None:
            return
        try:
            async with asyncio.timeout(patience_s):
                while self._unsent:
                    await self._empty.wait()
        except TimeoutError:
            log.error("! facts not sent", facts=len(self._unsent))
        self._sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sender
        self._sender = None
        await self._redis.aclose()

    async def subscribe(self, group: str, handle: Handle) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            heed_cancellation()
            try:
                await self._make_group(group)
                await self._claim_abandoned(group)
                pause_s = FIRST_PAUSE_S
                position = "0"
                while await self._consume(group, handle, position):
                    position = ">"
                    heed_cancellation()
                await asyncio.sleep(RETRY_S)
            except (RedisError, OSError, TimeoutError) as reason:
                if pause_s == FIRST_PAUSE_S:
                    log.warning("! bus not read, trying again", group=group, reason=type(reason).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(LAST_PAUSE_S, pause_s * 2)

    # -- sending ----------------------------------------------------------------------------------------------------

    async def _send_forever(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            heed_cancellation()
            if not self._unsent:
                self._wake.clear()
                self._empty.set()
                with contextlib.suppress(TimeoutError):  # then look whether Redis is still the one that has what was sent
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
            try:
                await self._send_some()
                pause_s = FIRST_PAUSE_S
            except (RedisError, OSError, TimeoutError) as reason:
                if pause_s == FIRST_PAUSE_S:
                    log.warning("! facts wait for Redis", facts=len(self._unsent), reason=type(reason).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(LAST_PAUSE_S, pause_s * 2)

    async def _send_some(self) -> None:
        """One batch; only what Redis confirmed leaves the queue."""
        batch = list(islice(self._unsent, MAX_BATCH))
        run_id = await self._add(batch)
        now = time.monotonic()
        for fact in batch:
            self._unsent.popleft()
            self._sent.append((now, fact))
        while self._sent and self._sent[0][0] < now - RESENT_S:
            self._sent.popleft()
        if self._run_id not in (None, run_id):
            log.warning("= Redis was restarted, sending again", facts=len(self._sent))
            again = [fact for _, fact in self._sent]
            for start in range(0, len(again), MAX_BATCH):
                await self._add(again[start : start + MAX_BATCH])
        self._run_id = run_id

    async def _add(self, batch: Sequence[AnyFact]) -> str:
        """Append to the stream; returns the id of the Redis process that took it."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for fact in batch:
                pipe.xadd(self._stream, {"fact": fact.model_dump_json()}, maxlen=STREAM_LENGTH, approximate=True)
            pipe.info("server")
            answers: list[Any] = await pipe.execute()
        return str(answers[-1]["run_id"])

    # -- receiving --------------------------------------------------------------------------------------------------

    async def _make_group(self, group: str) -> None:
        try:
            await self._redis.xgroup_create(self._stream, group, id="0", mkstream=True)
        except ResponseError as reason:
            if not str(reason).startswith("BUSYGROUP"):
                raise

    async def _claim_abandoned(self, group: str) -> None:
        await self._redis.xautoclaim(self._stream, group, self._consumer, ABANDONED_MS, count=MAX_BATCH)

    async def _consume(self, group: str, handle: Handle, position: str) -> bool:
        """Hand over what is there. "0": all not acknowledged; ">": the next batch, waiting for it. False when `handle` failed."""
        while True:
            block_ms = BLOCK_MS if position == ">" else None
            answer: Any = await self._redis.xreadgroup(
                group, self._consumer, {self._stream: position}, count=MAX_BATCH, block=block_ms
            )
            entries = entries_of(answer)
            if not entries:
                return True
            batch = [fact for _, text in entries if (fact := _read(text)) is not None]
            try:
                if batch:
                    await handle(batch)
            except Exception as failure:
                log.error("! facts not consumed, trying again", group=group, facts=len(batch), failure=where(failure))
                return False
            await self._redis.xack(self._stream, group, *(entry for entry, _ in entries))
            if position == ">":
                return True


def heed_cancellation() -> None:
    """redis-py awaits through `asyncio.wait_for`, which in Python 3.11 may swallow a cancellation: make up for it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def entries_of(answer: Any) -> list[tuple[str, str | None]]:
    """(entry id, the fact's JSON) of an XREADGROUP answer, in RESP2's or RESP3's shape; None for an entry trimmed meanwhile."""
    if not answer:
        return []
    streams = answer.values() if isinstance(answer, dict) else [stream[1] for stream in answer]
    flat: list[tuple[str, str | None]] = []
    for entries in streams:
        if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], list | tuple):
            entries = entries[0]  # RESP3 nests once more
        flat += [(entry, fields.get("fact") if fields else None) for entry, fields in entries]
    return flat


def _read(text: str | None) -> AnyFact | None:
    if text is None:
        return None
    try:
        return FACT.validate_json(text)
    except ValidationError as wrong:
        log.error("! unreadable fact skipped", errors=wrong.error_count())
        return None
