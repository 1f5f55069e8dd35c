"""The administrators of the platform hear of the room recordings have: inbox, mail and status page."""

from pathlib import Path

from sqlalchemy import select

from classroom.store.applying import mails, messages
from classroom.store.tables import people
from recording.disk import Space
from tests.web.world import Counts, World
from web.letters import letter_of
from web.storage_watch import EVERY_S, StorageWatch

TOTAL = 500 * 10**9


def watch(world: World) -> StorageWatch:
    services = world.app.state.services
    return StorageWatch(world.store, services.rooms, services.data_dir or Path("."), services.now)


async def told(world: World) -> list[tuple[str, str]]:
    """Who was told what, in order; the same by mail."""
    async with world.store._reading.begin() as connection:
        kinds = ("storage-low", "storage-full", "recording-stopped", "storage-well")
        statement = select(people.c.email, messages.c.kind).join(people, people.c.id == messages.c.person)
        found = await connection.execute(statement.where(messages.c.kind.in_(kinds)).order_by(messages.c.at))
        rows = [(row.email, row.kind) for row in found]
        mailed = await connection.execute(select(mails.c.kind).where(mails.c.kind.in_(kinds)))
        assert sorted(row.kind for row in mailed) == sorted(kind for _, kind in rows)
        return rows


def test_the_provinces_staff_are_told_before_the_disk_is_full_when_it_is_and_when_all_is_well_again(world: World) -> None:
    looking = watch(world)
    clock = 0.0
    for free in (50e9, 50e9, 1.5e9, 1.5e9, 0.1e9, 0.1e9, 50e9, 50e9):
        looking.read = lambda folder, free=free: Space(int(free), TOTAL)  # type: ignore[misc]
        world.query(looking.turn, clock)
        clock += EVERY_S
    province = "province@demo.example"
    assert world.query(told, world) == [(province, "storage-low"), (province, "storage-full"), (province, "storage-well")]
    assert "1.5GB가 남았습니다" in letter_of("storage-low", {"free": "1.5"}, "ko").words
    assert "저장 공간이 부족해" in world.get("/me/messages", "province").text


def test_a_class_that_cannot_be_written_is_told_once_an_hour_however_often_it_comes_and_goes(world: World) -> None:
    looking = watch(world)
    looking.read = lambda folder: Space(int(50e9), TOTAL)
    for turn in range(10):
        Counts.recordings_troubled = turn % 2
        try:
            world.query(looking.turn, turn * EVERY_S)
        finally:
            Counts.recordings_troubled = 0
    assert [kind for _, kind in world.query(told, world)] == ["recording-stopped", "storage-well"]


def test_the_status_page_is_red_while_a_recording_is_not_written(world: World) -> None:
    assert "저장되지 않는 녹화가 있습니다" not in world.get("/admin/status", "province").text
    Counts.recordings_troubled = 1
    try:
        assert "저장되지 않는 녹화가 있습니다" in world.get("/admin/status", "province").text
    finally:
        Counts.recordings_troubled = 0
