"""WHIP and WHEP as RFC 9725 has them: status, headers, and one clear refusal for each thing that can be wrong."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from signaling.errors import Refused
from web.interop import whip

OFFER = "v=0\r\n"
SDP = {"Authorization": "Bearer good", "Content-Type": "application/sdp"}


class Rooms:
    """Refuses what the real room server refuses, with its codes."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.near: str | None = None

    async def whip(self, lesson: str, ticket: str, offer_sdp: str, near: str | None) -> tuple[str, str]:
        if lesson != "lesson-1":
            raise Refused("lesson-unknown")
        if ticket != "good":
            raise Refused("ticket-invalid" if ticket == "forged" else "overloaded" if ticket == "busy" else "not-allowed")
        if "video" in offer_sdp:
            raise Refused("no-usable-codec")
        self.open.add("session")
        self.near = near
        return "session", "v=0 answer"

    whep = whip

    async def hang_up(self, resource: str) -> None:
        if resource not in self.open:
            raise Refused("unknown-resource")
        self.open.discard(resource)


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def client(rooms: Rooms) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(whip.router(rooms))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("kind", ["whip", "whep"])
def test_a_session_is_opened_and_hung_up(client: TestClient, rooms: Rooms, kind: str) -> None:
    created = client.post(f"/{kind}/lesson-1", content=OFFER, headers=SDP)
    assert created.status_code == 201
    assert created.headers["content-type"].startswith("application/sdp")
    assert created.headers["location"] == f"/{kind}/lesson-1/session"
    assert created.headers["etag"].startswith('"')
    assert created.text == "v=0 answer"
    assert rooms.near
    assert client.patch(created.headers["location"]).status_code == 405
    assert client.delete(created.headers["location"]).status_code == 200
    assert client.delete(created.headers["location"]).status_code == 404


@pytest.mark.parametrize(
    ("lesson", "headers", "body", "status"),
    [
        ("lesson-2", SDP, OFFER, 404),
        ("lesson-1", {"Content-Type": "application/sdp"}, OFFER, 401),
        ("lesson-1", SDP | {"Authorization": "Basic good"}, OFFER, 401),
        ("lesson-1", SDP | {"Authorization": "Bearer forged"}, OFFER, 401),
        ("lesson-1", SDP | {"Authorization": "Bearer viewer"}, OFFER, 403),
        ("lesson-1", SDP, "m=video 9", 406),
        ("lesson-1", SDP | {"Content-Type": "application/json"}, OFFER, 415),
        ("lesson-1", SDP, b"\xff\xfe", 406),
        ("lesson-1", SDP, "x" * 100_000, 413),
    ],
)
def test_each_wrong_thing_has_its_status(
    client: TestClient, lesson: str, headers: dict[str, str], body: str | bytes, status: int
) -> None:
    refused = client.post(f"/whip/{lesson}", content=body, headers=headers)
    assert refused.status_code == status
    assert set(refused.json()["error"]) == {"code", "message"}


def test_a_busy_server_says_when_to_come_back(client: TestClient) -> None:
    refused = client.post("/whip/lesson-1", content=OFFER, headers=SDP | {"Authorization": "Bearer busy"})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0


def test_a_page_of_another_origin_may_publish(client: TestClient) -> None:
    asked = client.options("/whip/lesson-1", headers={"Origin": "https://studio.example"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in asked.headers["access-control-allow-headers"]
