"""Accounts, sessions, rights, homes, and the log of who looked at whose data."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from classroom.accounts import PersonState
from classroom.errors import Invalid, NotFound, Refused
from classroom.municipalities import Municipality
from classroom.people import (
    Grant,
    MunicipalityCode,
    Person,
    PersonId,
    Role,
    Session,
    Viewer,
    checked_name,
    checked_password,
    new_id,
    normal_email,
    token_hash,
)
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions, UnitOfWork
from classroom.texts import Locale

SESSION_TTL = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    """For the cookie. It is nowhere else."""
    expires_at: datetime
    viewer: Viewer


async def register_person(
    store: Transactions,
    passwords: PasswordHasher,
    *,
    email: str,
    password: str,
    name: str,
    locale: Locale = "ko",
    home: MunicipalityCode | None = None,
    now: datetime,
) -> Person:
    """Open an account for life. Raises Invalid: "email-invalid", "email-taken", "password-too-short", "name-missing"."""
    plain_email, plain_name = normal_email(email), checked_name(name)
    password_hash = await passwords.hash(checked_password(password))
    async with store.writing() as uow:
        return await add_person(uow, plain_email, plain_name, password_hash, locale, home, now)


async def add_person(
    uow: UnitOfWork, email: str, name: str, password_hash: str, locale: Locale, home: MunicipalityCode | None, now: datetime
) -> Person:
    """The part of registering that needs the store. Values are checked already."""
    if home is not None:
        await municipality_of(uow, home)
    person = Person(PersonId(new_id()), email, name, locale, home, now)
    if not await uow.people.add(person, password_hash):
        raise Invalid("email-taken", field="email")
    return person


async def sign_in(
    store: Transactions, passwords: PasswordHasher, *, email: str, password: str, now: datetime, ttl: timedelta = SESSION_TTL
) -> SignedIn:
    """Start a session. Raises Refused: "sign-in-failed" after the same work whether or not the account exists,
    "account-closed" once the password was right.
    """
    async with store.reading() as uow:
        found = await uow.people.by_email(email.strip().lower())
    is_right = await passwords.verify(password, found[1] if found else None)
    if found is None or not is_right:
        raise Refused("sign-in-failed")
    token = secrets.token_urlsafe(32)
    async with store.writing() as uow:
        await reopen_if_closed(uow, found[0].id)
        viewer = await uow.people.viewer(found[0].id)
        assert viewer is not None, "accounts are never deleted"
        await uow.sessions.add(token_hash(token), Session(viewer.id, now, now + ttl))
    return SignedIn(token, now + ttl, viewer)


async def reopen_if_closed(uow: UnitOfWork, person: PersonId) -> bool:
    """Signing in takes a closed account up again (True). Raises Refused("account-closed") for one nobody may enter."""
    profile = await uow.accounts.profile(person)
    if profile is None or profile.state in (PersonState.SUSPENDED, PersonState.ERASED, PersonState.MERGED):
        raise Refused("account-closed")
    if profile.state is PersonState.CLOSED:
        await uow.accounts.set(person, state=PersonState.ACTIVE, closed_at=None)
        return True
    return False


async def start_session(uow: UnitOfWork, person: PersonId, now: datetime) -> SignedIn:
    """For somebody who has proven otherwise than by password who they are."""
    viewer = await uow.people.viewer(person)
    if viewer is None:
        raise NotFound
    token = secrets.token_urlsafe(32)
    await uow.sessions.add(token_hash(token), Session(person, now, now + SESSION_TTL))
    return SignedIn(token, now + SESSION_TTL, viewer)


async def sign_out(uow: UnitOfWork, token: str, now: datetime) -> None:
    """End this session. Twice is silent."""
    await uow.sessions.revoke(token_hash(token), now)


async def revoke_sessions(uow: UnitOfWork, person: PersonId, now: datetime, keep_token: str | None = None) -> int:
    """End all sessions of `person` (but the one of `keep_token`); returns how many ended."""
    return await uow.sessions.revoke_all(person, now, token_hash(keep_token) if keep_token else None)


async def change_password(
    store: Transactions, passwords: PasswordHasher, *, person: PersonId, old: str, new: str, keep_token: str | None, now: datetime
) -> None:
    """Also ends every other session. Raises Refused("sign-in-failed"), Invalid("password-too-short")."""
    checked_password(new)
    async with store.reading() as uow:
        known = await uow.people.get(person)
        found = await uow.people.by_email(known.email) if known else None
    if not await passwords.verify(old, found[1] if found else None) or found is None:
        raise Refused("sign-in-failed")
    new_hash = await passwords.hash(new)
    async with store.writing() as uow:
        await uow.people.set_password(person, new_hash)
        await revoke_sessions(uow, person, now, keep_token)


async def set_locale(uow: UnitOfWork, person: PersonId, locale: Locale) -> None:
    """Remember the language somebody chose."""
    await uow.people.set_locale(person, locale)


async def grant_role(
    uow: UnitOfWork, *, person: PersonId, role: Role, municipality: MunicipalityCode | None, by: Viewer | None, now: datetime
) -> bool:
    """Give a right; False when it was there already.

    `by` None is the operator at the command line. A municipal administrator gives rights in their own municipality only; the
    province's right is given by the province. Raises NotFound, also for what `by` may not do.
    """
    if (municipality is None) != (role is Role.PROVINCIAL_ADMINISTRATOR):
        raise NotFound
    if municipality is not None:
        await municipality_of(uow, municipality)
    may = by is None or (by.is_province if municipality is None else by.administers(municipality))
    if not may or await uow.people.get(person) is None:
        raise NotFound
    return await uow.people.grant(person, Grant(role, municipality), now)


async def revoke_role(
    uow: UnitOfWork, *, person: PersonId, role: Role, municipality: MunicipalityCode | None, by: Viewer | None
) -> bool:
    """Take a right back; False when it was not there. Nobody takes the province's right from themselves: one must remain.

    Raises NotFound for what `by` may not do.
    """
    may = by is None or (by.is_province if municipality is None else by.administers(municipality))
    if not may or (by is not None and municipality is None and by.id == person):
        raise NotFound
    return await uow.people.revoke(person, Grant(role, municipality))


async def move_home(uow: UnitOfWork, *, person: PersonId, municipality: MunicipalityCode, since: datetime, now: datetime) -> None:
    """Somebody lives elsewhere from `since` on. Everything they did stays theirs; not dated into the future."""
    await municipality_of(uow, municipality)
    if await uow.people.get(person) is None:
        raise NotFound
    if since > now:
        raise Invalid("times-wrong", field="since")
    await uow.people.move_home(person, municipality, since)


async def municipality_of(uow: UnitOfWork, code: str) -> Municipality:
    """Raises NotFound."""
    found = await uow.municipalities.get(MunicipalityCode(code))
    if found is None:
        raise NotFound
    return found


async def log_access(
    uow: UnitOfWork,
    *,
    actor: PersonId | None,
    address: str,
    person: PersonId | None,
    what: str,
    reason: str = "",
    municipality: MunicipalityCode | None,
    now: datetime,
) -> None:
    """Write down that staff looked at personal data: who, when, from where, whose (None: a list), what, why."""
    await log_looks(uow, [person], actor=actor, address=address, what=what, reason=reason, municipality=municipality, now=now)


async def log_looks(
    uow: UnitOfWork,
    people: Iterable[PersonId | None],
    *,
    actor: PersonId | None,
    address: str,
    what: str,
    reason: str = "",
    municipality: MunicipalityCode | None,
    now: datetime,
) -> None:
    """The same look at several people: a line for each."""
    entry = {
        "actor": actor,
        "address": address[:64],
        "what": what[:200],
        "reason": reason[:500],
        "municipality": municipality,
    }
    await uow.access_log.append_all([entry | {"person": person} for person in people], now)
