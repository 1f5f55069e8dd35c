"""Opening, proving, closing and joining accounts: what holds for them (pure)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from classroom.errors import Invalid
from classroom.people import MunicipalityCode, PersonId
from classroom.texts import Locale

GUARDIAN_UNTIL = 14
"""Below this age a guardian must agree (Personal Information Protection Act, article 22-2)."""
OLDEST = 120
ERASED_AFTER = timedelta(days=30)
"""A closed account can be taken up again for so long; then its personal data is erased."""


class PersonState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"
    """By the person; signing in within the time takes it up again."""
    SUSPENDED = "suspended"
    """By staff."""
    ERASED = "erased"
    MERGED = "merged"
    """Went over into another account."""


class LinkKind(StrEnum):
    """What a link in a mail is good for, once."""

    SIGN_UP = "sign-up"
    GUARDIAN = "guardian"
    RESET = "reset"
    EMAIL = "email"
    INVITATION = "invitation"


LASTS: dict[LinkKind, timedelta] = {
    LinkKind.SIGN_UP: timedelta(hours=24),
    LinkKind.GUARDIAN: timedelta(days=7),
    LinkKind.RESET: timedelta(hours=1),
    LinkKind.EMAIL: timedelta(hours=24),
    LinkKind.INVITATION: timedelta(days=14),
}


@dataclass(frozen=True, slots=True)
class Link:
    """Known by the hash of its token; the token itself is only in the mail."""

    kind: LinkKind
    person: PersonId | None
    email: str
    data: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guardian:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody typed to open an account; values are checked."""

    email: str
    name: str
    password_hash: str
    locale: Locale
    home: MunicipalityCode | None
    born_on: date
    guardian: Guardian | None

    def to_json(self) -> dict[str, Any]:
        guardian = {"name": self.guardian.name, "email": self.guardian.email} if self.guardian else None
        return {
            "email": self.email,
            "name": self.name,
            "password_hash": self.password_hash,
            "locale": self.locale,
            "home": self.home,
            "born_on": self.born_on.isoformat(),
            "guardian": guardian,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "SignUp":
        guardian = Guardian(**data["guardian"]) if data["guardian"] else None
        return cls(**(data | {"born_on": date.fromisoformat(data["born_on"]), "guardian": guardian}))


@dataclass(frozen=True, slots=True)
class Profile:
    """What only the person and those who administer accounts see."""

    state: PersonState
    born_on: date | None
    closed_at: datetime | None
    guardian: Guardian | None


def age(born_on: date, today: date) -> int:
    """In whole years, as counted in Korea since 2023: a birthday on 29 February is kept on 1 March."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def needs_guardian(born_on: date, today: date) -> bool:
    return age(born_on, today) < GUARDIAN_UNTIL


def checked_birth(born_on: date, today: date) -> date:
    """Raises Invalid("birth-wrong")."""
    if born_on > today or age(born_on, today) > OLDEST:
        raise Invalid("birth-wrong", field="born_on")
    return born_on
