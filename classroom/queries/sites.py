"""What a municipality's site says of itself."""

from datetime import datetime
from typing import Protocol

from classroom.people import MunicipalityCode, Scope
from classroom.queries.paging import Page
from classroom.sites import Logo, Notice, SiteProfile


class SiteQueries(Protocol):
    async def site_profile(self, code: str) -> SiteProfile:
        """An empty one when nothing was ever said."""

    async def site_logo(self, code: str) -> Logo | None: ...

    async def site_of_host(self, host: str) -> MunicipalityCode | None: ...

    async def notices(self, municipality: str | None, now: datetime, *, page: int = 1) -> Page[Notice]:
        """Shown now: the municipality's and the province's; without a municipality only the province's."""

    async def notice(self, notice: str, now: datetime) -> Notice | None: ...

    async def admin_notices(self, scope: Scope, *, page: int = 1) -> Page[Notice]: ...

    async def admin_notice(self, scope: Scope, notice: str) -> Notice | None: ...
