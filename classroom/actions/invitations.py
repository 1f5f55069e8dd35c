"""Accounts that staff open for people of a list, who choose their password by a link."""

from dataclasses import dataclass
from datetime import datetime

from classroom.accounts import LinkKind
from classroom.actions.links import send_link
from classroom.actions.people import add_person
from classroom.people import MunicipalityCode, PersonId
from classroom.ports import UnitOfWork
from classroom.texts import Locale


@dataclass(frozen=True, slots=True)
class Invited:
    """One row of a list of people, checked."""

    email: str
    name: str
    locale: Locale
    home: MunicipalityCode | None


async def invite(uow: UnitOfWork, each: Invited, now: datetime) -> PersonId | None:
    """An account whose password its owner chooses by a link; None when the address has an account (it stays as it is)."""
    if await uow.people.by_email(each.email) is not None:
        return None
    person = await add_person(uow, each.email, each.name, "", each.locale, each.home, now)
    await send_link(
        uow,
        LinkKind.INVITATION,
        "/reset",
        email=each.email,
        locale=each.locale,
        now=now,
        person=person.id,
        name=each.name,
    )
    return person.id
