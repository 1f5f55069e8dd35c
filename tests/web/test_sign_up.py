"""An account is opened by mail, with a guardian where one is needed, and nobody learns who has one."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.web.mailbox import WISH, last_link, mails, sign_up
from tests.web.world import World


def test_an_account_is_opened_by_the_link_in_the_mail_and_only_once(world: World) -> None:
    assert sign_up(world).status_code == 200
    assert world.client.post("/sign-in", data={"email": WISH["email"], "password": WISH["password"]}).status_code == 401
    link = last_link(world, "sky@home.example")
    assert "sky@home.example" in world.get(link).text
    opened = world.post(link)
    assert opened.headers["location"] == "/me?done=welcome"
    world.client.cookies.clear()
    again = world.post(link)
    assert again.status_code == 409
    assert "이미 쓴 주소입니다" in again.text
    world.client.cookies.clear()
    entered = world.client.post("/sign-in", data={"email": WISH["email"], "password": WISH["password"]})
    assert entered.status_code == 303


def test_a_link_that_is_too_old_or_invented_opens_nothing(world: World) -> None:
    sign_up(world)
    link = last_link(world, "sky@home.example")
    world.ahead = timedelta(hours=25)
    assert "더 쓸 수 없습니다" in world.post(link).text
    assert world.post("/sign-up/" + "x" * 43).status_code == 409
    assert world.post(link.replace("/sign-up/", "/reset/"), data={"new": "a" * 12, "again": "a" * 12}).status_code == 409


def test_the_answer_does_not_tell_who_has_an_account(world: World) -> None:
    fresh = sign_up(world)
    known = sign_up(world, email="resident01@demo.example")
    assert fresh.status_code == known.status_code == 200
    assert fresh.text.replace("sky@home.example", "") == known.text.replace("resident01@demo.example", "")
    assert mails(world, "resident01@demo.example")[-1] == {"kind": "sign-up-known", "href": "/sign-in"}
    for email in ("resident01@demo.example", "nobody@home.example"):
        assert world.post("/reset", data={"email": email}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "no address"}, "email"),
        ({"password": "short", "again": "short"}, "password"),
        ({"again": "another"}, "again"),
        ({"born_on": "2026-02-30"}, "born_on"),
        ({"born_on": "2999-01-01"}, "born_on"),
        ({"born_on": "1850-01-01"}, "born_on"),
        ({"home": "atlantis"}, "home"),
        ({"born_on": "2020-01-01"}, "guardian_email"),
        ({"born_on": "2020-01-01", "guardian_name": "엄마", "guardian_email": "sky@home.example"}, "guardian_email"),
        ({"born_on": "2020-01-01", "guardian_name": "엄마", "guardian_email": "엄마"}, "guardian_email"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_no_mail_is_sent(world: World, changes: dict[str, str], field: str) -> None:
    answer = sign_up(world, **changes)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text or f'name="{field}"' in answer.text.split("field--wrong")[1]
    assert mails(world, "sky@home.example") == []


def test_without_agreeing_there_is_no_account(world: World) -> None:
    wish = {name: value for name, value in WISH.items() if name != "agrees"}
    assert world.post("/sign-up", data=wish).status_code == 422


def test_a_child_needs_a_guardian_who_agrees(world: World) -> None:
    child = {"born_on": "2020-01-01", "guardian_name": "김보호", "guardian_email": "guard@home.example"}
    sign_up(world, **child)
    waiting = world.post(last_link(world, "sky@home.example"))
    assert "보호자께 메일을 보냈습니다" in waiting.text
    question = last_link(world, "guard@home.example")
    assert "김하늘" in world.get(question).text
    assert world.post(question, data={"answer": "yes"}).status_code == 200
    assert mails(world, "sky@home.example")[-1]["kind"] == "guardian-agreed"
    assert world.post(question, data={"answer": "no"}).status_code == 409, "an answer is given once"
    assert world.client.post("/sign-in", data={"email": WISH["email"], "password": WISH["password"]}).status_code == 303


def test_a_guardian_who_refuses_leaves_nothing_of_the_child(world: World) -> None:
    sign_up(world, born_on="2020-01-01", guardian_name="김보호", guardian_email="guard@home.example")
    world.post(last_link(world, "sky@home.example"))
    world.post(last_link(world, "guard@home.example"), data={"answer": "no"})
    assert mails(world, "sky@home.example")[-1]["kind"] == "guardian-refused"

    async def look() -> int:
        async with world.store._reading.connect() as connection:
            kept = await connection.execute(text("SELECT count(*) FROM account_links WHERE CAST(data AS TEXT) LIKE '%김하늘%'"))
            people = await connection.execute(text("SELECT count(*) FROM people WHERE email = 'sky@home.example'"))
            return int(kept.scalar_one()) + int(people.scalar_one())

    assert world.query(look) == 0


def test_a_mailbox_is_not_flooded_through_our_forms(world: World) -> None:
    answers = [world.post("/reset", data={"email": "resident01@demo.example"}).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert len(mails(world, "resident01@demo.example")) == 5
