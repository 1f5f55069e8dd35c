"""Online lessons of a course: the teacher arranges them, the learner goes on where they were."""

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
