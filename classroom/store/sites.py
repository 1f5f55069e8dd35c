"""Profiles, logos, host names and notices of the municipal sites."""

from typing import Any

from sqlalchemy import delete, select, update

from classroom.people import MunicipalityCode, PersonId
from classroom.sites import Logo, Notice, NoticeId, SiteProfile
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.site_tables import notices, site_hosts, site_logos, site_profiles
from classroom.store.tables import municipalities


class Sites(Repository):
    async def profile(self, code: MunicipalityCode) -> SiteProfile:
        """An empty one when nothing was ever said."""
        await self.hold(code)
        row = await self.first(self.locked(select(site_profiles).where(site_profiles.c.municipality == code)))
        named = select(site_hosts.c.host).where(site_hosts.c.municipality == code).order_by(site_hosts.c.host)
        hosts = tuple(each.host for each in await self.all(named))
        return profile_of(row, code, hosts)

    async def save(self, profile: SiteProfile) -> None:
        values = {
            "municipality": profile.municipality,
            "email": profile.email,
            "version": profile.version,
            **rows._texts(headline=profile.headline, about=profile.about, address=profile.address, hours=profile.hours),
        }
        statement = self.insert(site_profiles).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["municipality"], set_=values))
        await self.run(delete(site_hosts).where(site_hosts.c.municipality == profile.municipality))
        if profile.hosts:
            await self.run(
                site_hosts.insert().values([{"host": host, "municipality": profile.municipality} for host in profile.hosts])
            )

    async def host_owner(self, host: str) -> MunicipalityCode | None:
        found = await self.scalar(select(site_hosts.c.municipality).where(site_hosts.c.host == host))
        return MunicipalityCode(found) if found else None

    async def put_logo(self, code: MunicipalityCode, logo: Logo | None) -> None:
        await self.run(delete(site_logos).where(site_logos.c.municipality == code))
        if logo is not None:
            await self.run(site_logos.insert().values(municipality=code, mime=logo.mime, mark=logo.mark, data=logo.data))
        mark = logo.mark if logo else None
        await self.run(update(municipalities).where(municipalities.c.code == code).values(logo=mark))

    async def notice(self, notice: NoticeId) -> Notice | None:
        row = await self.first(self.locked(select(notices).where(notices.c.id == notice)))
        return notice_of(row) if row else None

    async def put_notice(self, notice: Notice, author: PersonId | None) -> None:
        values = {
            "id": notice.id,
            "municipality": notice.municipality,
            **rows._texts(title=notice.title, body=notice.body),
            "pinned": notice.pinned,
            "shown_from": notice.shown_from,
            "shown_until": notice.shown_until,
            "version": notice.version,
            "author": author or "",
        }
        await self.run(self.insert(notices).values(values).on_conflict_do_update(index_elements=["id"], set_=values))

    async def remove_notice(self, notice: NoticeId) -> None:
        await self.run(delete(notices).where(notices.c.id == notice))


def profile_of(row: Any, code: MunicipalityCode, hosts: tuple[str, ...]) -> SiteProfile:
    if row is None:
        return SiteProfile(code, hosts=hosts)
    return SiteProfile(
        code,
        rows.text(row, "headline"),
        rows.text(row, "about"),
        row.email,
        rows.text(row, "address"),
        rows.text(row, "hours"),
        hosts,
        row.version,
    )


def notice_of(row: Any) -> Notice:
    return Notice(
        row.id,
        row.municipality,
        rows.text(row, "title"),
        rows.text(row, "body"),
        row.pinned,
        row.shown_from,
        row.shown_until,
        row.version,
    )
