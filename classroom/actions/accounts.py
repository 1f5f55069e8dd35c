"""Opening an account by mail, proving a new address, forgetting a password, closing, erasing, making two into one.

Whether an address has an account is never told to who asks, only to who reads its mail.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from classroom.accounts import (
    ERASED_AFTER,
    LASTS,
    Guardian,
    Link,
    LinkKind,
    PersonState,
    SignUp,
    checked_birth,
    needs_guardian,
)
from classroom.actions.people import SESSION_TTL, SignedIn, add_person, municipality_of, reopen_if_closed, revoke_sessions
from classroom.errors import Invalid, NotFound, Refused
from classroom.history import SEOUL
from classroom.people import (
    MunicipalityCode,
    Person,
    PersonId,
    Session,
    Viewer,
    checked_name,
    checked_password,
    normal_email,
    token_hash,
)
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions, UnitOfWork
from classroom.texts import Locale


async def _send_link(
    uow: UnitOfWork,
    kind: LinkKind,
    path: str,
    *,
    email: str,
    locale: Locale,
    now: datetime,
    person: PersonId | None = None,
    data: dict[str, Any] | None = None,
    **words: Any,
) -> None:
    """A mail whose link works once. `path` gets the token behind it."""
    token = secrets.token_urlsafe(32)
    await uow.accounts.add_link(token_hash(token), Link(kind, person, email, data or {}, now, now + LASTS[kind]))
    await uow.mails.queue(email, f"link-{kind}", {"href": f"{path}/{token}"} | words, locale, now)


async def open_link(uow: UnitOfWork, token: str, *kinds: LinkKind, now: datetime) -> Link:
    """Raises Refused: "link-used" for one that did its work, "link-dead" for any other that does not work (any more)."""
    link = await uow.accounts.link(token_hash(token))
    if link is None or link.kind not in kinds:
        raise Refused("link-dead")
    if link.used_at is not None:
        raise Refused("link-used")
    if link.expires_at <= now:
        raise Refused("link-dead")
    return link


# -- opening ----------------------------------------------------------------------------------------------------------


async def request_sign_up(
    store: Transactions,
    passwords: PasswordHasher,
    *,
    email: str,
    password: str,
    name: str,
    born_on: date,
    home: MunicipalityCode | None,
    guardian_name: str = "",
    guardian_email: str = "",
    locale: Locale,
    now: datetime,
) -> None:
    """Sends a mail that opens the account; until it is confirmed there is none.

    Raises Invalid: "email-invalid", "name-missing", "password-too-short", "birth-wrong", "guardian-needed"; NotFound.
    """
    plain_email, plain_name = normal_email(email), checked_name(name)
    today = now.astimezone(SEOUL).date()
    checked_birth(born_on, today)
    guardian: Guardian | None = None
    if needs_guardian(born_on, today):
        if not guardian_name.strip() or not guardian_email.strip():
            raise Invalid("guardian-needed", field="guardian_email")
        try:
            guardian = Guardian(checked_name(guardian_name), normal_email(guardian_email))
        except Invalid as wrong:
            raise Invalid(wrong.code, field=f"guardian_{wrong.fields['field']}") from wrong
        if guardian.email == plain_email:
            raise Invalid("guardian-same", field="guardian_email")
    password_hash = await passwords.hash(checked_password(password))
    async with store.writing() as uow:
        if home is not None:
            await municipality_of(uow, home)
        if await uow.people.by_email(plain_email) is not None:
            await uow.mails.queue(plain_email, "sign-up-known", {"href": "/sign-in"}, locale, now)
            return
        wish = SignUp(plain_email, plain_name, password_hash, locale, home, born_on, guardian)
        await _send_link(
            uow, LinkKind.SIGN_UP, "/sign-up", email=plain_email, locale=locale, now=now, data=wish.to_json(), name=plain_name
        )


async def confirm_sign_up(uow: UnitOfWork, token: str, now: datetime) -> Person | None:
    """The address is proven: the account is open, or (None) its guardian is asked now. Raises Refused, Invalid("email-taken")."""
    link = await open_link(uow, token, LinkKind.SIGN_UP, now=now)
    wish = SignUp.from_json(link.data)
    await uow.accounts.use_link(token_hash(token), now)
    if wish.guardian is not None:
        await _send_link(
            uow,
            LinkKind.GUARDIAN,
            "/guardian",
            email=wish.guardian.email,
            locale=wish.locale,
            now=now,
            data=link.data,
            name=wish.name,
            guardian=wish.guardian.name,
        )
        return None
    return await _open(uow, wish, now)


async def answer_as_guardian(uow: UnitOfWork, token: str, *, agrees: bool, now: datetime) -> Person | None:
    """The guardian agrees, and the child's account is open; or does not, and nothing of the child is kept."""
    link = await open_link(uow, token, LinkKind.GUARDIAN, now=now)
    wish = SignUp.from_json(link.data)
    await uow.accounts.use_link(token_hash(token), now)
    if not agrees:
        await uow.mails.queue(wish.email, "guardian-refused", {"name": wish.name, "href": "/"}, wish.locale, now)
        return None
    assert wish.guardian is not None, "a guardian's link is made for a guardian"
    person = await _open(uow, wish, now)
    await uow.accounts.set_guardian(person.id, wish.guardian, now)
    await uow.mails.queue(wish.email, "guardian-agreed", {"name": wish.name, "href": "/sign-in"}, wish.locale, now)
    return person


async def _open(uow: UnitOfWork, wish: SignUp, now: datetime) -> Person:
    person = await add_person(uow, wish.email, wish.name, wish.password_hash, wish.locale, wish.home, now)
    await uow.accounts.set(person.id, born_on=wish.born_on)
    return person


async def start_session(uow: UnitOfWork, person: PersonId, now: datetime) -> SignedIn:
    """For somebody who has proven otherwise than by password who they are."""
    viewer = await uow.people.viewer(person)
    if viewer is None:
        raise NotFound
    token = secrets.token_urlsafe(32)
    await uow.sessions.add(token_hash(token), Session(person, now, now + SESSION_TTL))
    return SignedIn(token, now + SESSION_TTL, viewer)


# -- passwords and addresses ------------------------------------------------------------------------------------------


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
    await _send_link(
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
    await _send_link(
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


# -- invitations ------------------------------------------------------------------------------------------------------


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
    await _send_link(
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


# -- the end ----------------------------------------------------------------------------------------------------------


async def close_account(uow: UnitOfWork, person: Person, now: datetime) -> None:
    """Signed out everywhere at once; erased after ERASED_AFTER unless they sign in again."""
    await uow.accounts.set(person.id, state=PersonState.CLOSED, closed_at=now)
    await revoke_sessions(uow, person.id, now)
    words = {"name": person.name, "href": "/sign-in", "days": ERASED_AFTER.days}
    await uow.mails.queue(person.email, "account-closed", words, person.locale, now)


_SUSPENDABLE = (PersonState.ACTIVE, PersonState.SUSPENDED)


async def set_suspended(uow: UnitOfWork, person: PersonId, suspended: bool, *, by: Viewer, now: datetime) -> None:
    """The province locks an account out, or lets it in again. Raises NotFound."""
    profile = await uow.accounts.profile(person)
    # One that was closed stays closed: its owner's wish, and the day it is erased, are not ours to change.
    if not by.is_province or by.id == person or profile is None or profile.state not in _SUSPENDABLE:
        raise NotFound
    await uow.accounts.set(person, state=PersonState.SUSPENDED if suspended else PersonState.ACTIVE, closed_at=None)
    if suspended:
        await revoke_sessions(uow, person, now)


async def _nothing(key: str) -> None:
    pass


async def erase_due(store: Transactions, now: datetime, drop_file: Callable[[str], Awaitable[None]] = _nothing) -> int:
    """Erase what was closed long enough ago, and forget links nobody used. Returns how many accounts.

    `drop_file` takes a file somebody handed in out of the storage; it goes first, while its row still tells where it is.
    """
    async with store.writing() as uow:
        await uow.accounts.forget_links(now - max(LASTS.values()))
        due = await uow.accounts.due_for_erasure(now - ERASED_AFTER)
    if not due:
        return 0
    async with store.reading() as uow:
        # An account that went over into this one is the same human: their old name and address go too.
        all_of = {person: [person, *await uow.accounts.merged_into(person)] for person in due}
        naming = await uow.facts.naming([each for ids in all_of.values() for each in ids])
    erased, failure = 0, None
    for ids in all_of.values():
        try:
            said = [number for each in ids for number in naming.get(each, ())]
            erased += await _erase(store, ids, said, drop_file)
        except Exception as error:  # one file that will not go must not keep everybody else's data here for good
            failure = error
    if failure is not None:
        raise failure
    return erased


async def _erase(
    store: Transactions, ids: Sequence[PersonId], said: Sequence[int], drop_file: Callable[[str], Awaitable[None]]
) -> bool:
    """All accounts of one human, the closed one first, and the facts that say their name.

    False: its owner has taken it up again since it was found due.
    """
    person = ids[0]
    async with store.reading() as uow:
        if not await _is_closed(uow, person):
            return False
        files = [file for one in ids for file in await uow.uploads.of_person(one)]
    for file in files:
        await drop_file(file.key)
    async with store.writing() as uow:
        if not await _is_closed(uow, person):
            return False
        for each in ids:
            await uow.accounts.erase(each)
        await uow.facts.forget_names(said)
        await uow.facts_aside.forget_names(ids)
    return True


async def _is_closed(uow: UnitOfWork, person: PersonId) -> bool:
    profile = await uow.accounts.profile(person)
    return profile is not None and profile.state is PersonState.CLOSED


async def merge_people(
    uow: UnitOfWork, *, kept: PersonId, dropped: PersonId, reason: str, by: Viewer, now: datetime
) -> dict[str, int]:
    """Two accounts of one person become one; what was moved is kept as a record. Raises NotFound, Invalid("reason-missing")."""
    if not by.is_province or kept == dropped or dropped == by.id:
        raise NotFound
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    for person in (kept, dropped):
        profile = await uow.accounts.profile(person)
        if profile is None or profile.state is not PersonState.ACTIVE:
            raise NotFound
    moved = await uow.accounts.merge(kept, dropped)
    await uow.accounts.note_merge(
        {"kept": kept, "dropped": dropped, "by": by.id, "at": now, "reason": reason.strip()[:500], "moved": moved}
    )
    return moved


# -- sign-in elsewhere ------------------------------------------------------------------------------------------------


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
