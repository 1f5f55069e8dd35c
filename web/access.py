"""Every look of staff at personal data leaves a line: who, when, from where, whose, what."""

from collections.abc import Iterable

from fastapi import Request

from classroom.actions.people import log_access
from classroom.people import MunicipalityCode, PersonId, Viewer
from web import auth


async def log_look(
    request: Request,
    viewer: Viewer,
    people: Iterable[PersonId],
    what: str,
    municipality: MunicipalityCode | None,
    reason: str = "",
) -> None:
    """One line for each of `people`, all or none."""
    services = auth.services_of(request)
    address, now = auth.client_address(request), services.now()
    async with services.store.writing() as uow:
        for person in people:
            await log_access(
                uow, actor=viewer.id, address=address, person=person, what=what, reason=reason, municipality=municipality, now=now
            )
