"""One ID for life: opened by mail, proven, moved, recovered, closed, erased, merged; nobody else's, never half."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from classroom.actions.closing import erase_due
from classroom.passwords import Passwords
from classroom.people import new_id
from classroom.uploads import Upload, UploadId
from tests.web.mailbox import WISH, last_link, mails, sign_up
from tests.web.world import World
from web.mail import Mailer


async def hand_in_a_file(world: World) -> str:
    """A row of a file of resident01's; its key."""
    async with world.store.writing() as uow:
        found = await uow.people.by_email("resident01@demo.example")
        lesson = await uow.courses.lesson(world.demo.ended_lesson)
        assert found is not None
        assert lesson is not None
        upload = Upload(
            UploadId(new_id()), found[0].id, lesson.course, lesson.municipality, "a.pdf", "application/pdf", 1, lesson.starts_at
        )
        await uow.uploads.add(upload)
        return upload.key


def test_everything_that_is_missing_is_said_at_once(world: World) -> None:
    answer = world.post("/sign-up", data={})
    for field in ("name", "email", "password", "born_on"):
        assert f'id="f-{field}-error"' in answer.text, field
    assert "동의해 주셔야" in answer.text


def test_a_forgotten_password_is_replaced_and_every_session_ends(world: World) -> None:
    elsewhere = world.session("resident01")
    world.post("/reset", data={"email": "resident01@demo.example"})
    first = last_link(world, "resident01@demo.example")
    world.post("/reset", data={"email": "RESIDENT01@demo.example "})
    link = last_link(world, "resident01@demo.example")
    new = {"new": "another long sentence", "again": "another long sentence"}
    assert world.post(first, data=new).status_code == 409, "a newer mail replaces the older"
    assert world.post(link, data={"new": "short", "again": "short"}).status_code == 422
    assert world.post(link, data=new).headers["location"] == "/sign-in?done=new-password"
    assert world.post(link, data=new).status_code == 409
    assert world.get("/me", headers={"Cookie": f"session={elsewhere}"}).status_code == 303
    assert world.sign_in("resident01", "another long sentence").status_code == 303


def test_an_address_changes_once_it_is_proven_and_the_old_one_is_told(world: World) -> None:
    asked = world.post("/me/account/email", "resident01", data={"email": "new@home.example"})
    assert asked.headers["location"] == "/me/account?done=email-asked"
    assert "resident01@demo.example" in world.get("/me/account", "resident01").text
    link = last_link(world, "new@home.example")
    assert world.get(link).status_code == 303, "only while signed in"
    assert world.post(link, "resident02").status_code == 409, "a stranger who got the mail changes nobody's address"
    assert world.post(link, "resident01").status_code == 303
    assert mails(world, "resident01@demo.example")[-1]["kind"] == "email-changed"
    entered = world.client.post("/sign-in", data={"email": "new@home.example", "password": "classroom-demo"})
    assert entered.status_code == 303


def test_moving_house_changes_one_dated_field_and_nothing_else(world: World) -> None:
    before = world.get("/me/history", "resident01").text
    certificates = world.get("/me/certificates", "resident01").text
    assert world.post("/me/account/home", "resident01", data={"municipality": "yongin", "since": "2999-01-01"}).status_code == 422
    assert world.post("/me/account/home", "resident01", data={"municipality": "x", "since": "2026-01-01"}).status_code == 422
    moved = world.post("/me/account/home", "resident01", data={"municipality": "yongin", "since": "2026-11-01"})
    assert moved.status_code == 303
    page = world.get("/me/account", "resident01").text
    assert "용인시" in page.split('id="email"')[0].split('id="home"')[1]
    assert world.get("/me/history", "resident01").text == before
    assert world.get("/me/certificates", "resident01").text == certificates


def test_profile_and_everything_that_is_kept_about_me(world: World) -> None:
    changed = {"name": "김 새 이름", "born_on": "1960-05-05", "locale": "en"}
    assert world.post("/me/account/profile", "resident01", data=changed).status_code == 303
    data = world.get("/me/account/data.json", "resident01").json()
    assert data["people"][0]["name"] == "김 새 이름"
    assert data["people"][0]["born_on"] == "1960-05-05"
    assert data["attendance"]
    assert "password_hash" not in str(data)
    assert "resident02" not in str(data)


def test_a_closed_account_comes_back_within_its_time_and_is_erased_after(world: World) -> None:
    assert world.post("/me/account/close", "resident01", data={"close_password": "guess"}).status_code == 422
    verify = re.search(r'href="(/verify/[^"]+)"', world.get("/me/certificates", "resident01").text)
    assert world.post("/me/account/close", "resident01", data={"close_password": "classroom-demo"}).status_code == 303
    world._sessions.clear()
    assert world.sign_in("resident01").status_code == 303, "signing in takes it up again"
    world._sessions.clear()
    world.post("/me/account/close", "resident01", data={"close_password": "classroom-demo"})
    now = world.app.state.services.now
    assert world.query(erase_due, world.store, now()) == 0
    assert world.query(erase_due, world.store, now() + timedelta(days=31)) == 1
    assert world.sign_in("resident01").status_code == 401

    async def names() -> str:
        async with world.store._reading.connect() as connection:
            found = [await connection.execute(text(f"SELECT * FROM {table}")) for table in ("people", "attendance")]
            return str([tuple(row) for result in found for row in result])

    kept = world.query(names)
    assert "resident01@" not in kept
    assert "탈퇴한 사람" in kept

    async def said() -> str:
        async with world.store._reading.connect() as connection:
            found = await connection.execute(text("SELECT data FROM facts WHERE type IN ('peer-joined', 'chat-posted')"))
            return str([json.loads(row.data) for row in found])

    in_class = world.query(said)
    assert "김서연" not in in_class, "nor in the log of what happened in class"
    assert "탈퇴한 사람" in in_class
    if verify:
        assert world.get(verify[1]).status_code == 200, "a paper that was issued can still be verified"


def test_a_file_that_will_not_go_keeps_nobody_elses_data(world: World) -> None:
    for who in ("resident01", "resident02", "resident03"):
        world.post("/me/account/close", who, data={"close_password": "classroom-demo"})
    world._sessions.clear()
    after = world.app.state.services.now() + timedelta(days=31)
    failed: list[str] = []

    async def states() -> dict[str, str]:
        async with world.store._reading.connect() as connection:
            found = await connection.execute(text("SELECT email, state FROM people WHERE state IN ('closed', 'erased')"))
            return {row.email: row.state for row in found}

    async def erase() -> None:
        async def refuse(key: str) -> None:
            failed.append(key)
            raise OSError("no such disk")

        with pytest.raises(OSError, match="no such disk"):
            await erase_due(world.store, after, refuse)

    with_file = world.query(hand_in_a_file, world)
    world.query(erase)
    assert failed == [with_file]
    assert sorted(world.query(states).values()) == ["closed", "erased", "erased"]


def test_a_suspended_account_is_out_at_once(world: World) -> None:
    token = world.session("resident02")
    person = world.query(world.store.queries.viewer, token, world.demo.ended_started_at).id
    assert world.post(f"/admin/people/{person}/suspended", "suwon", data={"suspended": "1"}).status_code == 404
    assert world.post(f"/admin/people/{person}/suspended", "province", data={"suspended": "1"}).status_code == 303
    assert world.get("/me", headers={"Cookie": f"session={token}"}).status_code == 303
    assert "쓸 수 없는 계정입니다" in world.sign_in("resident02", **{"Accept-Language": "ko"}).text
    world.post(f"/admin/people/{person}/suspended", "province", data={"suspended": "0"})
    assert world.sign_in("resident02").status_code == 303


@pytest.mark.parametrize("state", ["suspended", "closed", "erased", "merged"])
def test_a_session_that_was_begun_beside_it_ends_with_the_account(world: World, state: str) -> None:
    token = world.session("resident02")

    async def put() -> None:
        async with world.store.writing() as uow:
            found = await uow.people.by_email("resident02@demo.example")
            assert found is not None
            await uow.accounts.set(found[0].id, state=state)

    world.query(put)
    assert world.get("/me", headers={"Cookie": f"session={token}"}).status_code == 303


@pytest.mark.parametrize("suspended", ["0", "1"])
def test_a_closed_account_stays_closed_whatever_staff_press(world: World, suspended: str) -> None:
    token = world.session("resident02")
    person = world.query(world.store.queries.viewer, token, world.demo.ended_started_at).id
    world.post("/me/account/close", "resident02", data={"close_password": "classroom-demo"})
    answer = world.post(f"/admin/people/{person}/suspended", "province", data={"suspended": suspended})
    assert answer.status_code == 404
    assert world.query(world.store.queries.profile, person).closed_at is not None, "it is still erased on its day"


def test_a_link_leaves_the_queue_when_its_mail_is_sent(world: World) -> None:
    sign_up(world)
    seen: list[str] = []

    class Transport:
        async def deliver(self, mail: Any) -> None:
            seen.append(mail.get_content())

    async def send() -> list[str]:
        mailer = Mailer(
            world.store, Transport(), sender="a@b.kr", public_url="https://x.kr", now=lambda: datetime.now(UTC) + world.ahead
        )
        await mailer.round()
        async with world.store._reading.connect() as connection:
            return [f"{row.data} {row.address}" for row in await connection.execute(text("SELECT data, address FROM mails"))]

    left = world.query(send)
    assert "https://x.kr/sign-up/" in seen[0]
    assert left == ["{} None"], "nor the address of somebody who may never have an account"


async def test_an_account_without_a_password_has_no_password() -> None:
    passwords = Passwords(memory_kib=64, rounds=1)
    assert not await passwords.verify("nobody's password", "")
    assert not await passwords.verify("nobody's password", None)
    assert not await passwords.verify("", "")


TABLE = "이름,이메일,시군,언어\n이가을,autumn@home.example,수원시,\nJane Roe,jane@home.example,yongin,en\n"


def test_two_accounts_of_one_person_become_one_with_everything_they_did(world: World) -> None:
    name = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at).person.name
    old_history = world.get("/api/v1/me/history", "resident01").json()
    assert world.get("/me/calendar", "resident01").status_code == 200
    sign_up(world, name=name)
    world.post(last_link(world, "sky@home.example"))
    world.client.cookies.clear()
    page = world.get("/admin/people/doubles", "province").text
    assert "resident01@demo.example" in page
    one, other = re.search(r'name="one" value="(\w+)"><input type="hidden" name="other" value="(\w+)"', page).groups()  # type: ignore[union-attr]
    kept = one if page.index("sky@home.example") < page.index("resident01@demo.example") else other
    form = {"one": one, "other": other, "keep": kept, "reason": ""}
    assert world.post("/admin/people/merge", "province", data=form).status_code == 422
    assert world.post("/admin/people/merge", "suwon", data=form | {"reason": "본인 확인"}).status_code == 404
    assert world.post("/admin/people/merge", "province", data=form | {"reason": "본인 확인"}).status_code == 303
    assert world.sign_in("resident01").status_code == 401
    token = world.client.post("/sign-in", data={"email": "sky@home.example", "password": WISH["password"]}).cookies["session"]
    world.client.cookies.clear()
    new_history = world.get("/api/v1/me/history", headers={"Cookie": f"session={token}"}).json()
    assert new_history == old_history
    calendar = world.get("/me/calendar", headers={"Cookie": f"session={token}"}).text
    address = calendar.split('id="address" value="http://testserver')[1].split('"')[0]
    assert world.get(address).status_code == 200, "the calendar's address is made from who one is: it is not handed on"
    log = world.get("/admin/access-log", "province").text
    assert log.count("두 계정 합침") == 2
