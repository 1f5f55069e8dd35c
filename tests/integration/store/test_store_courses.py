"""Courses as visitors and learners find them."""

from typing import Any

import pytest

from classroom.actions.applications import apply, cancel_application
from classroom.actions.courses import create_course
from classroom.courses import CourseKind, CourseState
from classroom.errors import Invalid, NotFound, Refused
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from tests.classroom.making import END, START, SUWON
from tests.integration.store.worlds import NOW, make_world

pytestmark = pytest.mark.integration


async def test_a_course_of_a_closed_site_or_a_draft_is_not_found(store: Store) -> None:
    world = await make_world(store, state=CourseState.DRAFT)
    assert await store.queries.course("suwon", "photo", None, NOW) is None
    teacher = await world.viewer(world.teacher.id)
    page = await store.queries.course("suwon", "photo", teacher, NOW)
    assert page is not None
    assert page.may_manage
    me = await world.person("me")
    with pytest.raises(NotFound):
        async with store.writing() as uow:
            await apply(uow, course=world.course.id, person=me.id, now=NOW)
    assert await store.queries.lesson(world.lesson.id, await world.viewer(me.id), START) is None


async def test_a_slug_is_once_per_municipality(store: Store) -> None:
    world = await make_world(store)
    await make_world(store, municipality="seongnam")
    fields: dict[str, Any] = {
        "title": Text("가", "a"),
        "summary": Text("가", "a"),
        "category": "arts",
        "kind": CourseKind.LIVE,
        "instructor": None,
        "capacity": 1,
        "applies_from": NOW,
        "applies_until": END,
        "by": None,
        "municipality": SUWON,
    }
    async with store.writing() as uow:
        for code, change in (
            ("slug-taken", {"slug": "photo"}),
            ("slug-invalid", {"slug": "Ümlaut"}),
            ("slug-invalid", {"slug": "a/b"}),
            ("capacity-wrong", {"slug": "b", "capacity": 0}),
            ("times-wrong", {"slug": "b", "applies_until": NOW}),
        ):
            with pytest.raises(Invalid, match=code):
                await create_course(uow, **(fields | change))
    assert (await store.queries.courses(NOW)).total == 2
    assert (await store.queries.courses(NOW, municipality="suwon", search="사진 빛")).total == 1
    assert (await store.queries.courses(NOW, search="100%_")).total == 0
    assert world.course.slug == "photo"


async def test_an_application_can_be_cancelled_and_made_again(store: Store) -> None:
    world = await make_world(store, capacity=1)
    me = await world.person("me")
    for _ in range(2):
        async with store.writing() as uow:
            await apply(uow, course=world.course.id, person=me.id, now=NOW)
        async with store.writing() as uow:
            await cancel_application(uow, course=world.course.id, person=me.id, now=NOW)
    with pytest.raises(Refused, match="not-applied"):
        async with store.writing() as uow:
            await cancel_application(uow, course=world.course.id, person=me.id, now=NOW)
    assert (await store.queries.my_learning(await world.viewer(me.id), NOW)).courses == ()
