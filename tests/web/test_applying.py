"""Applying and deciding, on the pages where people do it."""

import hashlib
from datetime import UTC, datetime

import pytest

from tests.web.garden import ADMIN, GARDEN, apply, later, make, rule, seoul
from tests.web.world import World
from web.rounds import Rounds


def test_from_the_waitlist_to_a_seat_with_every_step_told(world: World) -> None:
    make(world)
    assert apply(world, "resident01").headers["location"] == f"{GARDEN}?done=applied"
    assert "대기 신청하기" in world.get(GARDEN, "resident02").text
    assert apply(world, "resident02").headers["location"] == f"{GARDEN}?done=waiting"
    assert "대기 1번째" in world.get(GARDEN, "resident02").text
    assert "대기 1번째" in world.get("/me", "resident02").text
    assert apply(world, "resident02").status_code == 409, "a double press changes nothing"
    apply(world, "resident01", "cancel")
    mine = world.get("/me", "resident02").text
    assert "수강하기" in mine
    assert "읽지 않은 알림 2개" in mine
    assert "자리가 났습니다" in world.get("/me/messages", "resident02").text
    assert "읽지 않은 알림" not in world.get("/me", "resident02").text
    assert apply(world, "resident02", "accept").headers["location"] == f"{GARDEN}?done=applied"
    assert "이 과정을 수강하고 있습니다." in world.get(GARDEN, "resident02").text
    assert "Waitlist" not in world.get("/me?lang=ko", "resident02").text


def test_an_offer_that_lapsed_says_so_and_goes_on(world: World) -> None:
    make(world)
    for who in ("resident01", "resident02", "resident03"):
        apply(world, who)
    apply(world, "resident01", "cancel")
    later(world, hours=13)
    late = apply(world, "resident02", "accept")
    assert late.status_code == 409
    assert "다음 분에게 넘어갔습니다" in late.text
    assert "자리가 났습니다" in world.get(GARDEN, "resident03").text


def test_the_window_is_the_servers_and_its_button_waits_in_the_page(world: World) -> None:
    make(world, applies_from=seoul(hours=1), applies_until=seoul(hours=3))
    early = world.get(GARDEN, "resident01").text
    assert "data-show-at=" in early
    assert "hidden>" in early.split("data-show-at=")[1][:80]
    assert apply(world, "resident01").status_code == 409
    later(world, hours=4)
    assert "모집을 마쳤습니다" in apply(world, "resident01").text or "신청이 끝났습니다" in apply(world, "resident01").text


def test_a_lottery_commits_first_and_shows_its_seed_after(world: World) -> None:
    make(world, mode="lottery", capacity="2", waitlist="0")
    for who in ("resident01", "resident02", "resident03"):
        assert apply(world, who).headers["location"] == f"{GARDEN}?done=collected"
    page = world.get(GARDEN, "resident03").text
    assert "접수 번호 3" in page
    hashed = page.split('class="hash">')[1].split("<")[0]
    assert world.get(f"{GARDEN}/draw").status_code == 404
    assert world.post(f"{ADMIN}/draw", "suwon").status_code == 409
    later(world, days=3)
    assert world.post(f"{ADMIN}/draw", "seongnam").status_code == 404
    assert world.post(f"{ADMIN}/draw", "suwon").headers["location"].startswith(ADMIN)
    drawn = world.get(f"{GARDEN}/draw").text
    seed = drawn.split('<dd class="hash">')[1].split("<")[0]
    assert hashlib.sha256(seed.encode()).hexdigest() == hashed
    assert "resident" not in drawn
    assert drawn.count("badge--good") == 2
    assert "table__own" not in drawn
    assert "접수 번호 3번, " in world.get(f"{GARDEN}/draw", "resident03").text


def test_staff_seat_who_asks_at_the_desk_and_take_the_seat_back_for_them(world: World) -> None:
    make(world)  # one seat
    nobody = world.post(f"{ADMIN}/seats", "suwon", data={"email": "nobody@demo.example"})
    assert (nobody.status_code, "이 이메일로 가입한 사람이 없습니다" in nobody.text) == (422, True)
    for _ in range(2):  # pressed twice
        seated = world.post(f"{ADMIN}/seats", "suwon", data={"email": " Resident01@demo.example "})
        assert "done=seated" in seated.headers["location"]
    assert "이 과정을 수강하고 있습니다" in world.get(GARDEN, "resident01").text
    assert "수강이 확정되었습니다" in world.get("/me/messages", "resident01").text
    full = world.post(f"{ADMIN}/seats", "suwon", data={"email": "resident02@demo.example"})
    assert full.status_code == 409
    assert 'id="f-email-error"' in full.text
    assert "resident02" not in world.get(ADMIN, "suwon").text
    assert world.post(f"{ADMIN}/seats", "seongnam", data={"email": "resident02@demo.example"}).status_code == 404

    assert apply(world, "resident02").headers["location"] == f"{GARDEN}?done=waiting"
    person = world.get(ADMIN, "suwon").text.split(f"{ADMIN}/applications/")[1].split('"')[0]
    assert (
        "done=seat-back" in world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": "remove"}).headers["location"]
    )
    assert world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": "remove"}).status_code == 409
    assert "담당자가 수강을 취소했습니다" in world.get("/me/messages", "resident01").text
    assert "수강하기" in world.get(GARDEN, "resident02").text  # the seat is offered to the next


def test_a_course_that_is_over_stays_in_the_history(world: World) -> None:
    """The button that cancels is gone, and who sends its form all the same loses nothing."""
    course = "/suwon/courses/digital-first-steps"
    assert "신청 취소" not in world.get(course, "resident01").text
    refused = world.post(f"{course}/application", "resident01", data={"action": "cancel"})
    assert (refused.status_code, "학습 이력에 그대로 남습니다" in refused.text) == (409, True)
    assert "디지털 첫걸음" in world.get("/me/history", "resident01").text


def test_a_course_that_is_called_off_tells_everybody_and_gives_fees_back(world: World) -> None:
    make(world, fee_won="30000")
    starts, ends = seoul(days=3), seoul(days=3, hours=2)
    world.post(f"{ADMIN}/lessons", "suwon", data={"title_ko": "첫 시간", "starts_at": starts, "ends_at": ends})
    apply(world, "resident01")
    apply(world, "resident02")  # waits
    page = world.get(ADMIN, "suwon").text
    person = page.split(f"{ADMIN}/applications/")[1].split('"')[0]
    world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": "settle", "note": "현금"})
    hidden = world.post(f"{ADMIN}/edit", "suwon", data=rule(fee_won="30000", state="draft"))
    assert (hidden.status_code, "신청한 사람이 있는 과정은 숨길 수 없습니다" in hidden.text) == (422, True)
    silent = world.post(f"{ADMIN}/calling-off", "suwon", data={"reason": " "})
    assert (silent.status_code, 'id="f-reason-error"' in silent.text) == (422, True)
    assert (
        "done=called-off" in world.post(f"{ADMIN}/calling-off", "suwon", data={"reason": "신청이 적습니다."}).headers["location"]
    )
    assert world.post(f"{ADMIN}/calling-off", "suwon", data={"reason": "다시"}).status_code == 409
    for who in ("resident01", "resident02"):
        assert "폐강되었습니다" in world.get("/me/messages", who).text
        assert "신청하기" not in world.get(GARDEN, who).text
    assert "첫 시간" not in world.get("/me", "resident01").text
    assert "30,000원" in world.get(ADMIN, "suwon").text.split("badge--warn")[1][:80]


def test_the_list_of_applicants_is_taken_out_with_a_reason(world: World) -> None:
    make(world, fee_won="30000")
    apply(world, "resident01")
    assert world.post(f"{ADMIN}/applications.csv", "suwon", data={"why": ""}).status_code == 422
    answer = world.post(f"{ADMIN}/applications.csv", "suwon", data={"why": "출석부 인쇄"})
    assert answer.status_code == 200
    head, row = answer.content.decode("utf-8-sig").splitlines()
    assert head.startswith("접수 번호,이름,이메일")
    assert "resident01@demo.example" in row
    assert "30,000원" in row
    assert "출석부 인쇄" in world.get("/admin/access-log", "suwon").text


def test_two_administrators_at_once_the_second_reads_what_differs(world: World) -> None:
    make(world)
    form = world.get(f"{ADMIN}/edit", "suwon").text
    version = form.split('name="version" value="')[1].split('"')[0]
    assert world.post(f"{ADMIN}/edit", "suwon", data=rule(version=version, capacity="7")).status_code == 303
    second = world.post(f"{ADMIN}/edit", "province", data=rule(version=version, title_ko="다른 이름"))
    assert second.status_code == 409
    assert "다른 관리자가 먼저" in second.text
    assert "<strong>이름, 정원</strong>" in second.text.replace("\n", "")
    assert 'value="다른 이름"' in second.text
    newest = second.text.split('name="version" value="')[1].split('"')[0]
    assert world.post(f"{ADMIN}/edit", "province", data=rule(version=newest, title_ko="다른 이름")).status_code == 303


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "bribe"}, "mode"),
        ({"home_seats": "5"}, "home_seats"),
        ({"fee_won": "-1"}, "fee_won"),
        ({"waitlist": "many"}, "waitlist"),
        ({"quota_seongnam": "9"}, "quota_seongnam"),
        ({"level": "x"}, "level"),
    ],
)
def test_a_rule_that_cannot_be_is_shown_at_its_field(world: World, changes: dict[str, str], field: str) -> None:
    answer = world.post("/admin/courses/new", "suwon", data=rule(**changes))
    assert answer.status_code == 422
    assert field.startswith("level") or f'id="f-{field}-error"' in answer.text


def test_the_clock_draws_lotteries_and_reminds_classes(world: World) -> None:
    make(world, mode="lottery", capacity="2")
    apply(world, "resident01")
    later(world, days=3)
    rounds = Rounds(world.store, lambda: datetime.now(UTC) + world.ahead)
    world.query(rounds.round)
    assert "접수 번호" in world.get(f"{GARDEN}/draw").text
    assert "수강이 확정되었습니다" in world.get("/me/messages", "resident01").text
    times = {"title_ko": "흙", "starts_at": seoul(days=8), "ends_at": seoul(days=8, hours=2)}
    assert world.post(f"{ADMIN}/lessons", "suwon", data=times).status_code == 303
    later(world, days=7, hours=12)
    world.query(rounds.round)
    assert "곧 수업이 있습니다" in world.get("/me/messages", "resident01").text
