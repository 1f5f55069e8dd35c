"""Counting the figures, and signing the monthly review of the access log."""

from datetime import datetime

from classroom.access_review import is_month
from classroom.errors import Invalid, NotFound
from classroom.messages import MessageKind
from classroom.people import MunicipalityCode, Viewer
from classroom.ports import Transactions, UnitOfWork
from classroom.queries.everything import Queries


async def count_figures(store: Transactions, queries: Queries, now: datetime) -> int:
    """Add everything up while others go on writing, then replace the old sums in one step. Returns the number of rows."""
    rows = await queries.count_figures()
    async with store.writing() as uow:
        await uow.figures.replace(rows, now)
    return len(rows)


async def sign_access_review(
    uow: UnitOfWork, *, month: str, municipality: MunicipalityCode | None, note: str, rows: int, by: Viewer, now: datetime
) -> None:
    """Somebody looked through the month's log. The signature holds the log's last hash: rows cut off later are noticed.

    rows: how many they saw. Raises NotFound, Invalid("reason-missing").
    """
    if not is_month(month) or not (by.is_province if municipality is None else by.administers(municipality)):
        raise NotFound
    if not note.strip():
        raise Invalid("reason-missing", field="note")
    await uow.access_log.sign(
        {
            "municipality": municipality,
            "month": month,
            "reviewer": by.id,
            "at": now,
            "note": note.strip()[:2_000],
            "rows": rows,
            "last_chain": await uow.access_log.last_chain(),
        }
    )


async def tell_of_storage(uow: UnitOfWork, kind: MessageKind, now: datetime, *, free_gb: float) -> int:
    """Inbox and mail of everybody who administers the platform; returns how many."""
    staff = await uow.people.province_staff()
    await uow.messages.send(staff, kind, {"href": "/admin/status", "free": f"{free_gb:,.1f}"}, now)
    return len(staff)
