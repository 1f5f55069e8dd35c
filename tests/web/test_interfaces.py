"""What programs use: health, metrics, the JSON interface and its one shape of errors; and the pure helpers of pages."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.web.world import METRICS_TOKEN, World
from web import formatting
from web.covers import draw_cover

EVENING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_ready_needs_a_media_worker(world: World) -> None:
    assert world.get("/readyz").json() == {"status": "ready", "parts": {"media": True, "database": True}}
    world.rooms.ready = False
    assert world.get("/readyz").status_code == 503
    assert world.get("/healthz").status_code == 200


def test_metrics_name_routes_but_no_room_and_no_person(shared: World) -> None:
    shared.get(f"/recordings/{shared.recording}/manifest.json", "resident01")
    shared.get("/suwon/courses/smartphone-photo", "resident01")
    text = shared.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text
    assert 'route="/recordings/{recording}/manifest.json"' in text
    assert "classroom_rooms" in text
    for secret in (shared.recording, shared.demo.live_lesson, "resident01", "smartphone-photo", shared.session("resident01")):
        assert secret not in text


def test_metrics_are_for_this_machine_or_for_who_has_the_token(shared: World) -> None:
    assert shared.get("/metrics").status_code == 403
    assert shared.get("/metrics", headers={"Authorization": "Bearer guess"}).status_code == 403
    with TestClient(shared.app, client=("127.0.0.1", 50_000)) as local:
        assert local.get("/metrics").status_code == 200
        assert local.get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 403, "handed on by a proxy"
    told = shared.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert told.status_code == 200
    lines = told.text.splitlines()
    assert "# TYPE classroom_media_packets_sent_total counter" in lines
    assert 'classroom_media_packets_sent_total{worker="worker-1"} 7.0' in lines
    assert 'classroom_media_viewers{worker="worker-0"} 2.0' in lines
    assert 'classroom_media_datagrams_dropped_total{reason="malformed",worker="worker-0"} 1.0' in lines
    assert 'classroom_media_loop_lag_seconds_bucket{le="+Inf",worker="worker-0"} 3.0' in lines


def test_the_interface_describes_itself(shared: World) -> None:
    described = shared.get("/api/openapi.json").json()
    assert {"/api/v1/municipalities", "/api/v1/courses", "/api/v1/me/history", "/api/v1/recordings"} <= described["paths"].keys()
    assert "Error" in described["components"]["schemas"]
    assert not any(path.startswith("/admin") for path in described["paths"])


def test_all_municipalities_are_listed(shared: World) -> None:
    rows = shared.get("/api/v1/municipalities").json()
    assert len(rows) == 31
    assert {row["code"] for row in rows if row["open"]} == {"suwon", "seongnam", "yongin"}


def test_my_history_and_recordings_are_mine(shared: World) -> None:
    history = shared.get("/api/v1/me/history", "resident01").json()
    assert any(row["title"]["ko"].startswith("디지털 첫걸음") and row["certificate"] for row in history)
    recordings = shared.get("/api/v1/recordings", "resident01").json()
    assert [row["id"] for row in recordings["rows"]] == [shared.recording]
    assert shared.get("/api/v1/recordings", "resident30").json()["rows"] == []
    sheet = shared.get(f"/api/v1/lessons/{shared.demo.ended_lesson}/attendance", "instructor").json()
    assert sheet["final"]
    assert len(sheet["rows"]) == 20


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nothing", 404, "not-found"),
        ("/api/v1/me/history", 401, "sign-in-needed"),
        ("/api/v1/courses?page=0", 422, "invalid"),
        ("/api/v1/courses?kind=x", 422, "invalid"),
        ("/api/v1/municipalities/suwon/courses/nothing/lessons", 404, "not-found"),
    ],
)
def test_errors_have_one_shape(shared: World, path: str, status: int, code: str) -> None:
    for language in ("ko", "en"):
        answer = shared.get(path, headers={"Accept-Language": language})
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code
        assert len(error["message"]) > 5
    assert shared.post("/api/v1/courses").json()["error"]["code"] == "not-found"


@pytest.mark.parametrize("path", ["/", "/courses", "/sign-in", "/healthz", "/api/v1/courses", "/nothing/here"])
def test_head_is_get_without_a_body(shared: World, path: str) -> None:
    head, get = shared.ask("HEAD", path), shared.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_static_files_may_be_kept_for_ever_under_their_version(shared: World) -> None:
    assets = shared.app.state.pages.assets
    answer = shared.get(assets.url("css/site.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert "--primary-50" in answer.text
    assert "no-cache" in shared.get("/static/css/tokens.css").headers["cache-control"]
    assert "no-cache" in shared.get("/static/v-000000000000/css/tokens.css").headers["cache-control"]
    assert shared.get("/static/v-0/..%2f..%2fapp.py").status_code == 404
    assert shared.get("/static/..%2fapp.py").status_code == 404


@given(st.text(max_size=80))
def test_a_cover_is_always_a_picture_and_always_the_same(seed: str) -> None:
    picture = draw_cover(seed)
    assert picture == draw_cover(seed)
    assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_times_are_written_as_people_here_write_them() -> None:
    assert formatting.day(EVENING, "ko") == "2026. 11. 23.(월)"
    assert formatting.day(EVENING, "en") == "Mon 23 Nov 2026"
    assert formatting.clock(EVENING) == "19:00"
    assert formatting.span(EVENING, EVENING.replace(hour=12), "ko") == "2026. 11. 23.(월) 19:00–21:00"
    assert formatting.span(EVENING, EVENING.replace(hour=16), "ko") == "2026. 11. 23.(월) 19:00 – 2026. 11. 24.(화) 01:00"
    assert formatting.period(date(2026, 12, 28), date(2027, 1, 5), "ko") == "2026. 12. 28.(월) ~ 2027. 1. 5.(화)"
    assert formatting.period(date(2026, 12, 1), date(2026, 12, 5), "en") == "Tue 1 Dec 2026 – Sat 5 Dec"
    assert [formatting.duration(s, "ko") for s in (0, 59, 60, 3600, 3900)] == ["0초", "59초", "1분", "1시간", "1시간 5분"]
    assert [formatting.duration(s, "en") for s in (5, 125, 7200)] == ["5 s", "2 min", "2 h"]
    assert [formatting.position(s) for s in (0, 9, 309, 3909)] == ["0:00", "0:09", "5:09", "1:05:09"]
    assert [formatting.hours(m) for m in (0, 90, 720)] == ["0", "1.5", "12"]
    assert formatting.as_typed(EVENING) == "2026-11-23T19:00"
