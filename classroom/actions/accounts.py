"""One's own account: a forgotten password, a new address, the profile.

Whether an address has an account is never told to who asks, only to who reads its mail.
"""

from datetime import date, datetime
from typing import Any

from classroom.accounts import LinkKind, PersonState, checked_birth
from classroom.actions.links import open_link, send_link
from classroom.actions.people import revoke_sessions
from classroom.errors import Invalid, Refused
from classroom.history import SEOUL
from classroom.people import Person, PersonId, checked_name, checked_password, normal_email, token_hash
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions, UnitOfWork


async def request_reset(uow: UnitOfWork, email: str, now: datetime) -> None:
    """A mail with a link to a new password, if there is such an account. Raises Invalid("email-invalid")."""
    found = await uow.people.by_email(normal_email(email))
    if found is None:
        return
    person = found[0]
    profile = await uow.accounts.profile(person.id)
    if profile is None or profile.state not in (PersonState.ACTIVE, PersonState.CLOSED):
        return
    await uow.accounts.drop_links(LinkKind.RESET, person.id)
    await send_link(
        uow,
        LinkKind.RESET,
        "/reset",
        email=person.email,
        locale=person.locale,
        now=now,
        person=person.id,
        name=person.name,
    )


async def set_password_by_link(store: Transactions, passwords: PasswordHasher, token: str, new: str, now: datetime) -> Person:
    """A new password by a reset or an invitation; every session ends. Raises Refused, Invalid("password-too-short")."""
    kinds = (LinkKind.RESET, LinkKind.INVITATION)
    checked_password(new)
    async with store.reading() as uow:
        await open_link(uow, token, *kinds, now=now)  # before the work of hashing
    password_hash = await passwords.hash(new)
    async with store.writing() as uow:
        link = await open_link(uow, token, *kinds, now=now)
        assert link.person is not None, "these links are made for somebody"
        person = await uow.people.get(link.person)
        if person is None or person.email != link.email:
            raise Refused("link-dead")
        await uow.accounts.use_link(token_hash(token), now)
        await uow.people.set_password(link.person, password_hash)
        await revoke_sessions(uow, link.person, now)
        return person


async def request_email(uow: UnitOfWork, person: Person, email: str, now: datetime) -> None:
    """A mail to the new address; the old one stays until it is confirmed. Raises Invalid("email-invalid")."""
    plain = normal_email(email)
    if plain == person.email:
        raise Invalid("email-same", field="email")
    await uow.accounts.drop_links(LinkKind.EMAIL, person.id)
    if await uow.people.by_email(plain) is not None:
        await uow.mails.queue(plain, "sign-up-known", {"href": "/sign-in"}, person.locale, now)
        return
    await send_link(
        uow,
        LinkKind.EMAIL,
        "/me/email",
        email=plain,
        locale=person.locale,
        now=now,
        person=person.id,
        name=person.name,
    )


async def confirm_email(uow: UnitOfWork, token: str, *, by: PersonId, now: datetime) -> None:
    """The new address is theirs; the old one is told. Raises Refused, Invalid("email-taken").

    Only who asked for it may: the mail may have gone to a stranger, by one wrong letter, and an address opens the account.
    """
    link = await open_link(uow, token, LinkKind.EMAIL, now=now)
    if link.person is None or link.person != by:
        raise Refused("link-dead")
    person = await uow.people.get(link.person)
    if person is None:
        raise Refused("link-dead")
    if await uow.people.by_email(link.email) is not None:
        raise Invalid("email-taken", field="email")
    await uow.accounts.use_link(token_hash(token), now)
    await uow.accounts.set(link.person, email=link.email)
    await uow.mails.queue(person.email, "email-changed", {"name": person.name, "href": "/me/account"}, person.locale, now)


async def change_profile(uow: UnitOfWork, person: PersonId, *, name: str, born_on: date | None, now: datetime) -> None:
    """Raises Invalid: "name-missing", "birth-wrong"."""
    values: dict[str, Any] = {"name": checked_name(name)}
    if born_on is not None:
        values["born_on"] = checked_birth(born_on, now.astimezone(SEOUL).date())
    await uow.accounts.set(person, **values)
