"""Every look of staff at personal data leaves a line: who, when, from where, whose, what."""

from collections.abc import Iterable
from itertools import islice

from fastapi import Request

from classroom.actions.people import log_looks
from classroom.people import MunicipalityCode, PersonId, Viewer
from web import auth

AT_ONCE = 200
"""Lines per transaction: some 20 ms."""


async def log_look(
    request: Request,
    viewer: Viewer,
    people: Iterable[PersonId | None],
    what: str,
    municipality: MunicipalityCode | None,
    reason: str = "",
) -> None:
    """One line for each of `people`; None: a list of many.

    Written in pieces: a sheet of 500 must not keep the facts of a class waiting for the database.
    """
    services = auth.services_of(request)
    address, now = auth.client_address(request), services.now()
    waiting = iter(people)
    while piece := list(islice(waiting, AT_ONCE)):
        async with services.store.writing() as uow:
            await log_looks(
                uow, piece, actor=viewer.id, address=address, what=what, reason=reason, municipality=municipality, now=now
            )
