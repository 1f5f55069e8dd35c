"""What the actions around certificates need from outside, as Protocols."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from classroom.certificates import Certificate, Paper
from classroom.people import (
    CertificateId,
    CourseId,
    MunicipalityCode,
    PersonId,
)
from classroom.sites import Logo
from classroom.statements import Statement, StatementId


class Certificates(Protocol):
    async def get(self, certificate: CertificateId) -> Certificate | None: ...

    async def of(self, course: CourseId, person: PersonId) -> Certificate | None: ...

    async def holders(self, course: CourseId) -> set[PersonId]: ...

    async def next_number(self, municipality: MunicipalityCode, year: int, count: int = 1) -> int:
        """The first of `count` numbers, without gaps or doubles: taken back when the transaction fails, no one else's before."""

    async def add(self, certificates: Sequence[tuple[int, Certificate]], year: int) -> None:
        """With their numbers."""

    async def revoke(self, certificate: CertificateId, reason: str, now: datetime) -> None: ...

    async def replace_paper(self, certificate: Certificate, paper: Paper, reason: str, by: PersonId, now: datetime) -> None:
        """Valid with another paper; the former one is kept."""

    async def revoked_numbers(self, municipality: MunicipalityCode, year: int) -> list[int]: ...

    async def of_course(self, course: CourseId) -> list[Certificate]:
        """By number."""

    async def seal(self, municipality: MunicipalityCode, mark: str | None = None) -> Logo | None:
        """The one in use, or the one of that mark."""

    async def put_seal(self, municipality: MunicipalityCode, seal: Logo, by: PersonId, now: datetime) -> None: ...

    async def add_statement(self, statement: Statement) -> None: ...

    async def statement(self, statement: StatementId) -> Statement | None: ...

    async def statement_by_code(self, code: str) -> Statement | None:
        """As somebody typed it."""

    async def statements(self, person: PersonId) -> list[Statement]:
        """Latest first."""


class CertificateRenderer(Protocol):
    def render(self, certificate: Certificate, *, verify_url: str, locale: str, seal: Logo | None = None) -> bytes:
        """PDF. Raises ClassroomError("no-hangul-font")."""

    def render_statement(self, statement: Statement, *, verify_url: str, locale: str) -> bytes:
        """PDF. Raises as `render`."""
