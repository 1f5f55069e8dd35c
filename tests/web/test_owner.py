"""What follows from what the lock says, and that nothing keeps an owner from asking."""

import asyncio
from collections import deque

import pytest

from classroom.errors import DatabaseAway
from tests.waiting import within
from web import ownership
from web.owner import Owner

Said = str | Exception | None


class FakeLock:
    """Answers what it is given, the last for ever."""

    def __init__(self, *answers: Said) -> None:
        self.answers = deque(answers)
        self.lost = asyncio.Event()
        self.looks = 0

    async def take(self, patience_s: float) -> str | None:
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def look(self, patience_s: float) -> str | None:
        self.looks += 1
        return await self.take(patience_s)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_EVERY_S", "AGAIN_EVERY_S", "GRACE_S"):
        monkeypatch.setattr(ownership, name, 0.01)


async def test_a_mistake_of_any_kind_is_only_not_knowing() -> None:
    lock = FakeLock(None, RuntimeError("ours"), DatabaseAway(), None, ValueError("again"), "classroom other/7/x")
    said: list[str] = []
    owner = Owner(lock, said.append)
    assert await owner.begin()
    stepped_down = asyncio.Event()

    async def never() -> None:
        raise AssertionError("it is ours already")

    async with within(10, "it steps down"):
        await owner.watch(never, stepped_down.set)
    assert stepped_down.is_set()
    assert "process 7 on other" in said[-1]


async def test_a_standby_takes_over_once_and_only_looks_after_an_outage() -> None:
    lock = FakeLock("classroom other/7/x", "classroom other/7/x", DatabaseAway(), None)
    owner = Owner(lock, lambda sentence: None)
    assert not await owner.begin()
    over: list[bool] = []

    async def take_over() -> None:
        over.append(lock.looks > 0)

    watching = asyncio.create_task(owner.watch(take_over, lambda: None))
    try:
        async with within(10, "it takes over"):
            while not over:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert over == [True]
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_at_the_start_a_database_that_is_away_is_said() -> None:
    with pytest.raises(DatabaseAway):
        await Owner(FakeLock(DatabaseAway()), print).begin()


async def test_a_mistake_while_taking_over_leaves_no_owner_that_watches_nothing() -> None:
    said: list[str] = []
    owner = Owner(FakeLock("classroom other/7/x", None), said.append)
    assert not await owner.begin()
    stepped_down = asyncio.Event()

    async def broken() -> None:
        raise KeyError("a mistake of ours")

    async with within(10, "it gives the lock back"):
        await owner.watch(broken, stepped_down.set)
    assert stepped_down.is_set()
    assert "a mistake of ours" in said[-1]
