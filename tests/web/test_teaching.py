"""What instructors and staff do: the attendance sheet, corrections, the replay's chat, courses and their timetable."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.attendance import Attendance, Interval, Verdict
from classroom.events import Fact
from classroom.people import LessonId, PersonId
from classroom.queries.lessons import SheetPage, SheetRow
from tests.web.garden import course_form
from tests.web.page_forms import forms_of
from tests.web.world import World, manifest_of
from web.exports import cell, csv_file
from web.formatting import mask
from web.pages.replay_chat import chat_lines
from web.pages.sheet import Stretch, sheet_rows

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_bar_shows_when_somebody_was_there() -> None:
    spans = (Interval(TEN, TEN + timedelta(minutes=30)), Interval(TEN + timedelta(minutes=90), TEN + timedelta(minutes=120)))
    row = SheetRow(Attendance(PersonId("p"), "홍길동", spans, Verdict.PRESENT), Verdict.PRESENT, None)
    page: Any = SheetPage(None, None, None, True, TEN, TEN + timedelta(hours=2), (row,))  # type: ignore[arg-type]
    (bar,) = sheet_rows(page, TEN + timedelta(hours=3))
    assert bar.stretches == (Stretch(0.0, 25.0), Stretch(75.0, 25.0))
    assert bar.share == 50
    (early,) = sheet_rows(page, TEN + timedelta(minutes=30))
    assert early.share == 100, "more than the time that has passed is not shown"


def test_the_sheet_and_its_refresh_agree(shared: World) -> None:
    address = f"/lessons/{shared.demo.ended_lesson}/attendance"
    page, fresh = shared.get(address, "instructor").text, shared.get(f"{address}.json", "instructor").json()
    assert fresh["final"] is True
    assert fresh["now"] is None
    assert len(fresh["rows"]) == page.count("<tr data-person=")
    assert page.count('class="presence__in"') == sum(len(row["stretches"]) for row in fresh["rows"])
    live = shared.get(f"/lessons/{shared.demo.live_lesson}/attendance.json", "instructor").json()
    assert live["final"] is False
    assert 0 <= live["now"] <= 100


def test_a_correction_keeps_the_first_verdict_and_the_reason(world: World) -> None:
    address = f"/lessons/{world.demo.ended_lesson}/attendance"
    absent = next(row for row in world.get(f"{address}.json", "instructor").json()["rows"] if row["verdict"] == "absent")
    change, mine = {"verdict": "excused", "reason": "병원 진료 확인서 제출"}, f"{address}/{absent['person']}"
    assert world.post(mine, "instructor", data=change).headers["location"] == f"{address}?done=corrected"
    page = world.get(address, "instructor").text
    assert "결석에서 정정" in page
    assert "병원 진료 확인서 제출" in page
    assert "병원 진료 확인서 제출" in world.get(mine, "instructor").text
    assert world.post(mine, "instructor", data=change | {"reason": " "}).status_code == 422
    assert world.post(mine, "instructor", data=change | {"verdict": "expected"}).status_code == 422
    assert world.post(f"{address}/nobody", "instructor", data=change).status_code == 404


def test_looking_at_people_is_logged_with_whose_data_it_was(world: World) -> None:
    world.get("/admin/people?q=resident03", "suwon")
    world.get(f"/lessons/{world.demo.ended_lesson}/attendance", "suwon")
    log = world.get("/admin/access-log", "suwon").text
    assert "사람 목록 열람" in log
    assert "출석부 열람" in log
    assert "기록이 온전합니다." in log


def test_the_sheet_is_downloaded_only_with_a_reason_and_the_reason_is_kept(world: World) -> None:
    address = f"/lessons/{world.demo.ended_lesson}/attendance.csv"
    assert world.post(address, "instructor", data={"why": ""}).status_code == 422
    answer = world.post(address, "instructor", data={"why": "수료 심사"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == "이름"
    assert len(rows) == 21
    log = world.get("/admin/access-log", "suwon").text
    assert log.count("출석부 파일 받음") == 20
    assert "수료 심사" in log


@pytest.mark.parametrize("hostile", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", " =1", "\u3000=1", "\r=1", "\n@x"])
def test_a_cell_is_never_a_formula(hostile: str) -> None:
    assert cell(hostile) == f"'{hostile}"
    assert csv_file(["name"], [[hostile]]).startswith(b"\xef\xbb\xbf")


def test_ordinary_cells_stay_as_they_are() -> None:
    assert [cell(value) for value in ("홍길동", 12.5, None, "", "a=b", "제 2026-1호")] == [
        "홍길동",
        "12.5",
        "",
        "",
        "a=b",
        "제 2026-1호",
    ]


def test_names_of_other_learners_are_masked_in_the_replay(shared: World) -> None:
    address = f"/recordings/{shared.recording}/chat.json"
    seen = {who: shared.get(address, who).json()["lines"] for who in ("resident01", "instructor")}
    assert len(seen["resident01"]) == len(seen["instructor"]) >= 3
    mine = [line for line in seen["resident01"] if line["mine"]]
    others = [line for line in seen["resident01"] if not line["mine"] and line["role"] == "learner"]
    assert others
    assert all("*" in line["name"] for line in others)
    assert all("*" not in line["name"] for line in mine)
    assert all("*" not in line["name"] for line in seen["instructor"])


def test_chat_stands_where_it_was_written() -> None:
    def posted(second: float, text: str) -> Fact:
        data = {"line": text, "peer": "x", "person": "p", "name": "홍길동", "role": "learner", "text": text}
        return Fact(text, LessonId("l"), TEN + timedelta(seconds=second), "chat-posted", data)

    facts = [posted(30, "second"), posted(-5, "before"), posted(7.25, "first")]
    lines = chat_lines(facts, manifest_of("r", TEN), "somebody else", sees_names=False)
    assert [(line["text"], line["at_s"]) for line in lines] == [("before", 0.0), ("first", 7.25), ("second", 30.0)]
    assert {line["name"] for line in lines} == {"홍*동"}


def test_hands_and_the_floor_stand_between_what_was_written_and_their_names_are_masked() -> None:
    def happened(second: float, kind: str, **data: Any) -> Fact:
        return Fact(f"{kind}{second}", LessonId("l"), TEN + timedelta(seconds=second), kind, data)

    facts = [
        happened(9, "hand-raised", peer="p1"),
        happened(12, "speaking-allowed", peer="p1"),
        happened(20, "check-opened", check="c", by="i", answer_s=60, asked={"p": "홍길동"}),
        happened(21, "hand-raised", peer="p9"),
        happened(1, "peer-joined", peer="p1", person="p", name="홍길동", role="learner", recorded=True),
        happened(1, "peer-joined", peer="p9", person="q", name="", role="learner", recorded=True),  # erased since
    ]
    lines = chat_lines(facts, manifest_of("r", TEN), "somebody else", sees_names=False)
    assert [(line["kind"], line["at_s"], line["name"]) for line in lines] == [
        ("hand", 9.0, "홍*동"),
        ("floor", 12.0, "홍*동"),
        ("check", 20.0, ""),
    ]
    assert [line["mine"] for line in chat_lines(facts, manifest_of("r", TEN), "p", sees_names=False)] == [True, True, False]


def test_masking_leaves_no_whole_name() -> None:
    assert [mask(name) for name in ("홍길동", "김철", "남궁민수", "Ann Lee", "Q", "")] == [
        "홍*동",
        "김*",
        "남**수",
        "A** L**",
        "*",
        "*",
    ]


def test_staff_create_a_course_and_schedule_a_lesson(world: World) -> None:
    made = world.post("/admin/courses/new", "suwon", data=course_form())
    assert made.headers["location"] == "/admin/courses/suwon/garden?done=course-created"
    times = {"title_ko": "첫 시간", "starts_at": "2029-05-01T19:00", "ends_at": "2029-05-01T21:00"}
    scheduled = world.post("/admin/courses/suwon/garden/lessons", "suwon", data=times)
    assert scheduled.headers["location"] == "/admin/courses/suwon/garden?done=lesson-scheduled"
    page = world.get("/suwon/courses/garden").text
    assert "2029. 5. 1.(화)</span> 19:00–21:00" in page
    assert "정원 가꾸기" in world.get("/courses?q=정원").text
    backwards = world.post("/admin/courses/suwon/garden/lessons", "suwon", data=times | {"ends_at": "2029-05-01T18:00"})
    assert backwards.status_code == 422
    assert "끝이 시작보다 늦어야 합니다" in backwards.text


def test_mistakes_are_shown_at_the_field_and_nothing_typed_is_lost(world: World) -> None:
    wrong = course_form(
        slug="정원", capacity="many", applies_until="soon", title_ko="", instructor="nobody@demo.example", kind="x"
    )
    answer = world.post("/admin/courses/new", "suwon", data=wrong)
    assert answer.status_code == 422
    for field in ("capacity", "applies_until", "title_ko", "instructor", "kind"):
        assert f'id="f-{field}-error"' in answer.text, field
    assert 'value="작은 정원을 함께 가꿉니다"' in answer.text
    slug = world.post("/admin/courses/new", "suwon", data=course_form(slug="정원"))
    assert 'id="f-slug-error"' in slug.text
    taken = world.post("/admin/courses/new", "suwon", data=course_form(slug="smartphone-photo"))
    assert "이 주소를 쓰는 과정이 있습니다" in taken.text


def test_staff_cannot_create_a_course_elsewhere(world: World) -> None:
    assert world.post("/admin/courses/new", "suwon", data=course_form(municipality="seongnam")).status_code == 404
    assert world.post("/admin/courses/new", "suwon", data=course_form(municipality="atlantis")).status_code == 404


def test_a_changed_course_keeps_its_rules_and_tells_the_live_room(world: World) -> None:
    home = "/admin/courses/suwon/smartphone-photo"
    form = course_form(slug="smartphone-photo", title_ko="새 이름의 과정", capacity="40", attendance="", completion="")
    assert world.post(f"{home}/edit", "suwon", data=form).headers["location"] == f"{home}?done=course-changed"
    assert "새 이름의 과정" in world.get("/suwon/courses/smartphone-photo").text
    assert world.demo.live_lesson in world.rooms.refreshed


def test_who_may_watch_a_recording_is_chosen(world: World) -> None:
    address = f"/recordings/{world.recording}/manifest.json"
    choose = f"/admin/recordings/{world.recording}/audience"
    world.post(choose, "suwon", data={"audience": "everybody"})
    assert world.get(address, "resident30").status_code == 200
    world.post(choose, "suwon", data={"audience": "nobody"})
    assert world.get(address, "resident01").status_code == 404
    assert world.get(address, "instructor").status_code == 200
    world.post(choose, "suwon", data={"audience": "course"})
    assert [world.get(address, who).status_code for who in ("resident01", "resident30")] == [200, 404]


def test_the_province_opens_a_site(world: World) -> None:
    answer = world.post("/admin/sites/paju", "province", data={"brand": "#ffff00", "phone": "031-940-0000"})
    assert answer.status_code == 422
    assert "더 진한 색을 골라 주세요" in answer.text
    world.post("/admin/sites/paju", "province", data={"brand": "#1f6f3f", "phone": "031-940-0000"})
    assert "파주시에서 함께 배웁니다" in world.get("/paju/").text


def test_roles_are_granted_inside_the_own_municipality(world: World) -> None:
    person = world.get("/admin/people?q=resident02", "suwon").text.split('action="/admin/people/')[1].split("/")[0]
    grant = f"/admin/people/{person}/roles"
    assert world.post(grant, "suwon", data={"role": "instructor", "municipality": "suwon"}).status_code == 303
    assert "강사 · 수원시" in world.get("/admin/people?q=resident02", "suwon").text
    assert world.post(grant, "suwon", data={"role": "instructor", "municipality": "seongnam"}).status_code == 404
    revoke = f"{grant}/revoke"
    assert world.post(revoke, "seongnam", data={"role": "instructor", "municipality": "suwon"}).status_code == 404
    assert world.post(revoke, "suwon", data={"role": "instructor", "municipality": "suwon"}).status_code == 303
    assert "강사 · 수원시" not in world.get("/admin/people?q=resident02", "suwon").text
    assert world.post(grant, "suwon", data={"role": "provincial-administrator"}).status_code == 404
    assert world.post(grant, "suwon", data={"role": "emperor", "municipality": "suwon"}).status_code == 422


def test_two_who_edit_at_once_are_told_and_may_then_save_knowingly(world: World) -> None:
    """A lesson, a quiz, an assignment: read, changed by somebody else, sent."""
    lesson = world.get("/admin/lessons", "suwon").text.split("/admin/lessons/")
    course = world.query(world.store.queries.course, "suwon", "smartphone-photo", None, world.demo.ended_started_at).course.id
    taught = world.get(f"/teaching/{course}", "instructor").text
    pages = [
        ("suwon", "/admin/lessons/" + next(each[:16] for each in lesson[1:] if each[:16].isalnum())),
        ("instructor", f"/teaching/{course}/quizzes/" + taught.split("/quizzes/")[2][:16]),
        ("instructor", f"/teaching/{course}/assignments/" + taught.split("/assignments/")[2][:16]),
    ]
    for who, page in pages:
        form = next(each for each in forms_of(world.get(page, who).text) if "title_ko" in each.values)
        ours = {name: value for name, value in form.values.items() if name not in ("removal", "file")}
        theirs = ours | {"title_ko": "그사이에"}
        assert world.post(page, who, data=theirs).status_code == 303, page
        refused = world.post(page, who, data=ours)
        assert refused.status_code == 409, page
        assert "먼저 고쳤습니다" in refused.text
        again = next(each for each in forms_of(refused.text) if "title_ko" in each.values).values
        assert again["title_ko"] == ours["title_ko"]
        assert world.post(page, who, data=ours | {"stamp": again["stamp"]}).status_code == 303, page
