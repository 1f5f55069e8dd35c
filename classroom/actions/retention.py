"""Setting how long personal data is kept, and carrying it out."""

from datetime import datetime

from classroom.errors import NotFound
from classroom.people import Viewer
from classroom.ports import UnitOfWork
from classroom.retention import LONGEST_DAYS, RULES, Kind, cutoff, day_of

AT_ONCE = 500
"""Rows a transaction: some 50 ms, so that no application waits long behind it."""


async def set_retention_period(uow: UnitOfWork, kind: Kind, days: int, *, by: Viewer, now: datetime) -> None:
    """For the province, for all municipalities. Raises NotFound for anybody else."""
    if not by.is_province:
        raise NotFound
    await uow.retention.set_period(kind, min(max(days, RULES[kind].least_days), LONGEST_DAYS), by.id, now)


async def carry_out_retention_of(uow: UnitOfWork, kind: Kind, now: datetime, most: int = AT_ONCE) -> bool:
    """Delete up to `most` rows that are due and write down how many, in one transaction. True: nothing is left for today.

    Again on the same day, after it was done, does nothing; two processes at once delete nothing twice.
    """
    today = day_of(now)
    if await uow.retention.is_done(kind, today):
        return True
    days = await uow.retention.period(kind)
    taken = await uow.retention.take(kind, cutoff(kind, days, now), most)
    done = taken == (0, 0)
    await uow.retention.note(kind, today, days, taken, done=done, now=now)
    return done
