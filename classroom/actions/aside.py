"""Facts the log could not take: set aside, looked at, and taken once more."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from classroom.actions.lessons import record_fact, settle_lessons
from classroom.aside import FactAside
from classroom.events import Fact
from classroom.ports import Transactions


async def set_fact_aside(store: Transactions, fields: Mapping[str, Any], reason: str, now: datetime) -> None:
    """`fields`: its published form. Twice is once."""
    async with store.writing() as uow:
        await uow.facts_aside.put(FactAside.of(fields, reason, now))


async def facts_waiting(store: Transactions) -> list[FactAside]:
    """Longest waiting first."""
    async with store.reading() as uow:
        return await uow.facts_aside.waiting()


async def take_again(store: Transactions, each: FactAside, now: datetime) -> None:
    """Into the log and out of here, both or neither; then what follows from it. Raises what hinders it."""
    fact = Fact.from_json(each.fields)
    async with store.writing() as uow:
        await uow.facts_aside.remove(each.digest)
        await record_fact(uow, fact, now)
    # Should this fail, the lesson is due and settled within half a minute.
    with contextlib.suppress(Exception):
        await settle_lessons(store, [fact], now)


async def note_retry(store: Transactions, each: FactAside, reason: str) -> None:
    """It was in vain, and why."""
    async with store.writing() as uow:
        await uow.facts_aside.put(replace(each, reason=reason, retries=each.retries + 1))
