"""What a killed process leaves behind of its facts."""

import asyncio
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signaling import facts
from signaling.bus import MemoryBus
from signaling.facts import AnyFact
from signaling.spool import Spool


def fact(number: int) -> AnyFact:
    return facts.HandRaised(id=str(number), lesson="l", at=datetime.now(UTC), peer="배움이\n")


def left(path: Path) -> list[str]:
    return [each.id for each in Spool(path).read()]


async def test_the_next_process_takes_over_what_nobody_took_in_order_and_before_its_own(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    killed = MemoryBus(Spool(path))
    await killed.start()
    for number in range(3):
        killed.publish(fact(number))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "it holds names"

    bus, got = MemoryBus(Spool(path)), []
    await bus.start()
    bus.publish(fact(3))

    async def take(batch: Sequence[AnyFact]) -> None:
        got.extend(each.id for each in batch)

    task = asyncio.create_task(bus.subscribe("log", take))
    assert await bus.caught_up()
    assert got == ["0", "1", "2", "3"]
    assert path.read_bytes() == b"", "nothing is left to a successor"
    bus.publish(fact(4))
    await bus.stop()
    assert (got[-1], left(path)) == ("4", [])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_consumer_that_fails_leaves_everything_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    bus = MemoryBus(Spool(path))

    async def refuse(batch: Sequence[AnyFact]) -> None:
        raise OSError("the database is away")

    task = asyncio.create_task(bus.subscribe("log", refuse))
    for number in range(3):
        bus.publish(fact(number))
    assert not await bus.caught_up(patience_s=0.05)
    assert left(path) == ["0", "1", "2"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_line_torn_by_the_death_of_its_writer_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    spool.append(fact(1))
    spool.append(fact(2))
    spool.close()
    path.write_bytes(path.read_bytes()[:-20])
    again = Spool(path)
    assert [each.id for each in again.read()] == ["1"]
    again.append(fact(3))
    assert left(path) == ["1", "3"]


def test_one_that_is_never_empty_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.spool.KEPT_BYTES", 2_000)
    path = tmp_path / "spool"
    spool = Spool(path)
    waiting: list[AnyFact] = []
    for number in range(500):
        waiting = [*waiting[-4:], fact(number)]
        spool.append(waiting[-1])
        spool.forget_all_but(waiting)
        assert path.stat().st_size < 3_000
    assert set(left(path)) >= {each.id for each in waiting}


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "absent" / "spool")
    spool.append(fact(1))
    spool.forget_all_but([])
    assert spool.read() == []
    (tmp_path / "absent").mkdir()
    spool.append(fact(2))
    assert left(tmp_path / "absent" / "spool") == ["2"]
