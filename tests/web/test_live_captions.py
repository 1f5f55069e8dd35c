"""Captions of a class become captions of its replay; a program writes them with a ticket."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from classroom.actions.recording_changes import rebuild_recording
from classroom.actions.recordings import start_recording
from classroom.events import Fact
from classroom.people import RecordingId, new_id
from recording.live import Live, LiveTrack
from recording.manifest import ClockStretch, Manifest
from signaling.errors import Refused
from tests.web.world import World, manifest_of
from web.film_jobs import RecordingCatalogue
from web.interop import captions
from web.live_captions import FACT, LONGEST_S, MOST_BEFORE_S, live_captions
from web.pages.replay_chat import FACT as CHAT

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def fact(at_s: float, text: str, language: str = "ko", number: int = 0) -> Fact:
    data = {"person": "choi", "language": language, "text": text}
    return Fact(id=f"{at_s}-{number}", lesson="l", at=START + timedelta(seconds=at_s), type=FACT, data=data)


def manifest(*clock: ClockStretch, duration_s: float = 60.0) -> Manifest:
    made = manifest_of("r", START)
    return made.model_copy(update={"clock": list(clock), "duration_s": duration_s}) if clock else made


def test_a_line_stands_where_it_was_said_until_the_next_one() -> None:
    ((korean, cues), (english, others)) = live_captions(
        [fact(10, "가나다라마바사아"), fact(12, "둘째 줄입니다"), fact(30, "끝" * 200), fact(31, "Hello", "en")], manifest()
    )
    assert (korean.language, english.language, english.label) == ("ko", "en", "English")
    assert [cue.text for cue in others] == ["Hello"]
    first, second, last = cues
    assert first.from_s == pytest.approx(9.0), "eight characters take a second to type"
    assert first.to_s <= second.from_s
    assert last.from_s == pytest.approx(30 - MOST_BEFORE_S)
    assert last.to_s - last.from_s == pytest.approx(LONGEST_S)


def test_what_was_written_while_nothing_was_recorded_is_not_in_the_replay() -> None:
    clock = [
        ClockStretch(media_s=0.0, length_s=30.0, utc=START),
        ClockStretch(media_s=30.0, length_s=30.0, utc=START + timedelta(seconds=90)),
    ]
    lines = [fact(-50, "시작 전"), fact(20, "앞"), fact(60, "쉬는 시간"), fact(95, "뒤"), fact(300, "끝난 뒤")]
    ((_, cues),) = live_captions(lines, manifest(*clock))
    assert [(cue.text, round(cue.from_s)) for cue in cues] == [("앞", 20), ("뒤", 35)]
    assert live_captions([fact(60, "쉬는 시간")], manifest(*clock)) == []


def test_they_are_in_the_replay_as_soon_as_it_is_ready_and_never_over_somebodys_own(world: World) -> None:
    recording = RecordingId(world.recording)
    services = world.app.state.services
    catalogue = RecordingCatalogue(world.store, services.storage, services.now)
    made = manifest_of(recording, world.demo.ended_started_at)

    async def written(text: str) -> None:
        data = {"person": "p", "language": "ko", "text": text}
        at = world.demo.ended_started_at + timedelta(seconds=20)
        async with world.store.writing() as uow:
            await uow.facts.append([Fact(id=text, lesson=world.demo.ended_lesson, at=at, type=FACT, data=data)], at)

    async def again(number: int) -> None:
        async with world.store.writing() as uow:
            await rebuild_recording(uow, recording, newer_than=number, now=services.now())
        await catalogue.mark_ready(str(recording), made)

    world.query(written, "렌즈를 <닦습니다>")
    world.query(again, 1)
    told: Any = world.get(f"/recordings/{recording}/manifest.json", "resident01").json()
    (file,) = told["captions"]
    served = world.get(world.signed(f"/recordings/{recording}/files/{file['file']}", "resident01"), "resident01").text
    assert "렌즈를 &lt;닦습니다&gt;" in served
    assert world.post(f"/recordings/{recording}/captions/ko/removal", "instructor", data={}).status_code == 200
    world.query(again, 2)
    assert world.get(f"/recordings/{recording}/manifest.json", "resident01").json()["captions"] == []


def test_who_watches_from_the_beginning_has_them_while_class_goes_on(world: World, tmp_path: Path) -> None:
    recording, lesson = RecordingId(new_id()), world.demo.live_lesson
    began = world.app.state.services.now() - timedelta(seconds=100)
    work = tmp_path / "recordings" / recording / "work"
    world.app.state.services = replace(world.app.state.services, data_dir=tmp_path)

    async def hold() -> None:
        async with world.store.writing() as uow:
            await start_recording(uow, recording=recording, lesson=lesson, now=began)
            said = [
                (CHAT, 5, {"line": "1", "person": "x", "name": "김하늘", "role": "learner", "text": "안녕하세요"}),
                (CHAT, 99, {"line": "2", "person": "x", "name": "김하늘", "role": "learner", "text": "나중에"}),
                (FACT, 20, {"person": "p", "language": "ko", "text": "렌즈를 <닦습니다>"}),
                (FACT, 50, {"person": "p", "language": "en", "text": "Clean the lens"}),
                (FACT, 98, {"person": "p", "language": "ko", "text": "아직 볼 수 없는 곳"}),
            ]
            facts = [
                Fact(id=f"{kind}{at}", lesson=lesson, at=began + timedelta(seconds=at), type=kind, data=data)
                for kind, at, data in said
            ]
            await uow.facts.append(facts, began)

    world.query(hold)
    address = f"/recordings/{recording}/live-said.json"
    assert world.get(address, "resident01").status_code == 404, "nothing can be watched yet"
    clock = [ClockStretch(media_s=0.0, length_s=85.0, utc=began)]
    main = manifest_of(recording, began).tracks[0]
    track = LiveTrack(**main.model_dump(), head_bytes=10, index="main.index", ready_s=85.0)
    work.mkdir(parents=True)
    live = Live(making="1", duration_s=85.0, clock=clock, tracks=[track], scenes=[])
    (work / "live.json").write_text(live.model_dump_json())
    told = world.get(address, "resident01").json()
    assert [(line["at_s"], line["text"], line["name"]) for line in told["lines"]] == [(5.0, "안녕하세요", "김*늘")]
    texts = {each["language"]: [cue["text"] for cue in each["cues"]] for each in told["captions"]}
    assert texts == {"ko": ["렌즈를 <닦습니다>"], "en": ["Clean the lens"]}
    later = world.get(f"{address}?after=30", "resident01").json()
    assert (later["lines"], [len(each["cues"]) for each in later["captions"]]) == ([], [0, 1])
    assert world.get(address, "resident25").status_code == 404, "who is not enrolled"


def test_a_stenographer_is_named_told_and_let_in_to_write(world: World) -> None:
    lesson = world.demo.live_lesson
    page, door = f"/lessons/{lesson}/captioner", f"/lessons/{lesson}/ticket"
    assert world.post(door, "resident25", json={}).status_code == 404, "not enrolled, not named"
    for wrong in ("nobody@demo.example", "instructor@demo.example"):
        answer = world.post(page, "instructor", data={"captioner": wrong})
        assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True), wrong
    assert world.post(page, "resident01", data={"captioner": "resident25@demo.example"}).status_code == 404
    assert world.post(page, "instructor", data={"captioner": " Resident25@demo.example "}).status_code == 303
    assert world.post(door, "resident25", json={}).json()["role"] == "captioner"
    assert f'href="/lessons/{lesson}/room"' in world.get("/me/messages", "resident25").text
    assert f'href="/lessons/{lesson}/room"' in world.get("/me", "resident25").text
    assert "resident25@demo.example" in world.get(page, "suwon").text

    async def unnamed() -> set[str]:
        (writer,) = await ids("resident25")
        (other,) = await ids("resident26")
        asked = {(lesson, writer), (lesson, other), (lesson, "token-of-an-operator"), ("elsewhere", writer)}
        gone = await world.store.queries.unnamed(asked)
        return {("writer" if person == writer else "other") + ("" if each == lesson else " elsewhere") for each, person in gone}

    async def ids(name: str) -> list[str]:
        async with world.store.reading() as uow:
            found = await uow.people.by_email(f"{name}@demo.example")
        return [str(found[0].id)] if found else []

    assert world.query(unnamed) == {"other", "writer elsewhere"}
    assert world.post(page, "suwon", data={"captioner": ""}).status_code == 303
    assert world.query(unnamed) == {"writer", "other", "writer elsewhere"}
    assert world.post(door, "resident25", json={}).status_code == 404


class Rooms:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    async def caption(self, lesson: str, ticket: str, text: str, language: str) -> None:
        if ticket != "good":
            raise Refused("too-fast" if ticket == "quick" else "not-allowed")
        self.said.append((text, language))


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def client(rooms: Rooms) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(captions.router(rooms))  # type: ignore[arg-type]
    with TestClient(app) as client:
        yield client


def test_a_program_writes_captions_with_a_ticket(client: TestClient, rooms: Rooms) -> None:
    def post(body: Any, ticket: str = "good") -> Any:
        return client.post("/captions/l", json=body, headers={"Authorization": f"Bearer {ticket}"})

    assert post({"text": "안녕하세요"}).status_code == 204
    assert post({"text": "Hello", "language": "en"}).status_code == 204
    assert rooms.said == [("안녕하세요", "ko"), ("Hello", "en")]
    assert client.post("/captions/l", json={"text": "x"}).status_code == 401
    assert post({"text": "x"}, "learner").status_code == 403
    slow = post({"text": "x"}, "quick")
    assert (slow.status_code, "retry-after" in slow.headers) == (429, True)
    for wrong, field in (({"text": ""}, "text"), ({"text": "x" * 301}, "text"), ({"text": "x", "language": "fr"}, "language")):
        answer = post(wrong)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert len(rooms.said) == 2
