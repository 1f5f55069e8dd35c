"""Changing a timetable and being told of it."""

from icalendar import Calendar

from tests.web.garden import ADMIN, GARDEN, apply, make
from tests.web.world import World


def test_a_series_a_substitute_and_a_cancelled_lesson(world: World) -> None:
    make(world, capacity="5")
    apply(world, "resident01")
    series = {"series": "1", "first": "2029-05-01", "count": "3", "weekday_1": "on", "begins": "19:00", "ends": "21:00"}
    wrong = world.post(f"{ADMIN}/lessons", "suwon", data=series | {"without": "2029-02-30"})
    assert wrong.status_code == 422
    assert "2029-02-30: 달력에 없는 날입니다" in wrong.text
    done = world.post(f"{ADMIN}/lessons", "suwon", data=series | {"without": "2029-05-08", "titles": "흙\n씨앗"})
    assert done.status_code == 303
    page = world.get(GARDEN).text
    assert [day in page for day in ("5. 1.(화)", "5. 8.(화)", "5. 15.(화)", "5. 22.(화)")] == [True, False, True, True]
    lesson = world.get(ADMIN, "suwon").text.split("/admin/lessons/")[1].split('"')[0]
    times = {"title_ko": "흙", "starts_at": "2029-05-02T19:00", "ends_at": "2029-05-02T21:00"}
    nobody = world.post(f"/admin/lessons/{lesson}", "suwon", data=times | {"substitute": "nobody@demo.example"})
    assert nobody.status_code == 422
    moved = world.post(f"/admin/lessons/{lesson}", "suwon", data=times | {"substitute": "instructor-yongin@demo.example"})
    assert moved.status_code == 303
    assert world.post(f"/admin/lessons/{lesson}", "suwon", data={"action": "cancel"}).status_code == 422
    off = world.post(f"/admin/lessons/{lesson}", "suwon", data={"action": "cancel", "reason": "강사 사정"})
    assert off.status_code == 303
    told = world.get("/me/messages", "resident01").text
    assert "1회차 일정이 바뀌었습니다" in told
    assert "사유: 강사 사정" in told
    assert "휴강" in world.get(GARDEN).text


def test_a_calendar_has_a_secret_address_that_can_be_renewed(world: World) -> None:
    page = world.get("/me/calendar", "resident01").text
    address = page.split('id="address" value="http://testserver')[1].split('"')[0]
    feed = world.get(address)
    assert feed.headers["content-type"].startswith("text/calendar")
    events = [event for event in Calendar.from_ical(feed.content).walk("VEVENT")]
    assert len(events) > 5
    assert all(str(event["uid"]).endswith("@testserver") for event in events)
    again = [str(event["uid"]) for event in Calendar.from_ical(world.get(address).content).walk("VEVENT")]
    assert again == [str(event["uid"]) for event in events]
    assert b"@demo.example" not in feed.content
    assert "김" not in feed.text
    person = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at).id
    world.post(f"/admin/people/{person}/suspended", "province", data={"suspended": "1"})
    assert world.get(address).status_code == 404, "who is locked out is so here too"
    world.post(f"/admin/people/{person}/suspended", "province", data={"suspended": "0"})
    assert world.get(address).status_code == 200
    world._sessions.pop("resident01")
    world.post("/me/calendar", "resident01")
    assert world.get(address).status_code == 404
