"""What staff do with their municipality's site: introduce it, give it a logo and host names, put up notices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import must_administer
from classroom.actions.people import municipality_of
from classroom.courses import checked_times
from classroom.errors import Invalid, NotFound, Refused
from classroom.people import MunicipalityCode, Viewer, new_id, normal_email
from classroom.ports import UnitOfWork
from classroom.sites import MAX_HOSTS, Logo, Notice, NoticeId, SiteProfile, checked_host
from classroom.texts import Text


async def change_site(
    uow: UnitOfWork,
    profile: SiteProfile,
    *,
    logo: Logo | None = None,
    drop_logo: bool = False,
    by: Viewer | None,
    own_hosts: Sequence[str] = (),
) -> SiteProfile:
    """Keep `profile`, whose `version` is the one the editor saw; a logo of None leaves the old one.

    own_hosts: names the platform itself is reached by, which no site may take. Raises NotFound, Refused("edited-meanwhile"),
    Invalid: "host-invalid", "host-taken", "email-invalid".
    """
    code = profile.municipality
    await municipality_of(uow, code)
    must_administer(by, code)
    before = await uow.sites.profile(code)
    if before.version != profile.version:
        raise Refused("edited-meanwhile")
    hosts = tuple(dict.fromkeys(map(checked_host, profile.hosts)))
    if len(hosts) > MAX_HOSTS:
        raise Invalid("host-invalid", field="hosts", host=hosts[MAX_HOSTS])
    for host in hosts:
        if host in own_hosts or await uow.sites.host_owner(host) not in (None, code):
            raise Invalid("host-taken", field="hosts", host=host)
    email = normal_email(profile.email) if profile.email.strip() else ""
    saved = replace(profile, hosts=hosts, email=email, version=before.version + 1)
    await uow.sites.save(saved)
    if logo is not None or drop_logo:
        await uow.sites.put_logo(code, logo)
    return saved


async def post_notice(
    uow: UnitOfWork,
    *,
    municipality: MunicipalityCode | None,
    title: Text,
    body: Text,
    pinned: bool,
    shown_from: datetime,
    shown_until: datetime | None,
    by: Viewer | None,
) -> Notice:
    """Put up a notice; without a municipality it is the province's, shown on every site. Raises NotFound, Invalid."""
    _may_post(by, municipality)
    if municipality is not None:
        await municipality_of(uow, municipality)
    if shown_until is not None:
        checked_times(shown_from, shown_until)
    notice = Notice(NoticeId(new_id()), municipality, title, body, pinned, shown_from, shown_until, 1)
    await uow.sites.put_notice(notice, by.id if by else None)
    return notice


async def change_notice(uow: UnitOfWork, notice: Notice, *, by: Viewer) -> Notice:
    """`notice.version` is the one the editor saw; whose notice it is cannot be changed. Raises NotFound, Refused, Invalid."""
    before = await notice_of(uow, notice.id, by)
    if replace(notice, municipality=before.municipality, version=before.version) == before:
        return before  # pressed twice
    if before.version != notice.version:
        raise Refused("edited-meanwhile")
    if notice.shown_until is not None:
        checked_times(notice.shown_from, notice.shown_until)
    saved = replace(notice, municipality=before.municipality, version=before.version + 1)
    await uow.sites.put_notice(saved, by.id)
    return saved


async def remove_notice(uow: UnitOfWork, notice: NoticeId, *, by: Viewer) -> None:
    """Raises NotFound."""
    await notice_of(uow, notice, by)
    await uow.sites.remove_notice(notice)


async def notice_of(uow: UnitOfWork, notice: NoticeId, by: Viewer) -> Notice:
    """One that `by` may change. Raises NotFound."""
    found = await uow.sites.notice(notice)
    if found is None:
        raise NotFound
    _may_post(by, found.municipality)
    return found


def _may_post(by: Viewer | None, municipality: MunicipalityCode | None) -> None:
    if by is not None and not (by.is_province if municipality is None else by.administers(municipality)):
        raise NotFound
