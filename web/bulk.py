"""Certificates by the thousand: issued piece by piece, printed on every core."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from classroom.actions.certificates import issue_in_bulk
from classroom.certificates import Certificate
from classroom.pdf import TypstCertificates
from classroom.people import CourseId, MunicipalityCode
from classroom.sites import Logo
from classroom.store.unit_of_work import Store
from web.clock import utc_now
from web.operations import opened
from web.parent import end_with
from web.settings import Settings, SettingsWrong

Tell = Callable[[int, int], None]
"""(done, of how many)."""
PER_TASK = 50


async def issue_course(settings: Settings, municipality: str, slug: str, tell: Tell) -> int:
    """How many there were to issue. Raises SettingsWrong when there is no such course."""
    issued = 0
    async with opened(settings) as store:
        async for issued, whole in issue_in_bulk(store, await _course(store, municipality, slug), by=None, now=utc_now()):
            tell(issued, whole)
    return issued


def export_course(settings: Settings, municipality: str, slug: str, out: Path, locale: str, tell: Tell) -> int:
    """One PDF per certificate in `out`, named by its code."""
    certificates, seals = asyncio.run(_issued(settings, municipality, slug))
    out.mkdir(parents=True, exist_ok=True)
    done = 0
    for written in print_all(certificates, seals, settings.address, locale, out):
        done += written
        tell(done, len(certificates))
    return done


def print_all(
    certificates: Sequence[Certificate], seals: dict[str, Logo], public_url: str, locale: str, out: Path
) -> Iterator[int]:
    """Yields how many were written, piece by piece."""
    pieces = [list(certificates[start : start + PER_TASK]) for start in range(0, len(certificates), PER_TASK)]
    # Not forked: a thread of the parent (the printer's, the database's) may hold a lock that no child ever gets.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=end_with, initargs=(os.getpid(),)) as pool:
        yield from pool.map(_print, pieces, repeat(seals), repeat(public_url), repeat(locale), repeat(out))


_PRINTER: list[TypstCertificates] = []
"""One per process: reading the fonts takes longer than a paper."""


def _print(certificates: list[Certificate], seals: dict[str, Logo], public_url: str, locale: str, out: Path) -> int:
    if not _PRINTER:
        _PRINTER.append(TypstCertificates())
    for each in certificates:
        address = f"{public_url}/verify/{each.shown_code}"
        pdf = _PRINTER[0].render(each, verify_url=address, locale=locale, seal=seals.get(each.paper.seal))
        (out / f"certificate-{each.shown_code}.pdf").write_bytes(pdf)
    return len(certificates)


async def _issued(settings: Settings, municipality: str, slug: str) -> tuple[list[Certificate], dict[str, Logo]]:
    """Valid ones of the course, and the seals they carry."""
    async with opened(settings) as store:
        course = await _course(store, municipality, slug)
        async with store.reading() as uow:
            found = [each for each in await uow.certificates.of_course(course) if each.revoked_at is None]
            seals: dict[str, Logo] = {}
            for mark in {each.paper.seal for each in found if each.paper.seal}:
                seal = await uow.certificates.seal(MunicipalityCode(municipality), mark)
                if seal is not None:
                    seals[mark] = seal
            return found, seals


async def _course(store: Store, municipality: str, slug: str) -> CourseId:
    async with store.reading() as uow:
        found = await uow.courses.by_slug(MunicipalityCode(municipality), slug)
    if found is None:
        raise SettingsWrong(f"--course: there is no course {municipality}/{slug}.")
    return found.id
