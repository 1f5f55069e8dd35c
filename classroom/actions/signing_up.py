"""Opening an account by mail, with a guardian where one is needed.

Until the link is pressed there is none. Whether an address has an account is never told to who asks, only to who reads its mail.
"""

from datetime import date, datetime

from classroom.accounts import Guardian, LinkKind, SignUp, checked_birth, needs_guardian
from classroom.actions.links import open_link, send_link
from classroom.actions.people import add_person, municipality_of
from classroom.errors import Invalid
from classroom.history import SEOUL
from classroom.people import MunicipalityCode, Person, checked_name, checked_password, normal_email, token_hash
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions, UnitOfWork
from classroom.texts import Locale


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
        await send_link(
            uow, LinkKind.SIGN_UP, "/sign-up", email=plain_email, locale=locale, now=now, data=wish.to_json(), name=plain_name
        )


async def confirm_sign_up(uow: UnitOfWork, token: str, now: datetime) -> Person | None:
    """The address is proven: the account is open, or (None) its guardian is asked now. Raises Refused, Invalid("email-taken")."""
    link = await open_link(uow, token, LinkKind.SIGN_UP, now=now)
    wish = SignUp.from_json(link.data)
    await uow.accounts.use_link(token_hash(token), now)
    if wish.guardian is not None:
        await send_link(
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
