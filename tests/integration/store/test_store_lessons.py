"""From published facts to the sheet, the lesson's times, the recording's entry and the certificate, through the store."""

from datetime import datetime, timedelta

import pytest

from classroom.actions.courses import reschedule_lesson
from classroom.actions.lessons import correct_attendance, record_fact, record_facts, settle_due, settle_lessons
from classroom.actions.recordings import (
    add_recording,
    mark_composed,
    mark_failed,
    mark_recording_ready,
    publish_recording,
    start_recording,
)
from classroom.attendance import Verdict
from classroom.catalogue import RecordingState
from classroom.errors import Invalid, NotFound, Refused
from classroom.events import Fact
from classroom.people import LessonId, RecordingId, Role
from classroom.store.unit_of_work import Store
from tests.classroom.making import END, START, at, ended, fact, joined, left, seen, started
from tests.integration.store.worlds import NOW, World, make_world

pytestmark = pytest.mark.integration


async def record(world: World, *facts: Fact) -> list[Fact]:
    async with world.store.writing() as uow:
        return await record_facts(uow, facts, facts[-1].at)


async def test_a_fact_taken_twice_is_new_once(store: Store) -> None:
    world = await make_world(store)
    once = started(START, world.lesson.id)
    async with store.writing() as uow:
        assert await record_fact(uow, once, START)
        assert not await record_fact(uow, once, START)
    assert await record(world, once, once) == []
    assert [each.id for each in await store.queries.facts(world.lesson.id)] == [once.id]


async def test_a_fact_comes_back_as_it_was_published(store: Store) -> None:
    world = await make_world(store)
    said = fact("chat-posted", at(1, 0.123456), world.lesson.id, text="안녕하세요 'quotes' \u2028 😀", nested={"a": [1, None]})
    await record(world, said)
    assert await store.queries.facts(world.lesson.id) == [said]
    assert await store.queries.facts(world.lesson.id, ["hand-raised"]) == []


async def test_the_first_start_and_the_first_end_are_the_lessons(store: Store) -> None:
    world = await make_world(store)
    lesson = world.lesson.id
    await record(world, started(at(3), lesson), started(at(9), lesson), ended(at(60), lesson), ended(at(61), lesson))
    found = await store.queries.find_lesson(lesson)
    assert found is not None
    assert (found[0].started_at, found[0].ended_at) == (at(3), at(60))


async def test_facts_of_an_unknown_lesson_are_kept_and_harm_nothing(store: Store) -> None:
    world = await make_world(store)
    stray = started(START, "nowhere")
    assert await record(world, stray) == [stray]
    assert await settle_lessons(store, [stray], END) == []


async def test_the_live_sheet_is_derived_from_the_facts_of_this_moment(store: Store) -> None:
    world = await make_world(store)
    me, other = await world.person("me"), await world.person("other")
    await world.enrol(me, other)
    lesson = world.lesson.id
    proofs = [seen(at(1, second), "a", lesson=lesson) for second in range(4, 240, 4)]
    await record(world, started(START, lesson), joined(at(1), "a", me.id, lesson=lesson), *proofs)
    teacher = await world.viewer(world.teacher.id)
    page = await store.queries.sheet(lesson, teacher, at(5))
    assert page is not None
    assert not page.is_final
    rows = {row.attendance.name: row for row in page.rows}
    assert (rows["me"].attendance.minutes, rows["me"].attendance.here, rows["me"].verdict) == (4.0, True, Verdict.PRESENT)
    assert rows["other"].verdict is Verdict.EXPECTED


async def test_the_live_sheet_goes_on_from_the_last_look_and_starts_anew_when_a_fact_arrives_late(store: Store) -> None:
    world = await make_world(store)
    lesson = world.lesson.id
    teacher = await world.viewer(world.teacher.id)

    async def minutes(now: datetime) -> dict[str, float]:
        page = await store.queries.sheet(lesson, teacher, now)
        assert page is not None
        return {row.attendance.name: row.attendance.minutes for row in page.rows}

    await record(world, started(START, lesson), joined(START, "a", "ann", lesson=lesson))
    assert await minutes(at(0, 6)) == {"ann": 0.1}
    await record(world, seen(at(0, 12), "a", lesson=lesson))
    assert await minutes(at(0, 12)) == {"ann": 0.2}
    await record(world, seen(at(0, 24), "a", lesson=lesson), joined(at(0, 3), "b", "bob", lesson=lesson))
    assert await minutes(at(0, 24)) == {"ann": 0.4, "bob": 0.0}
    await record(world, left(at(0, 21), "b", "bob", lesson))
    assert await minutes(at(0, 24)) == {"ann": 0.4, "bob": 0.3}
    fresh = Store(str(store._reading.url.render_as_string(hide_password=False)).replace("+aiosqlite", "").replace("+asyncpg", ""))
    again = await fresh.queries.sheet(lesson, teacher, at(0, 24))
    await fresh.close()
    assert again == await store.queries.sheet(lesson, teacher, at(0, 24))


async def test_the_final_sheet_counts_guests_with_a_ticket_too(store: Store) -> None:
    world = await make_world(store)
    lesson = world.lesson.id
    new = await record(
        world,
        started(START, lesson),
        joined(START, "g", "guest-7", lesson=lesson),
        left(at(90), "g", "guest-7", lesson),
        ended(END, lesson),
    )
    await settle_lessons(store, new, END)
    found = await store.queries.cli_attendance(lesson, END)
    assert found == [
        {
            "person": "guest-7",
            "name": "guest-7",
            "intervals": [["2026-11-23T10:00:00.000Z", "2026-11-23T11:30:00.000Z"]],
            "minutes": 90.0,
            "seconds": 5400.0,
            "verdict": "left-early",
        }
    ]


async def test_a_leave_that_arrives_after_the_end_still_counts(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    lesson = world.lesson.id
    new = await record(world, started(START, lesson), joined(START, "a", me.id, lesson=lesson), ended(END, lesson))
    await settle_lessons(store, new, END)
    before = await store.queries.cli_attendance(lesson, END)
    new = await record(world, left(at(110), "a", me.id, lesson))
    await settle_lessons(store, new, END + timedelta(seconds=3))
    after = await store.queries.cli_attendance(lesson, END)
    assert before is not None
    assert after is not None
    assert (before[0]["minutes"], after[0]["minutes"]) == (0.0, 110.0)


async def test_a_lesson_whose_end_nobody_saw_is_settled_later(store: Store) -> None:
    world = await make_world(store)
    lesson = world.lesson.id
    await record(world, started(START, lesson), joined(START, "a", "guest", lesson=lesson), left(END, "a", "guest", lesson))
    assert await store.queries.due_lessons(END + timedelta(minutes=5)) == []
    much_later = END + timedelta(hours=4)
    due = await store.queries.due_lessons(much_later)
    assert due == [lesson]
    await settle_due(store, due, much_later)
    assert await store.queries.due_lessons(much_later) == []


async def test_facts_recorded_but_not_settled_are_not_forgotten(store: Store) -> None:
    """The process died between the two: the bus brings the facts again, and then they are not new any more."""
    world = await make_world(store)
    lesson = world.lesson.id
    new = await record(world, started(START, lesson), joined(START, "a", "guest", lesson=lesson), ended(END, lesson))
    await settle_lessons(store, new, END)
    assert await store.queries.due_lessons(END) == []
    late = left(at(110), "a", "guest", lesson)
    await record(world, late)
    assert await record(world, late) == []
    assert await store.queries.due_lessons(END) == [lesson]
    await settle_due(store, [lesson], END)
    found = await store.queries.cli_attendance(lesson, END)
    assert found is not None
    assert found[0]["minutes"] == 110.0


async def test_a_lesson_nobody_entered_has_no_verdicts(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    after = END + timedelta(minutes=1)
    await settle_due(store, await store.queries.due_lessons(after), after)
    found = await store.queries.cli_attendance(world.lesson.id, after)
    assert found is not None
    assert [row["verdict"] for row in found] == ["expected"]


async def test_a_correction_keeps_the_original_the_reason_and_who_did_it(store: Store) -> None:
    world = await make_world(store, lessons=1)
    me = await world.person("me")
    await world.enrol(me)
    lesson = world.lesson.id
    new = await record(
        world,
        started(START, lesson),
        joined(START, "a", me.id, lesson=lesson),
        left(at(40), "a", me.id, lesson),
        ended(END, lesson),
    )
    assert await settle_lessons(store, new, END) == []
    teacher = await world.viewer(world.teacher.id)
    with pytest.raises(Invalid, match="reason-missing"):
        async with store.writing() as uow:
            await correct_attendance(uow, lesson=lesson, person=me.id, verdict=Verdict.EXCUSED, reason=" ", by=teacher, now=END)
    async with store.writing() as uow:
        await correct_attendance(
            uow, lesson=lesson, person=me.id, verdict=Verdict.EXCUSED, reason="병원 진료", by=teacher, now=END
        )
    page = await store.queries.sheet(lesson, teacher, END)
    assert page is not None
    row = page.rows[0]
    assert row.correction is not None
    assert (row.attendance.verdict, row.verdict) == (Verdict.ABSENT, Verdict.EXCUSED)
    assert (row.correction.original, row.correction.reason, row.correction.by) == (Verdict.ABSENT, "병원 진료", "teacher")
    # Settling again keeps the correction, and now the course is completed.
    issued = await settle_lessons(store, new, END)
    assert [each.person for each in issued] == [me.id]


async def test_only_the_instructor_and_staff_of_the_place_may_correct(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    elsewhere = await world.staff("elsewhere", Role.MUNICIPAL_ADMINISTRATOR, "seongnam")
    for by in (await world.viewer(me.id), elsewhere):
        with pytest.raises(NotFound):
            async with store.writing() as uow:
                await correct_attendance(
                    uow, lesson=world.lesson.id, person=me.id, verdict=Verdict.PRESENT, reason="x", by=by, now=END
                )
        assert await store.queries.sheet(world.lesson.id, by, END) is None


async def test_the_door_of_a_lesson_says_who_may_enter_as_what(store: Store) -> None:
    world = await make_world(store)
    me, stranger = await world.person("me"), await world.person("stranger")
    await world.enrol(me)
    official = await world.staff("official", Role.MUNICIPAL_ADMINISTRATOR, "suwon")

    async def door(viewer: object, now: object) -> tuple[object, object]:
        page = await store.queries.lesson(world.lesson.id, viewer, now)  # type: ignore[arg-type]
        assert page is not None
        return page.role, page.refusal

    mine = await world.viewer(me.id)
    assert await door(None, START) == (None, "sign-in-needed")
    assert await door(mine, at(-16)) == (None, "not-yet-open")
    assert await door(mine, at(-15)) == ("learner", None)
    assert await door(await world.viewer(world.teacher.id), at(-60)) == ("instructor", None)
    assert await door(official, START) == ("viewer", None)
    assert await door(await world.viewer(stranger.id), START) == (None, "not-enrolled")
    await record(world, fact("peer-removed", at(5), world.lesson.id, peer="p", person=me.id))
    assert await door(mine, at(6)) == (None, "removed")
    await record(world, ended(at(7), world.lesson.id))
    assert await door(official, at(8)) == (None, "lesson-over")
    assert await store.queries.lesson("nowhere", mine, START) is None


async def test_rescheduling_does_not_forget_that_class_began(store: Store) -> None:
    world = await make_world(store)
    await record(world, started(START, world.lesson.id))
    async with store.writing() as uow:
        await reschedule_lesson(uow, world.lesson.id, starts_at=START, ends_at=END + timedelta(hours=1), by=None, now=at(5))
    found = await store.queries.find_lesson(world.lesson.id)
    assert found is not None
    assert (found[0].started_at, found[0].ends_at) == (START, END + timedelta(hours=1))


# -- recordings -------------------------------------------------------------------------------------------------------


async def test_a_recording_goes_from_its_fact_to_a_film(store: Store) -> None:
    world = await make_world(store)
    lesson, film = world.lesson.id, RecordingId("film1")
    await record(world, fact("recording-started", at(1), lesson, recording=film, by="p"))
    await record(world, fact("recording-started", at(9), lesson, recording=film, by="p"))
    unfinished = await store.queries.unfinished_recordings(at(10))
    assert [(each.recording.id, each.lesson_state) for each in unfinished] == [(film, "live")]
    assert unfinished[0].recording.started_at == at(1)
    async with store.writing() as uow:
        await mark_recording_ready(
            uow, film, duration_s=59.5, gaps=[{"from": 1, "to": 2}], manifest="film1/manifest.json", keys={"a": 1}, now=END
        )
    async with store.writing() as uow:
        await mark_composed(uow, film, path="film1/film.mp4", duration_s=59.4, keys={"b": 2}, now=END)
    found = await store.queries.find_recording(film)
    assert found is not None
    assert (found.state, found.manifest, found.path) == (RecordingState.COMPOSED, "film1/manifest.json", "film1/film.mp4")
    assert (found.keys, found.gaps) == ({"a": 1, "b": 2}, ({"from": 1, "to": 2},))
    assert await store.queries.unfinished_recordings(END) == []
    assert await store.queries.cli_recordings() == [
        {
            "id": "film1",
            "lesson": lesson,
            "state": "composed",
            "duration_s": 59.4,
            "path": "film1/film.mp4",
            "film": None,
            "film_share": None,
            "gaps": [{"from": 1, "to": 2}],
        }
    ]


async def test_a_lesson_has_one_recording_whoever_starts_it(store: Store) -> None:
    world = await make_world(store)
    async with store.writing() as uow:
        first = await start_recording(uow, recording=RecordingId("one"), lesson=world.lesson.id, now=START)
        second = await start_recording(uow, recording=RecordingId("two"), lesson=world.lesson.id, now=END)
        assert await start_recording(uow, recording=RecordingId("three"), lesson=LessonId("nowhere"), now=END) is None
    assert first == second


async def test_a_composed_recording_cannot_fall_back(store: Store) -> None:
    world = await make_world(store)
    async with store.writing() as uow:
        film = await add_recording(uow, lesson=world.lesson.id, path="x/film.mp4", duration_s=60, now=START)
        with pytest.raises(Refused, match="recording-state"):
            await mark_failed(uow, film.id, failure="late job", now=END)
        with pytest.raises(NotFound):
            await mark_failed(uow, RecordingId("nowhere"), failure="", now=END)


async def test_who_may_watch_is_the_same_rule_in_sql_and_in_the_domain(store: Store) -> None:
    """Every role × published × shared, one recording and the list."""
    from classroom.catalogue import may_watch
    from classroom.enrolment import Enrolment, EnrolmentState

    world = await make_world(store)
    learner, stranger = await world.person("learner"), await world.person("stranger", "yongin")
    await world.enrol(learner)
    viewers = [
        await world.viewer(learner.id),
        await world.viewer(stranger.id),
        await world.viewer(world.teacher.id),
        await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon"),
        await world.staff("there", Role.MUNICIPAL_ADMINISTRATOR, "seongnam"),
        await world.staff("province", Role.PROVINCIAL_ADMINISTRATOR, None),
        await world.staff("colleague", Role.INSTRUCTOR, "suwon"),
    ]
    async with store.writing() as uow:
        film = await add_recording(uow, lesson=world.lesson.id, path="x/film.mp4", duration_s=60, now=START)
    allowed = 0
    for published, shared in ((False, False), (True, False), (True, True)):
        async with store.writing() as uow:
            film = await publish_recording(uow, film.id, published=published, shared=shared, by=None, now=END)
        for viewer in viewers:
            mine = Enrolment(world.course.id, viewer.id, EnrolmentState.ENROLLED, NOW, NOW) if viewer.id == learner.id else None
            try:
                may_watch(viewer, film, mine)
                may = True
            except NotFound:
                may = False
            allowed += may
            assert (await store.queries.recording(film.id, viewer) is not None) is may
            assert (await store.queries.recordings(viewer, END)).total == int(may)
            door = await store.queries.lesson(world.lesson.id, viewer, END)
            assert door is not None
            assert (door.recording == film.id) is may
    assert allowed == 3 + 4 + 7
