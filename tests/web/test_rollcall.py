"""Attendance in a hall: the code that changes, the claim that is one's own, the list, and the sheet that follows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from classroom.attendance import Presence, Verdict, sheet
from classroom.people import PersonId
from classroom.rollcall import CLAIM_S, PERIOD_S, claim, code, is_claimed, is_current
from classroom.rules import AttendanceRule
from tests.classroom.making import END, START, at, fact, make_lesson
from tests.web.test_assessing import _person
from tests.web.world import SECRET, World

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)


def test_a_code_is_good_for_its_period_and_the_blink_after_it() -> None:
    shown = code(SECRET, "l", NOW)
    assert is_current(SECRET, "l", shown, NOW + timedelta(seconds=PERIOD_S - 6))
    assert is_current(SECRET, "l", shown, NOW + timedelta(seconds=PERIOD_S))
    assert not is_current(SECRET, "l", shown, NOW + timedelta(seconds=PERIOD_S + 10))
    assert not is_current(SECRET, "l", shown, NOW - timedelta(seconds=PERIOD_S))
    assert not is_current(SECRET, "another", shown, NOW)
    assert not is_current("another secret", "l", shown, NOW)


def test_a_claim_is_of_one_person_for_two_minutes() -> None:
    mine = claim(SECRET, "l", "p", NOW)
    assert is_claimed(SECRET, "l", "p", mine, NOW + timedelta(seconds=CLAIM_S - 1))
    assert not is_claimed(SECRET, "l", "p", mine, NOW + timedelta(seconds=CLAIM_S + 1))
    assert not is_claimed(SECRET, "l", "friend", mine, NOW)
    assert not is_claimed(SECRET, "other", "p", mine, NOW)
    longer = f"{int(mine.partition('-')[0], 16) + 9_999:x}-{mine.partition('-')[2]}"
    assert not is_claimed(SECRET, "l", "p", longer, NOW)


@given(st.text(max_size=60))
def test_nothing_made_up_is_accepted(typed: str) -> None:
    assert not is_current(SECRET, "l", typed, NOW)
    assert not is_claimed(SECRET, "l", "p", typed, NOW)


def test_marks_become_presence_and_a_withdrawn_one_does_not() -> None:
    def mark(person: str, minute: float) -> object:
        since, until = at(minute).isoformat(), END.isoformat()
        return fact("marked-present", at(minute), person=person, name=person, since=since, until=until, by="t", how="code")

    facts = [mark("early", -5), mark("late", 40), mark("wrong", 0), fact("mark-withdrawn", at(1), person="wrong", by="t")]
    enrolled = {PersonId(name): name for name in ("early", "late", "wrong", "never")}
    rows = {row.person: row for row in sheet(make_lesson(), AttendanceRule(), Presence.of(facts), enrolled, None)}  # type: ignore[arg-type]
    assert [rows[PersonId(name)].verdict for name in ("early", "late", "wrong", "never")] == [
        Verdict.PRESENT,
        Verdict.LATE,
        Verdict.ABSENT,
        Verdict.ABSENT,
    ]
    assert rows[PersonId("early")].minutes == 120
    live = Presence.of(facts)  # type: ignore[arg-type]
    assert live.here(START + timedelta(minutes=20)) == {"early"}


def test_a_resident_scans_and_is_in_and_a_photograph_is_not(world: World) -> None:
    lesson = world.demo.live_lesson
    wall = f"/lessons/{lesson}/roll-call"
    assert world.get(f"{wall}/code.svg", "instructor").text.startswith("<svg")
    shown = code(SECRET, lesson, datetime.now(UTC))
    page = world.get(f"/check-in/{lesson}/{shown}", "resident06")
    assert page.status_code == 200
    mine = page.text.partition('name="claim" value="')[2].partition('"')[0]
    assert world.post(f"/check-in/{lesson}", "resident07", data={"claim": mine}).status_code == 410, "somebody else's claim"
    assert "출석했습니다" in world.post(f"/check-in/{lesson}", "resident06", data={"claim": mine}).text
    assert "출석했습니다" in world.post(f"/check-in/{lesson}", "resident06", data={"claim": mine}).text, "twice is silent"
    assert len(world.get(f"{wall}.json", "instructor").json()["present"]) == 1
    rows = {row["person"]: row for row in world.get(f"/lessons/{lesson}/attendance.json", "instructor").json()["rows"]}
    assert rows[world.query(_person, world, "resident06")]["here"]
    world.ahead = timedelta(seconds=45)
    old = world.get(f"/check-in/{lesson}/{shown}", "resident08")
    assert old.status_code == 410
    assert "시간이 지난 코드입니다." in old.text
    assert world.get(f"/check-in/{lesson}/{shown}", "resident30").status_code == 404, "not in the course"


def test_the_list_ticks_people_on_and_off(world: World) -> None:
    wall = f"/lessons/{world.demo.ended_lesson}/roll-call"
    absent = world.query(_person, world, "resident06")
    assert world.post(wall, "instructor", data={"present": [absent, "nobody"]}).status_code == 303
    row = f"/lessons/{world.demo.ended_lesson}/attendance.json"
    verdicts = {each["person"]: each["verdict"] for each in world.get(row, "instructor").json()["rows"]}
    assert verdicts[absent] == "present", "the final sheet is settled anew"
    world.post(wall, "instructor", data={})
    verdicts = {each["person"]: each["verdict"] for each in world.get(row, "instructor").json()["rows"]}
    assert verdicts[absent] == "absent"
    assert "nobody" not in verdicts
