"""From the learner's side and the teacher's: quizzes, assignments, surveys, excuses, and the certificate that follows at once."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from classroom.actions.closing import erase_due
from classroom.checks import answers, spot_checks
from classroom.events import Fact
from classroom.people import CourseId, LessonId, PersonId, Viewer
from recording.errors import ObjectMissing
from tests.classroom.test_assessment import PNG
from tests.web.page_forms import forms_of
from tests.web.world import World

PDF = b"%PDF-1.4\nproof\n%%EOF\n"


async def _ids(world: World, slug: str) -> tuple[CourseId, str, str]:
    async with world.store.reading() as uow:
        course = await uow.courses.by_slug("suwon", slug)  # type: ignore[arg-type]
        assert course is not None
        quizzes, assignments = await uow.quizzes.of_course(course.id), await uow.assignments.of_course(course.id)
        return course.id, quizzes[0].id, assignments[0].id if assignments else ""


@pytest.fixture
def photo(world: World) -> tuple[str, str, str]:
    found: tuple[str, str, str] = world.query(_ids, world, "smartphone-photo")
    return found


@pytest.fixture
def safety(world: World) -> tuple[str, str, str]:
    found: tuple[str, str, str] = world.query(_ids, world, "safe-online")
    return found


def test_the_learner_reads_what_is_missing_and_answering_the_survey_brings_the_certificate(
    world: World, safety: tuple[str, str, str]
) -> None:
    home = f"/learning/{safety[0]}"
    page = world.get(home, "resident01").text
    assert "3개 중 2개 충족: 만족도 조사가 남았습니다." in page
    assert f'href="{home}/survey"' in page
    assert "2 of 3 met: survey missing." in world.get(f"{home}?lang=en", "resident01").text
    before = world.get("/me/certificates", "resident01").text.count("속지 않는 디지털 생활")
    assert before == 0
    ratings = dict.fromkeys(("content", "instructor", "pace", "service"), "5")
    assert world.post(f"{home}/survey", "resident01", data=ratings).status_code == 422
    answer = world.post(f"{home}/survey", "resident01", data=ratings | {"again": "4", "comment": "<script>alert(1)</script>"})
    assert answer.headers["location"] == f"{home}?done=survey"
    assert "수료했습니다. 수료증 번호는" in world.get(home, "resident01").text
    assert "속지 않는 디지털 생활" in world.get("/me/certificates", "resident01").text
    assert world.post(f"{home}/survey", "resident01", data=ratings | {"again": "4"}).status_code == 422
    assert "수료증 번호" not in world.get(home, "resident02").text, "who did not pass the quiz waits"


def test_a_survey_tells_nothing_before_three_have_answered(world: World, safety: tuple[str, str, str]) -> None:
    ratings = dict.fromkeys(("content", "instructor", "pace", "service", "again"), "5")
    for number, who in enumerate(("resident01", "resident02", "resident03"), 1):
        world.post(f"/learning/{safety[0]}/survey", who, data=ratings | {"comment": f"=의견 {number}"})
        page = world.get(f"/teaching/{safety[0]}/survey", "suwon").text
        assert ("의견 1" in page) is (number == 3)
    book = openpyxl.load_workbook(io.BytesIO(world.get(f"/teaching/{safety[0]}/survey.xlsx", "suwon").content))
    cells = [cell for row in book.active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert any(cell.value == "'=의견 1" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


def test_a_quiz_is_begun_marked_and_counted(world: World, photo: tuple[str, str, str]) -> None:
    home, door = f"/learning/{photo[0]}", f"/learning/{photo[0]}/quizzes/{photo[1]}"
    world.post(f"{door}/attempts", "resident01")
    page = world.get(door, "resident01").text
    assert page.count('class="panel question') == 4
    assert "right" not in page, "no answer is sent before it was given"
    assert world.get(door, "resident01").text == page, "a reload asks the same in the same order"
    wrong = {"q0": "0", "q1": ["0"], "q2": "8", "q3": "모름"}
    assert world.post(f"{door}/answers", "resident01", data=wrong).headers["location"] == f"{door}?done=quiz"
    assert "0점입니다. 60점부터 통과합니다." in world.get(door, "resident01").text
    assert world.post(f"{door}/answers", "resident01", data=wrong).status_code == 409, "handed in twice"
    world.post(f"{door}/attempts", "resident01")
    world.post(f"{door}/answers", "resident01", data={"q0": "1", "q1": ["0", "1", "3"], "q2": "９", "q3": " 그리드"})
    assert "통과했습니다. 가장 높은 점수는 100점입니다." in world.get(door, "resident01").text
    page = world.get(home, "resident01").text
    assert "4개 중 1개 충족" in page
    assert f'href="/recordings/{world.recording}"' in page
    assert "100점" in world.get(f"/teaching/{photo[0]}/quizzes/{photo[1]}", "instructor").text


def test_a_quiz_is_written_and_a_wrong_question_is_named(world: World, photo: tuple[str, str, str]) -> None:
    made: dict[str, Any] = {"title_ko": "새 퀴즈", "pass_percent": "50", "attempts": "0", "minutes": "10", "needed": "on"}
    made |= {"q0_prompt": "1+1은?", "q0_kind": "number", "q0_points": "1", "q0_answers": "2 ± 0.5"}
    made |= {"q1_prompt": "고르세요", "q1_kind": "single", "q1_points": "2", "q1_answers": "하나\n둘"}
    address = f"/teaching/{photo[0]}/quizzes/new"
    refused = world.post(address, "instructor", data=made)
    assert refused.status_code == 422
    assert "문제 2의 보기나 정답이 맞지 않습니다." in refused.text
    assert "하나\n둘" in refused.text, "nothing typed is lost"
    saved = world.post(address, "instructor", data=made | {"q1_answers": "*하나\n둘"}).headers["location"]
    page = world.get(saved, "instructor").text
    assert "2 ± 0.5" in page
    assert "*하나" in page
    assert "새 퀴즈" in world.get(f"/learning/{photo[0]}", "resident03").text
    gone = world.post(saved.partition("?")[0] + "/removal", "instructor").headers["location"]
    assert gone == f"/teaching/{photo[0]}?done=removed"


def test_an_assignment_is_handed_in_given_back_and_accepted(world: World, photo: tuple[str, str, str]) -> None:
    mine = f"/learning/{photo[0]}/assignments/{photo[2]}"
    theirs = f"/teaching/{photo[0]}/assignments/{photo[2]}"
    assert world.post(mine, "resident01", data={"text": " "}).status_code == 422
    hostile = {"file": ("a.pdf", b"<html>", "application/pdf")}
    refused = world.post(mine, "resident01", data={"text": ""}, files=hostile)
    assert refused.status_code == 422
    assert "PDF, JPG, PNG 파일이 아닙니다." in refused.text
    photo_file = {"file": ("내 사진.png", PNG, "image/png")}
    assert world.post(mine, "resident01", data={"text": "골목"}, files=photo_file).status_code == 303
    upload = re.search(r'/uploads/(\w+)"', world.get(mine, "resident01").text)
    assert upload is not None
    for who, status in (("resident01", 200), ("resident02", 404), ("instructor", 200), ("suwon", 200), ("seongnam", 404)):
        answer = world.get(f"/uploads/{upload[1]}", who)
        assert answer.status_code == status, who
        if status == 200:
            assert answer.content == PNG
            assert answer.headers["content-disposition"].startswith("attachment")
    assert "낸 파일 열람" in world.get("/admin/access-log", "suwon").text
    assert "내 사진.png" in world.get(theirs, "instructor").text
    person = world.query(_person, world, "resident01")
    grading = f"{theirs}/grades/{person}"
    assert world.post(grading, "instructor", data={"decision": "return", "feedback": ""}).status_code == 422
    world.post(grading, "instructor", data={"decision": "return", "feedback": "조금 더 밝게"})
    assert "조금 더 밝게" in world.get(mine, "resident01").text
    world.post(mine, "resident01", data={"text": "다시"})
    assert world.post(grading, "instructor", data={"decision": "accept", "score": "95"}).status_code == 303
    assert "95점" in world.get(mine, "resident01").text
    assert world.post(mine, "resident01", data={"text": "또"}).status_code == 409
    assert world.post(grading, "instructor", data={"decision": "accept", "score": "101"}).status_code == 422


def test_an_excuse_with_a_document_becomes_a_correction(world: World, photo: tuple[str, str, str]) -> None:
    lesson = world.demo.ended_lesson
    mine = f"/learning/{photo[0]}/excuses"
    proof = {"file": ("진료.pdf", PDF, "application/pdf")}
    sent = world.post(mine, "resident19", data={"lesson": lesson, "reason": "입원"}, files=proof)
    assert sent.headers["location"] == f"{mine}?done=excuse"
    kept = world.query(world.app.state.services.storage.size, "uploads")
    assert world.post(mine, "resident19", data={"lesson": lesson, "reason": "또"}, files=proof).status_code == 409
    assert world.query(world.app.state.services.storage.size, "uploads") == kept > 0, "a refused file is nowhere"
    page = world.get(f"/teaching/{photo[0]}/excuses", "instructor").text
    found = re.search(r'excuses/(\w+)" method="post"[^§]*?', page[page.index("입원") :])
    assert found is not None
    decide = f"/teaching/{photo[0]}/excuses/{found[1]}"
    assert world.post(decide, "instructor", data={"decision": "decline", "answer": " "}).status_code == 422
    assert world.post(decide, "instructor", data={"decision": "approve", "answer": ""}).status_code == 303
    assert world.post(decide, "suwon", data={"decision": "approve"}).status_code == 422, "somebody was first"
    sheet = world.get(f"/lessons/{lesson}/attendance", "instructor").text
    assert "결석에서 정정" in sheet
    assert "입원" in sheet
    assert "인정 결석" in world.get(f"/learning/{photo[0]}", "resident19").text


def test_rules_are_edited_per_course_and_per_municipality(world: World, photo: tuple[str, str, str]) -> None:
    rules = {"opens_before_min": "20", "on_time_min": "5", "leave_grace_min": "10", "lesson_share": "50"}
    rules |= {"checks_per_hour": "2", "course_share": "70", "strikes_per_absence": "3", "watch_share": "0"}
    rules |= {"makeup_weight": "100", "makeup_days": "7", "certificate": "on", "automatic": "on"}
    address = f"/teaching/{photo[0]}/rules"
    assert world.post(address, "suwon", data=rules | {"on_time_min": "999"}).status_code == 422
    assert world.post(address, "suwon", data=rules).status_code == 303
    assert world.demo.live_lesson in world.rooms.refreshed
    assert "전체 수업의 70% 이상" in world.get("/suwon/courses/smartphone-photo").text
    assert world.post("/admin/rules/suwon", "suwon", data=rules).status_code == 303
    assert 'value="70"' in world.get(f"{address}?preset=municipal", "suwon").text
    assert 'value="80"' in world.get(f"{address}?preset=vocational", "suwon").text
    course = {"municipality": "suwon", "title_ko": "새 과정", "slug": "new-course", "summary_ko": "한 줄", "category": "arts"}
    course |= {"kind": "offline", "capacity": "10", "applies_from": "2026-11-01T09:00", "applies_until": "2027-11-01T09:00"}
    course |= {"attendance": "municipal", "completion": "municipal", "state": "published"}
    made = world.post("/admin/courses/new", "suwon", data=course)
    assert made.status_code == 303, made.text
    assert "전체 수업의 70% 이상" in world.get("/suwon/courses/new-course").text


def test_an_online_course_is_judged_by_watching_unless_staff_choose_otherwise(world: World) -> None:
    (offered,) = [form for form in forms_of(world.get("/admin/courses/new", "suwon").text) if "completion" in form.values]
    assert offered.values["completion"] == "by-kind"
    course = {"municipality": "suwon", "title_ko": "새 과정", "summary_ko": "한 줄", "category": "arts", "capacity": "10"}
    course |= {"applies_from": "2026-11-01T09:00", "applies_until": "2027-11-01T09:00", "state": "published"}
    course |= {"attendance": "municipal", "completion": "by-kind"}
    for kind, words in (("online", "영상의 95% 이상"), ("live", "전체 수업의 80% 이상")):
        made = world.post("/admin/courses/new", "suwon", data=course | {"kind": kind, "slug": f"new-{kind}"})
        assert made.status_code == 303, made.text
        assert words in world.get(f"/suwon/courses/new-{kind}").text


def test_who_is_how_far_is_downloaded_with_a_reason(world: World, photo: tuple[str, str, str]) -> None:
    address = f"/teaching/{photo[0]}/progress.xlsx"
    assert world.post(address, "instructor", data={"why": ""}).status_code == 422
    answer = world.post(address, "instructor", data={"why": "수료 심사"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.active is not None
    assert book.active.max_row == 21
    assert world.post(f"/teaching/{photo[0]}/progress.exe", "instructor", data={"why": "x"}).status_code == 400
    assert "수료 현황 파일 받음" in world.get("/admin/access-log", "suwon").text


async def _person(world: World, name: str) -> str:
    async with world.store.reading() as uow:
        found = await uow.people.by_email(f"{name}@demo.example")
    assert found is not None
    return Viewer(found[0]).id


async def _ask(world: World, lesson: str) -> None:
    people = {name: await _person(world, name) for name in ("resident01", "resident02")}
    asked = {person: name for name, person in people.items()}
    now = datetime.now(UTC)
    one, other = people.values()
    facts = [
        Fact("f1", LessonId(lesson), now, "check-opened", {"check": "c", "by": "schedule", "answer_s": 60, "asked": asked}),
        Fact("f2", LessonId(lesson), now, "check-answered", {"check": "c", "peer": "p", "person": one, "name": "x"}),
    ]
    async with world.store.writing() as uow:
        await uow.facts.append(facts, now)
    assert answers(spot_checks(await world.store.queries.facts(lesson)))[PersonId(other)] == (0, 1)


def test_an_unanswered_check_is_shown_and_judges_nobody(world: World) -> None:
    lesson = world.demo.ended_lesson
    before = [row["verdict"] for row in world.get(f"/lessons/{lesson}/attendance.json", "instructor").json()["rows"]]
    world.query(_ask, world, lesson)
    page = world.get(f"/lessons/{lesson}/attendance", "instructor").text
    assert page.count("출석 확인 1번 중 1번 답함") == 1
    assert page.count("출석 확인 1번 중 0번 답함") == 1
    rows = world.get(f"/lessons/{lesson}/attendance.json", "instructor").json()["rows"]
    assert [row["verdict"] for row in rows] == before
    assert sorted(row["checks"] for row in rows if row["checks"]) == [[0, 1], [1, 1]]
    book = world.post(f"/lessons/{lesson}/attendance.xlsx", "instructor", data={"why": "심사"}).content
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    assert "1 / 1" in [cell.value for row in sheet.iter_rows() for cell in row]


def test_an_erased_account_leaves_no_text_and_no_file(world: World, photo: tuple[str, str, str]) -> None:
    mine = f"/learning/{photo[0]}/assignments/{photo[2]}"
    sent = {"file": ("a.png", PNG, "image/png")}
    world.post(mine, "resident02", data={"text": "이름이 적힌 글"}, files=sent)
    upload = re.search(r'/uploads/(\w+)"', world.get(mine, "resident02").text)
    assert upload is not None
    world.post("/me/account/close", "resident02", data={"close_password": "classroom-demo"})
    storage = world.app.state.services.storage
    later = world.app.state.services.now() + timedelta(days=31)
    assert world.query(erase_due, world.store, later, storage.delete) == 1
    page = world.get(f"/teaching/{photo[0]}/assignments/{photo[2]}", "instructor").text
    assert "이름이 적힌 글" not in page
    assert "탈퇴한 사람" in page
    assert world.get(f"/uploads/{upload[1]}", "instructor").status_code == 404
    with pytest.raises(ObjectMissing):
        world.query(storage.head, f"uploads/{upload[1]}.png")
