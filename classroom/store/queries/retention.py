"""How long what is kept, what is due and what was deleted."""

from datetime import datetime

from classroom.queries.retention import KindRow
from classroom.retention import Kind, Run, cutoff
from classroom.store.queries.cards import Asks
from classroom.store.retention import Retention

_LOOKED_THROUGH = 30 * len(Kind)
"""For the last run of every kind."""


class RetentionQueries(Asks):
    async def retention(self, now: datetime) -> list[KindRow]:
        async with self.ask() as db:
            kept = Retention(db.connection, writes=False)
            last = {run.kind: run for run in reversed(await kept.runs(_LOOKED_THROUGH))}
            periods = await kept.periods()
            return [
                KindRow(kind, days, await kept.due(kind, cutoff(kind, days, now)), last.get(kind))
                for kind, days in periods.items()
            ]

    async def retention_runs(self, most: int) -> list[Run]:
        async with self.ask() as db:
            return await Retention(db.connection, writes=False).runs(most)
