"""A standby is alive and not ready; whoever comes, person or program, is asked to come again, in the one shape of errors."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from web.services import WebSettings
from web.standby import create_standby

TOKEN = "t" * 20


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_standby(WebSettings(secret="s" * 40, metrics_token=TOKEN)), client=("203.0.113.9", 1)) as client:
        yield client


def test_it_is_alive_and_not_ready(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    for ask in (client.get, client.head):
        answer = ask("/readyz")
        assert (answer.status_code, answer.headers["retry-after"], answer.headers["cache-control"]) == (503, "5", "no-store")
    assert client.get("/readyz").json() == {"status": "standby"}


@pytest.mark.parametrize("path", ["/", "/courses", "/sign-in", "/lessons/x/room", "/api/v1/courses", "/whip/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_whoever_comes_is_asked_to_come_again(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "content-security-policy" in answer.headers
    words = "This is not available right now."
    assert words in (answer.json()["error"]["message"] if path.startswith("/api/") else answer.text)


def test_the_page_has_its_styles_and_both_languages(client: TestClient) -> None:
    page = client.get("/?lang=ko", headers={"Accept": "text/html"})
    assert "지금은 이용할 수 없습니다" in page.text
    (style,) = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
    assert client.get(style).status_code == 200


def test_nobody_is_let_into_a_room(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws/rooms/x"):
        pass


def test_figures_say_that_it_stands_by_to_those_who_may_read_them(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 403
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "classroom_standby 1.0" in answer.text
