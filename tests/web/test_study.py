"""Online lessons of a course: arranged by the teacher, watched on by the learner; what is left to do, and when."""

import re
from datetime import timedelta

from classroom.history import SEOUL
from tests.web.world import World


def test_the_teacher_arranges_and_the_learner_goes_on(world: World) -> None:
    course = course_id(world)
    page = f"/teaching/{course}/items"
    assert world.recording in world.get(page, "instructor").text
    added = world.post(page, "instructor", data={"deed": "add", "recording": world.recording})
    assert (added.status_code, added.headers["location"]) == (303, f"{page}?done=item-added#choices")
    assert world.post(page, "instructor", data={"deed": "add", "recording": "nowhere"}).status_code == 404
    assert world.post(page, "instructor", data={"deed": "sell", "recording": world.recording}).status_code == 422
    assert world.post(page, "instructor", data={"deed": "offer", "recording": world.recording}).status_code == 303
    assert "선택" in world.get(page, "instructor").text

    go_on = f"/recordings/{world.recording}?course={course}"
    for address in ("/me", f"/learning/{course}", "/suwon/courses/smartphone-photo"):
        assert f'href="{go_on}"' in world.get(address, "resident01").text, address
    stranger = world.get("/suwon/courses/smartphone-photo", "resident30").text
    assert "온라인 강의" in stranger
    assert go_on not in stranger
    assert f"/learning/{course}#study" in world.get(go_on, "resident01").text
    assert f"/learning/{course}#study" not in world.get(go_on, "instructor").text

    removed = world.post(page, "instructor", data={"deed": "remove", "recording": world.recording})
    assert removed.headers["location"].startswith(f"{page}?done=item-removed")
    assert go_on not in world.get("/me", "resident01").text


def course_id(world: World) -> str:
    viewer = world.query(world.store.queries.viewer, world.session("instructor"), world.demo.ended_started_at)
    page = world.query(world.store.queries.course, "suwon", "smartphone-photo", viewer, world.demo.ended_started_at)
    return str(page.course.id)


def test_what_is_to_be_done_stands_on_my_page_soonest_first_until_it_is_done(world: World) -> None:
    course = course_id(world)
    day = world.app.state.services.now() + timedelta(days=1)
    typed = {"title_ko": "내일까지", "title_en": "By tomorrow", "instructions": "씁니다", "needed": "1"}
    soon = {"due_at": f"{day.astimezone(SEOUL):%Y-%m-%dT%H:%M}"}
    assert world.post(f"/teaching/{course}/assignments/new", "instructor", data=typed | soon).status_code == 303
    assert world.post(f"/teaching/{course}/assignments/new", "instructor", data=typed | {"title_ko": "언젠가"}).status_code == 303
    page = world.get("/me", "resident01").text
    assert page.index("내일까지") < page.index("언젠가"), "what has no day comes last"
    assert "내일까지" not in world.get("/me", "resident30").text
    (address,) = re.findall(rf'href="(/learning/{course}/assignments/[^"]+)">내일까지', page)
    assert world.post(address, "resident01", data={"text": "했습니다"}).status_code == 303
    assert "내일까지" not in world.get("/me", "resident01").text
