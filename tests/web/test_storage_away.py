"""The object store does not answer: pages say so in words and in time, and are never a mistake of ours."""

import socket
from pathlib import Path

import pytest

from recording.publish import open_storage
from tests.web.world import World


@pytest.fixture
def film(world: World) -> str:
    """A file's address, as a player knew it before."""
    return world.signed(f"/recordings/{world.recording}/files/main.webm", "instructor")


@pytest.fixture
def poster(world: World) -> str:
    return world.signed(f"/recordings/{world.recording}/poster", "instructor")


@pytest.fixture
def away(world: World, film: str, poster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with its storage at an address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    object.__setattr__(world.app.state.services, "storage", open_storage(tmp_path, "s3://films/recordings"))
    return world


@pytest.mark.parametrize("path", ["manifest.json", "chat.json", "film", "poster", "edits.json"])
def test_what_needs_the_storage_says_that_it_is_away(away: World, film: str, poster: str, path: str) -> None:
    address = {"film": film, "poster": poster}.get(path, f"/recordings/{away.recording}/{path}")
    answer = away.get(address, "instructor", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage-away")
    assert answer.headers["Retry-After"] == "10"
    assert "안전합니다" in answer.json()["error"]["message"]


def test_people_get_a_page_and_the_rest_goes_on(away: World, poster: str) -> None:
    page = away.get(poster, "instructor", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "영상 저장소에 잠시 연결할 수 없습니다" in page.text
    assert away.get("/recordings", "instructor").status_code == 200
    assert away.get(f"/recordings/{away.recording}", "instructor").status_code == 200
