"""Figures as they were last added up."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from classroom.catalogue import RecordingState
from classroom.figures import FigureRow, Tally
from classroom.people import Scope
from classroom.queries.figures import SystemCounts
from classroom.store.applying import mails
from classroom.store.aside_tables import facts_aside
from classroom.store.figure_tables import figures
from classroom.store.figures import add_up
from classroom.store.queries.cards import Asks
from classroom.store.scoping import within
from classroom.store.tables import recordings


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

    async def system_counts(self, now: datetime) -> SystemCounts:
        def count(table: Any, *where: ColumnElement[bool]) -> Any:
            return select(func.count()).select_from(table).where(*where).scalar_subquery()

        waiting = mails.c.due_at.is_not(None)
        given_up = mails.c.due_at.is_(None) & mails.c.sent_at.is_(None) & (mails.c.queued_at > now - timedelta(days=30))
        statement = select(
            count(recordings, recordings.c.state == RecordingState.READY).label("films_waiting"),
            count(recordings, recordings.c.state == RecordingState.FAILED).label("recordings_failed"),
            count(mails, waiting).label("mails_waiting"),
            count(mails, waiting, mails.c.tries > 0).label("mails_late"),
            count(mails, given_up).label("mails_given_up"),
            count(facts_aside).label("facts_aside"),
        )
        async with self.ask() as db:
            row = await db.first(statement)
            return SystemCounts("PostgreSQL" if db.is_postgresql else "SQLite", **row._mapping)

    async def count_figures(self) -> list[FigureRow]:
        async with self.ask() as db:
            return await add_up(db)


def _figure(row: Any) -> FigureRow:
    tally = Tally(row.enrolments, row.judged, row.attended, row.seconds, row.certificates)
    return FigureRow(row.municipality, row.month, row.category, tally)
