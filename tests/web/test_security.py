"""What holds for every request: headers, writes from our own pages only, small bodies, hostile names as plain text."""

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from classroom.actions import people
from tests.web.world import World, quick_passwords
from web.security import BodyLimits

HOSTILE = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)> {{7*7}} =cmd|' /C calc'!A0"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing/here", "/healthz", "/api/v1/courses", "/static/css/base.css"])
def test_every_answer_is_guarded_by_headers(shared: World, path: str) -> None:
    headers = shared.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_our_own_pages_may_use_camera_microphone_and_screen(shared: World) -> None:
    allowed = shared.get("/").headers["permissions-policy"]
    for name in ("camera", "microphone", "display-capture", "fullscreen"):
        assert f"{name}=(self)" in allowed
    assert "geolocation=()" in allowed


def test_no_page_needs_inline_script_or_style(shared: World) -> None:
    pages = ["/", "/courses", "/suwon/", "/suwon/courses/smartphone-photo", "/sign-in", "/verify/"]
    for path, who in [*((page, None) for page in pages), ("/me", "resident01"), ("/admin/", "suwon"), ("/admin/people", "suwon")]:
        text = shared.get(path, who).text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<style" not in text
        assert all('src="' in tag or 'type="application/json"' in tag for tag in text.split("<script")[1:])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
def test_a_write_from_another_site_is_refused(world: World, headers: dict[str, str]) -> None:
    address = "/yongin/courses/pottery/application"
    assert world.post(address, "resident09", data={"action": "apply"}, headers=headers).status_code == 403
    assert world.post("/sign-in", data={}, headers=headers).status_code == 403
    assert "수강하고 있습니다" not in world.get("/yongin/courses/pottery", "resident09").text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}])
def test_a_write_from_our_own_page_is_taken(world: World, headers: dict[str, str]) -> None:
    answer = world.post("/yongin/courses/pottery/application", "resident09", data={"action": "apply"}, headers=headers)
    assert answer.headers["location"] == "/yongin/courses/pottery?done=applied"


def test_bearer_interfaces_are_not_held_to_our_origin(world: World) -> None:
    answer = world.post("/whip/lesson", headers={"Origin": "https://studio.example", "Content-Type": "text/plain"}, content="x")
    assert answer.status_code != 403


def test_reading_is_allowed_from_anywhere(shared: World) -> None:
    assert shared.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_websocket_of_another_site_is_refused(shared: World) -> None:
    with shared.client.websocket_connect("/ws/rooms/lesson-1", headers={"Origin": "http://testserver"}) as socket:
        assert socket.receive_text() == "lesson-1"
    with (
        pytest.raises(WebSocketDisconnect),
        shared.client.websocket_connect("/ws/rooms/lesson-1", headers={"Origin": "https://evil.example"}),
    ):
        raise AssertionError("it was let in")


def test_a_large_body_is_refused_before_it_is_read(world: World) -> None:
    assert world.post("/sign-in", content=b"x" * 2_000_000).status_code == 413
    chunks = (b"x" * 100_000 for _ in range(20))
    streamed = world.post("/sign-in", content=chunks, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert streamed.status_code == 413
    assert world.post("/sign-in", content=b"", headers={"Content-Length": "-1"}).status_code in (400, 413)


async def test_a_body_that_never_comes_is_not_waited_for() -> None:
    refused: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except HTTPException as error:
            refused.append(error.status_code)

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        raise AssertionError("nothing to send")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await BodyLimits(app, within_s=0.01)(scope, receive, send)
    assert refused == [408]


@pytest.mark.parametrize("body", [b"\xff\xfe%%%", b"a=1&" * 1_000, b"--x\r\nbroken"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json"]
)
def test_nonsense_in_a_form_is_refused_not_an_error_of_ours(world: World, body: bytes, kind: str) -> None:
    assert world.post("/sign-in", content=body, headers={"Content-Type": kind}).status_code in (400, 401, 422)


def test_hostile_names_are_shown_as_text(world: World) -> None:
    async def register() -> None:
        await people.register_person(
            world.store,
            quick_passwords(),
            email="hostile@demo.example",
            password="classroom-demo",
            name=HOSTILE[:80],
            home=None,
            now=world.demo.ended_started_at,
        )

    world.query(register)
    world.post("/yongin/courses/pottery/application", "hostile", data={"action": "apply"})
    for path, who in [("/me", "hostile"), ("/admin/people?q=hostile", "province"), ("/admin/courses/yongin/pottery", "province")]:
        text = world.get(path, who).text
        assert "&lt;script&gt;alert(&#39;x&#39;)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "{{7*7}}" in text


@pytest.mark.parametrize(
    "path", ["/courses?q={}", "/{}/", "/verify/{}", "/sign-in?next=/{}", "/recordings?q={}", "/suwon/courses/{}"]
)
def test_hostile_addresses_are_shown_as_text(shared: World, path: str) -> None:
    answer = shared.get(path.format("%3Cscript%3Ealert(1)%3C/script%3E%22%27"), "resident01")
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("address", ["/courses?q=%00", "/verify/%00", "/suwon/courses/a%00b", "/api/v1/courses?q=a%00"])
def test_an_address_with_a_nul_reaches_no_database(shared: World, address: str) -> None:
    answer = shared.get(address)
    assert answer.status_code == 400
    assert "content-security-policy" in answer.headers


def test_a_nul_in_json_is_refused_at_its_field(world: World) -> None:
    upload = {"municipality": "suwon", "title_ko": "a", "category": "arts", "file_name": "a.mp4", "size_bytes": 5}
    for name in ("municipality", "title_ko", "category", "file_name"):
        answer = world.post("/admin/uploads", "suwon", json=upload | {name: "a\0b"})
        assert answer.status_code == 422
        assert name in answer.json()["error"]["fields"]
    edits = {"number": 0, "chapters": [{"at_s": 1.0, "title": "a\0b"}]}
    assert world.post(f"/recordings/{world.recording}/edits", "instructor", json=edits).status_code == 422


def test_an_error_of_ours_tells_nobody_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the private name of somebody")

    object.__setattr__(
        world.app.state.services, "store", type("Broken", (), {"queries": type("Q", (), {"portal": staticmethod(broken)})()})()
    )
    answer = world.get("/")
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers
    assert "private name" not in answer.text + capsys.readouterr().out
