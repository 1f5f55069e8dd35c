"""Certificates and the series their numbers come from."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from classroom.certificates import Certificate
from classroom.people import CertificateId, CourseId, MunicipalityCode, PersonId
from classroom.store import rows
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
