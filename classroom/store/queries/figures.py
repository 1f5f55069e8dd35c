"""Figures as they were last added up."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from classroom.figures import FigureRow, Tally
from classroom.people import Scope
from classroom.store.figures import add_up
from classroom.store.queries.cards import Asks
from classroom.store.scoping import within
from classroom.store.tables_figures import figures


class FigureQueries(Asks):
    async def figures(self, scope: Scope, year: int) -> list[FigureRow]:
        mine = within(scope, figures.c.municipality) & figures.c.month.between(f"{year}-01", f"{year}-12")
        statement = select(figures).where(mine).order_by(figures.c.municipality, figures.c.month, figures.c.category)
        async with self.ask() as db:
            return [_figure(row) for row in await db.all(statement)]

    async def figures_counted_at(self) -> datetime | None:
        async with self.ask() as db:
            found: datetime | None = await db.scalar(select(func.max(figures.c.counted_at, type_=figures.c.counted_at.type)))
            return found

    async def figure_years(self, scope: Scope) -> list[int]:
        year = func.substr(figures.c.month, 1, 4)
        statement = select(year.label("year")).where(within(scope, figures.c.municipality)).distinct()
        async with self.ask() as db:
            return sorted((int(row.year) for row in await db.all(statement)), reverse=True)

    async def count_figures(self) -> list[FigureRow]:
        async with self.ask() as db:
            return await add_up(db)


def _figure(row: Any) -> FigureRow:
    tally = Tally(row.enrolments, row.judged, row.attended, row.seconds, row.certificates)
    return FigureRow(row.municipality, row.month, row.category, tally)
