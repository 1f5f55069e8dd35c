"""Certificates and the series their numbers come from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from classroom.certificates import Certificate, Paper, plain_code
from classroom.people import CertificateId, CourseId, MunicipalityCode, PersonId
from classroom.sites import Logo
from classroom.statements import Statement, StatementId, StatementLine
from classroom.store import rows
from classroom.store.certificate_tables import certificate_changes, seals, statements
from classroom.store.repository import Repository
from classroom.store.tables import certificate_series, certificates

_CHUNK = 200


class Certificates(Repository):
    async def get(self, certificate: CertificateId) -> Certificate | None:
        found = await self.first(select(certificates).where(certificates.c.id == certificate))
        return rows.certificate(found) if found else None

    async def of(self, course: CourseId, person: PersonId) -> Certificate | None:
        mine = (certificates.c.course == course) & (certificates.c.person == person)
        found = await self.first(select(certificates).where(mine))
        return rows.certificate(found) if found else None

    async def holders(self, course: CourseId) -> set[PersonId]:
        return {row.person for row in await self.all(select(certificates.c.person).where(certificates.c.course == course))}

    async def next_number(self, municipality: MunicipalityCode, year: int, count: int = 1) -> int:
        """The row of the series stays locked until the transaction ends; rolled back, the numbers were never given."""
        statement = self.insert(certificate_series).values(municipality=municipality, year=year, last=count)
        statement = statement.on_conflict_do_update(
            index_elements=["municipality", "year"], set_={"last": certificate_series.c.last + count}
        )
        return int(await self.scalar(statement.returning(certificate_series.c.last))) - count + 1

    async def add(self, new: Sequence[tuple[int, Certificate]], year: int) -> None:
        values = [
            {
                "id": certificate.id,
                "code": certificate.code,
                "municipality": certificate.municipality,
                "year": year,
                "number": number,
                "course": certificate.course,
                "person": certificate.person,
                "issued_at": certificate.issued_at,
                "paper": certificate.paper.to_json(),
            }
            for number, certificate in new
        ]
        for start in range(0, len(values), _CHUNK):
            await self.run(certificates.insert().values(values[start : start + _CHUNK]))

    async def revoke(self, certificate: CertificateId, reason: str, now: datetime) -> None:
        changes = {"revoked_at": now, "revoked_reason": reason}
        await self.run(update(certificates).where(certificates.c.id == certificate).values(changes))

    async def replace_paper(self, certificate: Certificate, paper: Paper, reason: str, by: PersonId, now: datetime) -> None:
        before = {
            "certificate": certificate.id,
            "municipality": certificate.municipality,
            "paper": certificate.paper.to_json(),
            "reason": reason,
            "by": by,
            "at": now,
        }
        await self.run(certificate_changes.insert().values(before))
        changes = {"paper": paper.to_json(), "revoked_at": None, "revoked_reason": None}
        await self.run(update(certificates).where(certificates.c.id == certificate.id).values(changes))

    async def revoked_numbers(self, municipality: MunicipalityCode, year: int) -> list[int]:
        series = (certificates.c.municipality == municipality) & (certificates.c.year == year)
        found = await self.all(select(certificates.c.number).where(series, certificates.c.revoked_at.is_not(None)))
        return [row.number for row in found]

    async def of_course(self, course: CourseId) -> list[Certificate]:
        statement = (
            select(certificates).where(certificates.c.course == course).order_by(certificates.c.year, certificates.c.number)
        )
        return [rows.certificate(row) for row in await self.all(statement)]

    async def seal(self, municipality: MunicipalityCode, mark: str | None = None) -> Logo | None:
        statement = select(seals).where(seals.c.municipality == municipality).order_by(seals.c.number.desc()).limit(1)
        found = await self.first(statement if mark is None else statement.where(seals.c.mark == mark))
        return Logo(found.mime, found.data) if found else None

    async def put_seal(self, municipality: MunicipalityCode, seal: Logo, by: PersonId, now: datetime) -> None:
        last = await self.scalar(select(func.max(seals.c.number)).where(seals.c.municipality == municipality))
        values = {"mime": seal.mime, "data": seal.data, "number": (last or 0) + 1, "by": by, "at": now}
        statement = self.insert(seals).values(municipality=municipality, mark=seal.mark, **values)
        # An earlier one that is taken up again is the latest again.
        await self.run(statement.on_conflict_do_update(index_elements=["municipality", "mark"], set_=values))

    async def add_statement(self, statement: Statement) -> None:
        paper = {"name": statement.name, "lines": [line.to_json() for line in statement.lines]}
        values = {"id": statement.id, "code": statement.code, "person": statement.person, "issued_at": statement.issued_at}
        await self.run(statements.insert().values(values | {"paper": paper}))

    async def statement(self, statement: StatementId) -> Statement | None:
        found = await self.first(select(statements).where(statements.c.id == statement))
        return _statement(found) if found else None

    async def statement_by_code(self, code: str) -> Statement | None:
        found = await self.first(select(statements).where(statements.c.code == plain_code(code)))
        return _statement(found) if found else None

    async def statements(self, person: PersonId) -> list[Statement]:
        found = await self.all(select(statements).where(statements.c.person == person).order_by(statements.c.issued_at.desc()))
        return [_statement(row) for row in found]


def _statement(row: Any) -> Statement:
    lines = tuple(map(StatementLine.from_json, row.paper["lines"]))
    return Statement(row.id, row.code, row.person, row.issued_at, row.paper["name"], lines)
