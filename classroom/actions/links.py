"""Links in mails that work once: what a mailbox proves."""

import secrets
from datetime import datetime
from typing import Any

from classroom.accounts import LASTS, Link, LinkKind
from classroom.errors import Refused
from classroom.people import PersonId, token_hash
from classroom.ports import UnitOfWork
from classroom.texts import Locale


async def send_link(
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
