"""Accounts, sessions and rights."""

from datetime import timedelta

import pytest

from classroom.actions.people import (
    change_password,
    grant_role,
    move_home,
    register_person,
    revoke_role,
    revoke_sessions,
    sign_in,
    sign_out,
)
from classroom.errors import Invalid, NotFound, Refused
from classroom.passwords import Passwords
from classroom.people import MunicipalityCode, Role
from classroom.store.unit_of_work import Store
from tests.classroom.making import SUWON
from tests.integration.store.worlds import NOW, SEONGNAM, make_world

pytestmark = pytest.mark.integration


def passwords() -> Passwords:
    return Passwords(memory_kib=64, rounds=1)


async def test_a_session_lasts_until_it_is_ended_revoked_or_expired(store: Store) -> None:
    slow = passwords()
    person = await register_person(store, slow, email=" Me@Example.Test ", password="long enough", name=" 김 하늘 ", now=NOW)
    assert (person.email, person.name) == ("me@example.test", "김 하늘")
    tokens = [(await sign_in(store, slow, email="ME@example.test", password="long enough", now=NOW)).token for _ in range(3)]
    ask = store.queries.viewer
    assert [(await ask(token, NOW)) is not None for token in tokens] == [True] * 3
    async with store.writing() as uow:
        await sign_out(uow, tokens[0], NOW)
        assert await revoke_sessions(uow, person.id, NOW, keep_token=tokens[2]) == 1
    assert [(await ask(token, NOW)) is not None for token in tokens] == [False, False, True]
    assert await ask(tokens[2], NOW + timedelta(hours=12)) is None
    assert await ask("invented", NOW) is None


async def test_the_token_itself_is_nowhere_in_the_store(store: Store) -> None:
    slow = passwords()
    await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    token = (await sign_in(store, slow, email="me@example.test", password="long enough", now=NOW)).token
    async with store._reading.connect() as connection:
        from classroom.store.tables import sessions

        rows = (await connection.execute(sessions.select())).all()
    assert token not in str(rows)
    assert len(rows) == 1


async def test_a_wrong_password_and_an_unknown_account_are_refused_alike(store: Store) -> None:
    slow = passwords()
    await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    for email, password in (("me@example.test", "wrong"), ("nobody@example.test", "long enough"), ("", "")):
        with pytest.raises(Refused, match="sign-in-failed"):
            await sign_in(store, slow, email=email, password=password, now=NOW)


async def test_changing_the_password_ends_the_other_sessions(store: Store) -> None:
    slow = passwords()
    person = await register_person(store, slow, email="me@example.test", password="long enough", name="me", now=NOW)
    mine, other = [(await sign_in(store, slow, email="me@example.test", password="long enough", now=NOW)).token for _ in range(2)]
    with pytest.raises(Refused, match="sign-in-failed"):
        await change_password(store, slow, person=person.id, old="wrong", new="even longer", keep_token=mine, now=NOW)
    await change_password(store, slow, person=person.id, old="long enough", new="even longer", keep_token=mine, now=NOW)
    assert await store.queries.viewer(mine, NOW) is not None
    assert await store.queries.viewer(other, NOW) is None
    await sign_in(store, slow, email="me@example.test", password="even longer", now=NOW)


async def test_moving_house_changes_one_field_with_a_date_and_loses_nothing(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    await world.enrol(me)
    async with store.writing() as uow:
        await move_home(uow, person=me.id, municipality=SEONGNAM, since=NOW, now=NOW)
        # Told of afterwards, an earlier move does not change where somebody lives today.
        await move_home(uow, person=me.id, municipality=MunicipalityCode("yongin"), since=NOW - timedelta(days=2), now=NOW)
        with pytest.raises(Invalid, match="times-wrong"):
            await move_home(uow, person=me.id, municipality=SUWON, since=NOW + timedelta(days=1), now=NOW)
    assert (await world.viewer(me.id)).person.home == "seongnam"
    assert [move.municipality for move in await store.queries.moves(me.id)] == ["yongin", "suwon", "seongnam"]
    assert len((await store.queries.my_learning(await world.viewer(me.id), NOW)).courses) == 1


async def test_rights_are_given_only_by_those_who_administer_the_place(store: Store) -> None:
    world = await make_world(store)
    me = await world.person("me")
    here = await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    province = await world.staff("province", Role.PROVINCIAL_ADMINISTRATOR, None)
    async with store.writing() as uow:
        assert await grant_role(uow, person=me.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here, now=NOW)
        assert not await grant_role(uow, person=me.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here, now=NOW)
        for role, code in ((Role.INSTRUCTOR, SEONGNAM), (Role.PROVINCIAL_ADMINISTRATOR, None)):
            with pytest.raises(NotFound):
                await grant_role(uow, person=me.id, role=role, municipality=code, by=here, now=NOW)
        assert await grant_role(uow, person=me.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province, now=NOW)
        assert not await grant_role(
            uow, person=me.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province, now=NOW
        )


async def test_a_right_is_taken_back_by_those_who_could_give_it(store: Store) -> None:
    world = await make_world(store)
    colleague = await world.staff("colleague", Role.INSTRUCTOR, "suwon")
    here = await world.staff("here", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    there = await world.staff("there", Role.MUNICIPAL_ADMINISTRATOR, "seongnam")
    province = await world.staff("province", Role.PROVINCIAL_ADMINISTRATOR, None)
    async with store.writing() as uow:
        with pytest.raises(NotFound):
            await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=there)
        with pytest.raises(NotFound):
            await revoke_role(uow, person=province.id, role=Role.PROVINCIAL_ADMINISTRATOR, municipality=None, by=province)
        assert await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here)
        assert not await revoke_role(uow, person=colleague.id, role=Role.INSTRUCTOR, municipality=SUWON, by=here)
    assert not (await world.viewer(colleague.id)).is_instructor
