"""Applying, deciding, changing a timetable and being told of it: on the pages where people do it."""

import hashlib
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar

from classroom.fees import Charge
from classroom.store.messages import CLAIMED_FOR
from tests.web.test_teaching import course_form
from tests.web.world import World
from web.mail import AT_ONCE, PATIENCE_S, FolderTransport, Mailer, SmtpTransport
from web.rounds import Rounds
from web.wiring import CannotStart, load_gateway

GARDEN = "/suwon/courses/garden"
ADMIN = "/admin/courses/suwon/garden"


def seoul(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=9) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


def later(world: World, **ahead: float) -> None:
    """The clock goes on; sessions of before are over."""
    world.ahead = timedelta(**ahead)
    world._sessions.clear()


def rule(**changes: str) -> dict[str, str]:
    fields = {
        "applies_from": seoul(days=-1),
        "applies_until": seoul(days=2),
        "mode": "first-come",
        "reach": "everybody",
        "capacity": "1",
        "waitlist": "5",
        "accept_hours": "12",
        "level": "beginner",
        "audience": "seniors",
    }
    return course_form(**(fields | changes))


def make(world: World, **changes: str) -> None:
    made = world.post("/admin/courses/new", "suwon", data=rule(**changes))
    assert made.status_code == 303, made.text


def apply(world: World, who: str, action: str = "apply") -> Any:
    return world.post(f"{GARDEN}/application", who, data={"action": action})


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


def test_approval_and_a_fee_are_settled_on_the_administrators_page(world: World) -> None:
    make(world, mode="approval", fee_won="30000")
    apply(world, "resident01")
    assert "30,000원" in world.get(GARDEN).text
    page = world.get(ADMIN, "suwon").text
    person = page.split(f"{ADMIN}/applications/")[1].split('"')[0]
    for action, done in (("accept", "accepted"), ("settle", "settled")):
        answer = world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": action, "note": "현금"})
        assert f"done={done}" in answer.headers["location"]
    assert "30,000원 냄" in world.get(ADMIN, "suwon").text
    again = world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": "settle"})
    assert (again.status_code, "이미 처리한 수강료입니다" in again.text) == (409, True)


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


class Till:
    """A payment gateway as an installation might bring one: what it was told is paid is paid, and it stumbles over strangers."""

    def __init__(self) -> None:
        self.paid: set[str] = set()
        self.given_back: list[int] = []

    async def address(self, charge: Charge) -> str:
        return f"https://pay.example/{charge.person}/{charge.won}"

    async def is_paid(self, charge: Charge) -> bool:
        if charge.person not in self.paid:
            raise ConnectionError("nobody there")
        return True

    async def give_back(self, charge: Charge) -> bool:
        self.given_back.append(charge.refund_won)
        return True


def test_a_payment_gateway_takes_fees_and_gives_them_back(world: World) -> None:
    make(world, fee_won="30000", capacity="3")
    till = load_gateway("tests.web.test_applying:Till")
    assert isinstance(till, Till)
    object.__setattr__(world.app.state.services, "payments", till)
    rounds = Rounds(world.store, lambda: datetime.now(UTC) + world.ahead, till)
    for who in ("resident01", "resident02"):
        apply(world, who)
    page = world.get(GARDEN, "resident02").text
    assert "결제하기" in page
    till.paid.add(page.split("https://pay.example/")[1].split("/")[0])
    world.query(rounds.round)
    assert "결제하기" not in world.get(GARDEN, "resident02").text
    assert "결제하기" in world.get(GARDEN, "resident01").text, "it failed over this one, and goes on asking"
    assert world.get(ADMIN, "suwon").text.count("30,000원 냄") == 1
    apply(world, "resident02", "cancel")
    world.query(rounds.round)
    world.query(rounds.round)
    assert till.given_back == [30_000]
    assert "30,000원" in world.get("/me/messages", "resident02").text


@pytest.mark.parametrize("named", ["nowhere.to.be:Found", "tests.web.test_applying:Absent", "tests.web.test_applying", ":"])
def test_a_gateway_that_cannot_be_used_ends_the_start_with_a_sentence(named: str) -> None:
    with pytest.raises(CannotStart, match="CLASSROOM_PAYMENTS"):
        load_gateway(named)


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


async def mails_of(world: World, transport: Any) -> int:
    mailer = Mailer(
        world.store,
        transport,
        sender="no-reply@learn.example.kr",
        public_url="https://learn.example.kr",
        now=lambda: datetime.now(UTC) + world.ahead,
    )
    tried = 0
    while number := await mailer.round():
        tried += number
    return tried


def test_without_a_server_mail_becomes_files(world: World, tmp_path: Path) -> None:
    make(world)
    apply(world, "resident01")
    assert world.query(mails_of, world, FolderTransport(tmp_path / "mail")) == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "resident01@demo.example"
    assert mail["Subject"] == "정원 가꾸기: 수강이 확정되었습니다"
    body = mail.get_content()  # type: ignore[attr-defined]
    assert f"https://learn.example.kr{GARDEN}" in body
    assert world.query(mails_of, world, FolderTransport(tmp_path / "mail")) == 0


def test_a_slow_server_is_not_handed_a_mail_twice_by_two_processes() -> None:
    assert AT_ONCE * timedelta(seconds=2 * PATIENCE_S) < CLAIMED_FOR


class Stumbling:
    """Hands in all but the first, which cannot even be written."""

    def __init__(self) -> None:
        self.to: list[str] = []
        self.stumbled = False

    async def deliver(self, mail: Any) -> None:
        if not self.stumbled:
            self.stumbled = True
            raise ValueError("no such header")
        self.to.append(mail["To"])


def test_a_mail_that_cannot_be_written_does_not_hold_up_those_behind_it(world: World) -> None:
    make(world)
    apply(world, "resident01")
    apply(world, "resident02")
    transport = Stumbling()
    assert world.query(mails_of, world, transport) == 2
    assert transport.to == ["resident02@demo.example"]
    later(world, minutes=2)
    assert world.query(mails_of, world, transport) == 1
    assert transport.to == ["resident02@demo.example", "resident01@demo.example"]


class Box:
    """A server that refuses the first mail for now."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refusals = 1

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 come back later"
        self.mails.append(envelope)
        return "250 OK"


def test_a_server_that_refuses_is_asked_again_later(world: World) -> None:
    make(world)
    apply(world, "resident01")
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}")
        assert world.query(mails_of, world, transport) == 1
        assert box.mails == []
        assert world.query(mails_of, world, transport) == 0, "not before its time"
        later(world, minutes=2)
        assert world.query(mails_of, world, transport) == 1
        (mail,) = box.mails
        assert mail.rcpt_tos == ["resident01@demo.example"]
        later(world, days=9)
        assert world.query(mails_of, world, transport) == 0, "once is enough"
    finally:
        server.stop()


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


def test_history_is_filtered_and_nonsense_filters_do_no_harm(shared: World) -> None:
    whole = shared.get("/me/history", "resident02").text
    assert "디지털 첫걸음" in whole
    assert "디지털 첫걸음" not in shared.get("/me/history?year=x&certified=1", "resident02").text, "too few lessons for one"
    assert "조건의 학습 이력이 없습니다" in shared.get("/me/history?certified=1", "resident02").text
    assert "디지털 첫걸음" in shared.get("/me/history?year=x&municipality=atlantis", "resident02").text
