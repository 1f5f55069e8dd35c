"""Whoever an OpenID provider vouches for."""

from datetime import datetime

from classroom.actions.people import add_person, reopen_if_closed
from classroom.errors import Refused
from classroom.people import Person, PersonId, checked_name, normal_email
from classroom.ports import UnitOfWork
from classroom.texts import Locale


async def sign_in_by_identity(
    uow: UnitOfWork,
    *,
    issuer: str,
    subject: str,
    email: str | None,
    is_email_proven: bool,
    name: str,
    locale: Locale,
    signed_in: PersonId | None,
    now: datetime,
) -> Person:
    """Whoever an OpenID provider vouches for.

    Known: that account. Signed in here already: linked to this account. A new one is opened for a proven address that nobody
    has. An address that has an account is not enough to get into it: its owner signs in once and links it.
    Raises Refused: "identity-taken", "identity-unproven", "identity-known-email", "account-closed".
    """
    known = await uow.accounts.identity(issuer, subject)
    if known is not None:
        if signed_in is not None and signed_in != known:
            raise Refused("identity-taken")
        return await _let_in(uow, known, now)
    if signed_in is None:
        if not email or not is_email_proven:
            raise Refused("identity-unproven")
        plain = normal_email(email)
        if await uow.people.by_email(plain) is not None:
            raise Refused("identity-known-email")
        signed_in = (await add_person(uow, plain, checked_name(name or plain.partition("@")[0]), "", locale, None, now)).id
    if not await uow.accounts.add_identity(issuer, subject, signed_in, now):
        raise Refused("identity-taken")
    return await _let_in(uow, signed_in, now)


async def _let_in(uow: UnitOfWork, person: PersonId, now: datetime) -> Person:
    await reopen_if_closed(uow, person)
    found = await uow.people.get(person)
    assert found is not None, "accounts are never deleted"
    return found
