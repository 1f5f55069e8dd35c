"""People, what they may do where, and the typed ids of everything."""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from classroom.errors import Invalid
from classroom.texts import Locale

PersonId = NewType("PersonId", str)
MunicipalityCode = NewType("MunicipalityCode", str)
CourseId = NewType("CourseId", str)
LessonId = NewType("LessonId", str)
RecordingId = NewType("RecordingId", str)
CertificateId = NewType("CertificateId", str)
ItemId = NewType("ItemId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PASSWORD_MINIMUM = 10


def new_id() -> str:
    """16 characters of Crockford's base 32, 80 random bits: safe in a URL, a file name and a log line."""
    return _written(secrets.randbits(80))


def id_from(content: str) -> str:
    """An id that is always the same for the same content, and tells nothing of it."""
    return _written(int.from_bytes(hashlib.sha256(content.encode()).digest()[:10]))


def _written(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(75, -1, -5))


class Role(StrEnum):
    """A right given to a person in one municipality (the province's: everywhere). Being a resident needs no grant."""

    INSTRUCTOR = "instructor"
    MUNICIPAL_ADMINISTRATOR = "municipal-administrator"
    PROVINCIAL_ADMINISTRATOR = "provincial-administrator"


@dataclass(frozen=True, slots=True)
class Grant:
    role: Role
    municipality: MunicipalityCode | None
    """None only for the provincial administrator."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account for life, wherever the person lives."""

    id: PersonId
    email: str
    name: str
    locale: Locale
    home: MunicipalityCode | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HomeMove:
    """Where somebody lives from `since` on."""

    municipality: MunicipalityCode
    since: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """The municipalities whose people and courses somebody may administer: the one thing staff queries are narrowed by."""

    everywhere: bool = False
    municipalities: frozenset[MunicipalityCode] = frozenset()

    def covers(self, municipality: MunicipalityCode) -> bool:
        return self.everywhere or municipality in self.municipalities

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.municipalities)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person together with what they were granted."""

    person: Person
    grants: frozenset[Grant] = field(default_factory=frozenset)
    unread: int = field(default=0, compare=False)
    """Messages they have not seen."""

    @property
    def id(self) -> PersonId:
        return self.person.id

    @property
    def is_province(self) -> bool:
        return any(grant.role is Role.PROVINCIAL_ADMINISTRATOR for grant in self.grants)

    @property
    def is_administrator(self) -> bool:
        return bool(self.scope)

    @property
    def is_instructor(self) -> bool:
        return any(grant.role is Role.INSTRUCTOR for grant in self.grants)

    @property
    def scope(self) -> Scope:
        """What this person administers; falsy for residents and instructors."""
        return Scope(
            self.is_province,
            frozenset(
                grant.municipality
                for grant in self.grants
                if grant.role is Role.MUNICIPAL_ADMINISTRATOR and grant.municipality is not None
            ),
        )

    def administers(self, municipality: MunicipalityCode) -> bool:
        return self.scope.covers(municipality)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. The token itself is only ever in the cookie; the store has its hash."""

    person: PersonId
    created_at: datetime
    expires_at: datetime


_NO_EMAIL = frozenset(' ,;:<>()[]"\\')
"""What a header would read as a list, a name, a group or a comment."""


def normal_email(email: str) -> str:
    """The form e-mails are compared in. Raises Invalid("email-invalid").

    One address, never a list: with a comma in it, one form would send to as many people as it likes.
    """
    plain = email.strip().lower()
    local, at, domain = plain.partition("@")
    if (
        not (at and local and "." in domain)
        or "@" in domain
        or len(plain) > 254
        or any(c in _NO_EMAIL or not c.isprintable() for c in plain)
    ):
        raise Invalid("email-invalid", field="email")
    return plain


_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters by name, nothing to the eye: a certificate would have no name on it."""


_JOINER = "\u200d"
"""Makes one picture of two: 👩🏫 → 👩\u200d🏫. Anywhere else it would make two names that look alike."""


def _joins(before: str, after: str) -> bool:
    return unicodedata.category(before) in ("So", "Sk", "Mn") and unicodedata.category(after) == "So"


def checked_name(name: str) -> str:
    """A display name on one line, of which something can be seen. Raises Invalid("name-missing")."""
    composed = unicodedata.normalize("NFC", name)  # 홍 in one character: some keyboards send its three letters
    joined = {at for at in range(1, len(composed) - 1) if composed[at] == _JOINER and _joins(composed[at - 1], composed[at + 1])}
    shown = "".join(c if c.isprintable() or at in joined else " " for at, c in enumerate(composed))
    plain = " ".join(shown.split())[:80].rstrip(_JOINER)
    if all(c in _BLANK_LETTERS or unicodedata.category(c)[0] in "MZ" for c in plain):
        raise Invalid("name-missing", field="name")
    return plain


def checked_password(password: str) -> str:
    """Long enough; nothing else is asked (NIST SP 800-63B §3.1.1.2). Raises Invalid("password-too-short")."""
    if len(password) < PASSWORD_MINIMUM:
        raise Invalid("password-too-short", field="password", minimum=PASSWORD_MINIMUM)
    return password


def token_hash(token: str) -> str:
    """What the store knows of a session token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
