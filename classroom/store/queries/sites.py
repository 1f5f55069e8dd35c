"""What sites show: profile, logo, notices, and which site a host name belongs to."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from classroom.people import MunicipalityCode, Scope
from classroom.queries.paging import Page
from classroom.sites import Logo, Notice, SiteProfile
from classroom.store.queries.cards import Asks, page_of
from classroom.store.repository import Repository
from classroom.store.scoping import within
from classroom.store.site_tables import notices, site_hosts, site_logos
from classroom.store.sites import Sites, notice_of

_SIZE = 20
_ON_FRONT = 4


class SiteQueries(Asks):
    async def site_profile(self, code: str) -> SiteProfile:
        async with self.ask() as db:
            return await Sites(db.connection, writes=False).profile(MunicipalityCode(code))

    async def site_logo(self, code: str) -> Logo | None:
        async with self.ask() as db:
            row = await db.first(select(site_logos).where(site_logos.c.municipality == code))
            return Logo(row.mime, row.data) if row else None

    async def site_of_host(self, host: str) -> MunicipalityCode | None:
        async with self.ask() as db:
            found = await db.scalar(select(site_hosts.c.municipality).where(site_hosts.c.host == host))
            return MunicipalityCode(found) if found else None

    async def notices(self, municipality: str | None, now: datetime, *, page: int = 1) -> Page[Notice]:
        statement = select(notices).where(_shown(now), _of(municipality))
        async with self.ask() as db:
            return await page_of(db, _ordered(statement), notice_of, page, _SIZE)

    async def notice(self, notice: str, now: datetime) -> Notice | None:
        async with self.ask() as db:
            row = await db.first(select(notices).where(notices.c.id == notice))
        found = notice_of(row) if row else None
        return found if found is not None and found.is_shown(now) else None

    async def admin_notices(self, scope: Scope, *, page: int = 1) -> Page[Notice]:
        statement = select(notices).where(within(scope, notices.c.municipality))
        async with self.ask() as db:
            return await page_of(db, _ordered(statement), notice_of, page, _SIZE)

    async def admin_notice(self, scope: Scope, notice: str) -> Notice | None:
        async with self.ask() as db:
            row = await db.first(select(notices).where(notices.c.id == notice, within(scope, notices.c.municipality)))
            return notice_of(row) if row else None


async def newest_notices(db: Repository, municipality: str | None, now: datetime) -> tuple[Notice, ...]:
    """Those for the front page."""
    statement = _ordered(select(notices).where(_shown(now), _of(municipality)))
    return tuple(map(notice_of, await db.all(statement.limit(_ON_FRONT))))


def _shown(now: datetime) -> ColumnElement[bool]:
    return (notices.c.shown_from <= now) & (notices.c.shown_until.is_(None) | (notices.c.shown_until > now))


def _of(municipality: str | None) -> ColumnElement[bool]:
    """The province's are shown on every site."""
    of_all = notices.c.municipality.is_(None)
    return or_(of_all, notices.c.municipality == municipality) if municipality else of_all


def _ordered(statement: Any) -> Any:
    return statement.order_by(notices.c.pinned.desc(), notices.c.shown_from.desc(), notices.c.id)
