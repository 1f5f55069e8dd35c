"""What the actions around accounts, sign-in and the access log need from outside, as Protocols."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from classroom.accounts import Guardian, Link, LinkKind, Profile
from classroom.people import (
    Grant,
    MunicipalityCode,
    Person,
    PersonId,
    Session,
    Viewer,
)


class PasswordHasher(Protocol):
    """Slow on purpose, so never called inside a transaction."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """As much work for None (no such account) as for a wrong password."""


class People(Protocol):
    async def get(self, person: PersonId) -> Person | None: ...

    async def by_email(self, email: str) -> tuple[Person, str] | None:
        """The person and the password hash."""

    async def add(self, person: Person, password_hash: str) -> bool:
        """False when the e-mail is taken."""

    async def set_password(self, person: PersonId, password_hash: str) -> None: ...

    async def move_home(self, person: PersonId, municipality: MunicipalityCode, since: datetime) -> None: ...

    async def set_locale(self, person: PersonId, locale: str) -> None: ...

    async def grant(self, person: PersonId, grant: Grant, now: datetime) -> bool:
        """False when it was there already."""

    async def revoke(self, person: PersonId, grant: Grant) -> bool: ...

    async def viewer(self, person: PersonId) -> Viewer | None: ...

    async def province_staff(self) -> list[PersonId]:
        """Who administers the platform itself."""


class Accounts(Protocol):
    async def add_link(self, token_hash: str, link: Link) -> None: ...

    async def link(self, token_hash: str) -> Link | None: ...

    async def use_link(self, token_hash: str, now: datetime) -> None:
        """It works once; what it carried is forgotten."""

    async def drop_links(self, kind: LinkKind, person: PersonId) -> None: ...

    async def forget_links(self, before: datetime) -> int: ...

    async def profile(self, person: PersonId) -> Profile | None: ...

    async def set(self, person: PersonId, **values: Any) -> None: ...

    async def set_guardian(self, person: PersonId, guardian: Guardian, now: datetime) -> None: ...

    async def identity(self, issuer: str, subject: str) -> PersonId | None: ...

    async def add_identity(self, issuer: str, subject: str, person: PersonId, now: datetime) -> bool:
        """False when it belongs to somebody already."""

    async def due_for_erasure(self, closed_before: datetime) -> list[PersonId]: ...

    async def merged_into(self, person: PersonId) -> list[PersonId]:
        """Accounts that went over into this one, through any number of steps."""

    async def erase(self, person: PersonId) -> None: ...

    async def merge(self, kept: PersonId, dropped: PersonId) -> dict[str, int]:
        """How many rows of which table were handed on."""

    async def note_merge(self, values: Mapping[str, Any]) -> None: ...


class Sessions(Protocol):
    async def add(self, token_hash: str, session: Session) -> None: ...

    async def revoke(self, token_hash: str, now: datetime) -> None: ...

    async def revoke_all(self, person: PersonId, now: datetime, keep: str | None = None) -> int: ...


class AccessLog(Protocol):
    async def append(self, entry: Mapping[str, Any], at: datetime) -> None:
        """Chained to the entry before by its hash."""

    async def append_all(self, entries: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """In order, in one statement."""

    async def last_chain(self) -> str:
        """The hash of the newest row; "" of an empty log."""

    async def sign(self, values: Mapping[str, Any]) -> None:
        """Keep a review."""
