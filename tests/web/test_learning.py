"""What residents do: find a course, take a seat, enter, look back, prove it."""

from datetime import timedelta

import pytest

from signaling.ticket import verify
from tests.web.world import SECRET, World

POTTERY = "/yongin/courses/pottery"


def test_a_seat_is_taken_and_given_back(world: World) -> None:
    before = world.get(POTTERY, "resident25").text
    taken = world.post(f"{POTTERY}/application", "resident25", data={"action": "apply"})
    assert (taken.status_code, taken.headers["location"]) == (303, f"{POTTERY}?done=applied")
    after = world.get(f"{POTTERY}?done=applied", "resident25").text
    assert "신청했습니다." in after
    assert "이 과정을 수강하고 있습니다. 수업 시간에 장소로 와 주세요." in after
    assert "입장" not in after  # it is held at a place: there is nothing to enter
    assert "손으로 빚는 생활 도예" in world.get("/me", "resident25").text
    world.post(f"{POTTERY}/application", "resident25", data={"action": "cancel"})
    assert seats(world.get(POTTERY, "resident25").text) == seats(before)


def seats(text: str) -> str:
    return text.split("남은 자리 ")[1].split("석")[0]


def test_the_last_seat_goes_once_and_the_next_person_reads_why(world: World) -> None:
    free = int(seats(world.get(POTTERY).text))
    others = [name for name in (f"resident{n:02}" for n in range(1, 30)) if "신청하기" in world.get(POTTERY, name).text]
    answers = [world.post(f"{POTTERY}/application", name, data={"action": "apply"}).status_code for name in others[: free + 1]]
    assert answers == [303] * free + [409]
    assert "정원이 찼습니다" in world.get(POTTERY, "resident30").text
    assert "정원 마감" in world.get(POTTERY).text


def test_a_refused_application_says_what_happened_and_what_to_do(world: World) -> None:
    early = world.post("/yongin/courses/kitchen-garden/application", "resident01", data={"action": "apply"})
    assert early.status_code == 409
    assert "아직 신청 기간이 아닙니다." in early.text
    twice = world.post("/suwon/courses/smartphone-photo/application", "resident01", data={"action": "apply"})
    assert "이미 신청한 과정입니다." in twice.text


def test_an_unknown_sentence_is_never_put_on_a_page(shared: World) -> None:
    assert "flash" not in shared.get("/?done=<b>buy</b>").text
    assert "flash" not in shared.get("/?done=../error.not-found").text


def test_a_learner_gets_a_ticket_for_this_lesson_and_nobody_elses_name(shared: World) -> None:
    lesson = shared.demo.live_lesson
    answer = shared.post(f"/lessons/{lesson}/ticket", "resident01", json={"consent": False})
    body = answer.json()
    ticket = verify(SECRET, body["ticket"], lesson=lesson)
    assert (ticket.role, ticket.record, ticket.name) == ("learner", False, body["name"])
    assert body["expires_in_s"] == 60
    assert answer.headers["cache-control"] == "no-store"
    agreed = verify(
        SECRET, shared.post(f"/lessons/{lesson}/ticket", "resident01", json={"consent": True}).json()["ticket"], lesson=lesson
    )
    assert agreed.record


@pytest.mark.parametrize(("who", "role"), [("instructor", "instructor"), ("suwon", "viewer"), ("province", "viewer")])
def test_staff_look_on_and_the_instructor_leads(shared: World, who: str, role: str) -> None:
    lesson = shared.demo.live_lesson
    assert shared.post(f"/lessons/{lesson}/ticket", who, json={}).json()["role"] == role


def test_tickets_are_refused_in_one_shape(shared: World) -> None:
    over = shared.post(f"/lessons/{shared.demo.ended_lesson}/ticket", "resident01", json={"consent": True})
    assert (over.status_code, over.json()["error"]["code"]) == (409, "lesson-over")
    stranger = shared.post(f"/lessons/{shared.demo.live_lesson}/ticket", json={"consent": True})
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "sign-in-needed")
    absent = shared.post("/lessons/nothing/ticket", "resident01", json={"consent": True})
    assert (absent.status_code, absent.json()["error"]["code"]) == (404, "not-found")
    wrong = shared.post(f"/lessons/{shared.demo.live_lesson}/ticket", "resident01", json={"consent": True, "role": "instructor"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid")
    assert "role" in wrong.json()["error"]["fields"]


def test_the_door_is_shut_before_the_time_and_after_the_end(world: World) -> None:
    over = world.get(f"/lessons/{world.demo.ended_lesson}/room", "resident01").text
    assert "수업이 끝났습니다." in over
    assert f"/recordings/{world.recording}" in over
    world.ahead = -timedelta(hours=30)
    early = world.get(f"/lessons/{world.demo.live_lesson}/room", "resident01").text
    assert "부터 들어올 수 있습니다." in early
    assert "data-open-at=" in early
    refused = world.post(f"/lessons/{world.demo.live_lesson}/ticket", "resident01", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not-yet-open")


def test_history_and_certificate_tell_the_same_story(shared: World) -> None:
    history = shared.get("/me/history", "resident01").text
    assert "디지털 첫걸음" in history
    number = history.split("제 2")[1].split("호")[0]
    certificate = "/me/certificates/" + history.split("/me/certificates/")[1].split('"')[0]
    paper = shared.get(certificate, "resident01").text
    assert number in paper
    pdf = shared.get(f"{certificate}/pdf", "resident01")
    assert pdf.headers["content-type"] == "application/pdf"
    code = paper.split("/verify/")[1].split('"')[0]
    assert f"http://testserver/verify/{code}".encode() in pdf.content


def test_verification_shows_no_more_than_the_paper(shared: World) -> None:
    paper = shared.get("/me/certificates", "resident01").text
    certificate = paper.split("/me/certificates/")[1].split('"')[0].split("/")[0]
    code = shared.get(f"/me/certificates/{certificate}", "resident01").text.split("/verify/")[1].split('"')[0]
    for typed in (code, code.lower(), code.replace("-", "")):
        page = shared.get(f"/verify/{typed}").text
        assert "유효한 수료증입니다" in page
        assert "김서연" in page
        assert "@" not in page
    asked = shared.get(f"/verify/?code={code}")
    assert asked.headers["location"] == f"/verify/{code}"
    unknown = shared.get("/verify/AAAA-BBBB-CCCC")
    assert unknown.status_code == 404
    assert "찾을 수 없습니다" in unknown.text


def test_the_look_is_remembered(world: World) -> None:
    answer = world.post("/display", data={"theme": "contrast", "text": "large", "next": "/courses"})
    assert answer.headers["location"] == "/courses"
    page = world.get("/", headers={"Cookie": "theme=contrast; text=large"}).text
    assert 'data-theme="contrast" data-text="large"' in page
    assert "data-theme" not in world.get("/", headers={"Cookie": 'theme="><script>'}).text.split("<body")[0]
    assert world.post("/display", data={"next": "https://evil.example"}).headers["location"] == "/"


def test_a_municipality_has_its_own_host_name_and_colour(template, tmp_path) -> None:  # type: ignore[no-untyped-def]
    world = World(template, tmp_path, hosts={"suwon.example.kr": "suwon"})
    with world.client:
        own = world.get("/", headers={"Host": "suwon.example.kr:443"}).text
        assert "배움이 일상이 되는 수원" in own
        assert "/brand/1b5faa.css" in own
        assert "어디서나 이어집니다" in world.get("/").text
        assert "--brand:#1b5faa" in world.get("/brand/1b5faa.css").text
        assert world.get("/brand/red;}.css").status_code == 404


def test_a_site_that_is_not_open_says_so(shared: World) -> None:
    assert "파주시 배움터를 준비하고 있습니다" in shared.get("/paju/").text
    assert shared.get("/paju/courses").status_code == 404
    assert shared.get("/atlantis/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=abc", "page=99999", "page=99999999999999", "category=nothing", "kind=x", "municipality=x"],
)
def test_nonsense_filters_do_no_harm(shared: World, query: str) -> None:
    assert shared.get(f"/courses?{query}").status_code == 200


def test_courses_are_found_by_words_field_and_place(shared: World) -> None:
    assert "손으로 빚는 생활 도예" in shared.get("/courses?q=도예").text
    assert "스마트폰 사진" not in shared.get("/courses?q=도예").text
    assert "스마트폰 사진" not in shared.get("/courses?municipality=yongin").text
    assert "조건에 맞는 과정이 없습니다" in shared.get("/courses?q=zzzz").text


def test_history_is_filtered_and_nonsense_filters_do_no_harm(shared: World) -> None:
    whole = shared.get("/me/history", "resident02").text
    assert "디지털 첫걸음" in whole
    assert "디지털 첫걸음" not in shared.get("/me/history?year=x&certified=1", "resident02").text, "too few lessons for one"
    assert "조건의 학습 이력이 없습니다" in shared.get("/me/history?certified=1", "resident02").text
    assert "디지털 첫걸음" in shared.get("/me/history?year=x&municipality=atlantis", "resident02").text
