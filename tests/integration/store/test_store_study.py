"""Courses that are watched: the list, who may watch what is on it, and completing by watching, on both databases."""

from datetime import timedelta

import pytest

from classroom.actions.catalogue import copy_course
from classroom.actions.certificates import issue_earned
from classroom.actions.recordings import add_recording, publish_recording
from classroom.actions.study import add_item, completed_by_watching, move_item, remove_item, set_item_needed
from classroom.actions.watching import hear_beacon
from classroom.catalogue import may_watch
from classroom.courses import CourseKind
from classroom.errors import NotFound
from classroom.people import PersonId, RecordingId, Role
from classroom.rules import completion_preset
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from classroom.watching import Beacon, Stretch
from tests.classroom.making import END, START
from tests.integration.store.worlds import NOW, World, make_world

pytestmark = pytest.mark.integration


async def films(world: World, *, shared: bool = True) -> list[RecordingId]:
    """One of each lesson, 100 s."""
    made = []
    for lesson in world.lessons:
        async with world.store.writing() as uow:
            film = await add_recording(uow, lesson=lesson.id, path="x/film.mp4", duration_s=100.0, shared=shared, now=END)
        made.append(film.id)
    return made


async def watch(store: Store, recording: RecordingId, person: PersonId, to_s: float, after: timedelta) -> list[str]:
    """From the beginning, in as much time; the courses it completed."""
    issued: list[str] = []
    found = await store.queries.find_recording(recording)
    assert found is not None
    for at_s, stretches in ((0.0, ()), (to_s, (Stretch(0.0, to_s, 1.0, 1.0 + to_s),))):
        async with store.writing() as uow:
            now = END + after + timedelta(seconds=at_s + 1)
            beacon = Beacon(f"player-{recording[:8]}", at_s + 1, at_s, stretches)
            heard = await hear_beacon(uow, recording=found, person=person, beacon=beacon, now=now)
            for course in await completed_by_watching(uow, heard.watched, heard.more_s, heard.became_full):
                issued += [each.person for each in await issue_earned(uow, course, now, people=[person])]
    return issued


async def test_an_online_course_is_arranged_watched_and_completed(store: Store) -> None:
    source = await make_world(store, lessons=3)
    first, second, third = await films(source)
    course = await make_world(
        store,
        slug="online",
        lessons=0,
        municipality="seongnam",
        kind=CourseKind.ONLINE,
        completion=completion_preset("self-paced"),
    )
    learner = await source.person("learner", "seongnam")
    await course.enrol(learner)
    teacher, viewer = await course.viewer(course.teacher.id), await course.viewer(learner.id)
    async with store.writing() as uow:
        for film in (second, first, third, third):
            await add_item(uow, course.course.id, film, needed=True, by=teacher)
        await move_item(uow, course.course.id, first, -1, by=teacher)
        await set_item_needed(uow, course.course.id, third, False, by=teacher)
        with pytest.raises(NotFound):
            await move_item(uow, course.course.id, first, 1, by=viewer)
    async with store.reading() as uow:
        listed = await uow.course_items.of_course(course.course.id)
        assert [(each.recording, each.needed) for each in listed] == [(first, True), (second, True), (third, False)]

    assert await watch(store, first, learner.id, 100.0, timedelta()) == []
    mine = next(each for each in (await store.queries.my_learning(viewer, END)).courses if each.card.slug == "online")
    assert mine.study is not None
    assert mine.study.next is not None
    assert (mine.study.done, mine.study.next.item.recording, mine.is_over(END)) == (1, second, False)
    assert await watch(store, second, learner.id, 85.0, timedelta(minutes=10)) == []
    async with store.writing() as uow:
        papers = await uow.certificates.of_course(course.course.id)
        assert papers == []
    late = END + timedelta(hours=1)
    async with store.writing() as uow:
        found = await uow.recordings.get(second)
        assert found is not None
        await hear_beacon(uow, recording=found, person=learner.id, beacon=Beacon("again-pl", 1.0, 85.0), now=late)
        beacon = Beacon("again-pl", 16.0, 100.0, (Stretch(85.0, 100.0, 1.0, 16.0),))
        heard = await hear_beacon(uow, recording=found, person=learner.id, beacon=beacon, now=late + timedelta(seconds=15))
        due = await completed_by_watching(uow, heard.watched, heard.more_s, heard.became_full)
        assert due == [course.course.id]
        (paper,) = await issue_earned(uow, due[0], late, people=[learner.id])
    assert (paper.paper.lessons, paper.paper.hours) == (0, round(200 / 3600, 1))

    (year,) = await store.queries.history(viewer, late)
    (entry,) = year.entries
    assert (entry.items, entry.items_watched, round(entry.watched_s), entry.certificate) == (3, 2, 200, paper.id)


async def test_a_copy_has_the_same_list_and_a_shorter_list_is_completed_sooner(store: Store) -> None:
    world = await make_world(store, lessons=2)
    first, second = await films(world)
    boss = await world.staff("boss", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    async with store.writing() as uow:
        for film in (first, second):
            await add_item(uow, world.course.id, film, needed=True, by=boss)
        copy = await copy_course(uow, world.course.id, slug="again", title=Text("다시", "Again"), first_day=None, by=boss)
        await remove_item(uow, world.course.id, first, by=boss)
    async with store.reading() as uow:
        assert [each.recording for each in await uow.course_items.of_course(copy.id)] == [first, second]
        assert [each.recording for each in await uow.course_items.of_course(world.course.id)] == [second]


async def test_who_is_enrolled_may_watch_the_items_as_long_as_the_municipality_may_use_them(store: Store) -> None:
    source = await make_world(store)
    (film,) = await films(source, shared=False)
    course = await make_world(store, slug="online", lessons=0, kind=CourseKind.ONLINE)
    boss = await source.staff("boss", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    learner, stranger = await source.person("learner", "yongin"), await source.person("stranger", "yongin")
    await course.enrol(learner)
    viewers = [await course.viewer(each) for each in (learner.id, stranger.id, course.teacher.id)]
    other = await make_world(store, slug="far", lessons=0, municipality="seongnam")
    async with store.writing() as uow:
        with pytest.raises(NotFound):  # an instructor may not give away a colleague's class
            await add_item(uow, course.course.id, film, needed=True, by=viewers[2])
        with pytest.raises(NotFound):  # nor another municipality
            await add_item(uow, other.course.id, film, needed=True, by=await source.viewer(other.teacher.id))
        await add_item(uow, course.course.id, film, needed=True, by=boss)

    async def may(published: bool) -> list[bool]:
        async with store.writing() as uow:
            found = await publish_recording(uow, film, published=published, shared=False, by=None, now=NOW)
        answers = []
        for viewer, listed in zip(viewers, (["suwon"], [], ["suwon"]), strict=True):
            try:
                may_watch(viewer, found, None, listed_in=listed)
                answers.append(True)
            except NotFound:
                answers.append(False)
            assert (await store.queries.recording(film, viewer) is not None) is answers[-1]
        return answers

    assert await may(True) == [True, False, True]
    assert await may(False) == [False, False, False]
    async with store.reading() as uow:
        (item,) = await uow.course_items.of_course(course.course.id)
        assert not item.is_shown
        assert (await uow.course_items.studies([course.course.id], learner.id))[course.course.id].steps == ()
    assert START < END
