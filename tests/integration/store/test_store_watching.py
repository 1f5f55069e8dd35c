"""Watching counts on both databases."""

from datetime import timedelta

import pytest

from classroom.actions.recordings import mark_recording_ready, start_recording
from classroom.actions.watching import hear_beacon
from classroom.people import RecordingId
from classroom.store.unit_of_work import Store
from classroom.watching import Beacon, Stretch
from tests.classroom.making import START
from tests.integration.store.conftest import together
from tests.integration.store.worlds import make_world

pytestmark = pytest.mark.integration


async def test_what_two_devices_watch_is_united_and_found_by_course_and_by_person(store: Store) -> None:
    world = await make_world(store)
    learner = (await world.people(1))[0]
    await world.enrol(learner)
    async with store.writing() as uow:
        await start_recording(uow, recording=RecordingId("rec"), lesson=world.lesson.id, now=START)
        recording = await mark_recording_ready(
            uow, RecordingId("rec"), duration_s=100.0, gaps=[], manifest="rec/manifest.json", now=START
        )

    async def tell(player: str, after_s: float, *stretches: Stretch) -> None:
        beacon = Beacon(player, after_s, stretches[-1].to_s if stretches else 0.0, stretches)
        async with store.writing() as uow:
            now = START + timedelta(seconds=after_s)
            await hear_beacon(uow, recording=recording, person=learner.id, beacon=beacon, now=now)

    await together(*(tell(name, 1.0) for name in ("phone-1", "desk-1")))
    results = await together(
        tell("phone-1", 50.0, Stretch(0.0, 40.0, 5.0, 45.0)), tell("desk-1", 110.0, Stretch(40.0, 96.0, 50.0, 106.0))
    )
    assert results == [None, None]
    async with store.reading() as uow:
        found = (await uow.watching.of_course(world.course.id))[learner.id][world.lesson.id]
        assert set(await uow.watching.of_course(world.course.id, [])) == set()
    assert found.seconds == pytest.approx(96, abs=0.5)
    assert found.is_full
    cards = await store.queries.watched_by(await world.viewer(learner.id))
    assert [(card.card.recording.id, card.watched.coverage) for card in cards] == [("rec", found.coverage)]
