"""The access log as staff read it: a month at a time, summed up by who looked, and signed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, exists, func, or_, select

from classroom.access_review import Review, StaffLooks
from classroom.history import SEOUL
from classroom.people import Scope
from classroom.queries.access_review import AccessRow
from classroom.queries.paging import Page
from classroom.store.access_log import AccessLog
from classroom.store.figure_tables import access_reviews
from classroom.store.queries.cards import Asks, page_of
from classroom.store.repository import Repository
from classroom.store.retention_tables import access_log_cuts
from classroom.store.scoping import within
from classroom.store.tables import access_log, people

_SIZE = 50
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_EXPORTED = 100_000


class AccessReviewQueries(Asks):
    async def access_log(self, scope: Scope, month: str, *, page: int = 1) -> Page[AccessRow]:
        async with self.ask() as db:
            return await page_of(db, _rows(scope, month).order_by(access_log.c.number.desc()), _access_row, page, _SIZE)

    async def access_rows(self, scope: Scope, month: str) -> list[AccessRow]:
        statement = _rows(scope, month).order_by(access_log.c.number).limit(_MOST_EXPORTED)
        async with self.ask() as db:
            return list(map(_access_row, await db.all(statement)))

    async def staff_looks(self, scope: Scope, month: str) -> list[StaffLooks]:
        def distinct(column: ColumnElement[Any]) -> Any:
            return func.count(column.distinct())

        async with self.ask() as db:
            hour = _hour(db)
            statement = (
                select(
                    access_log.c.actor,
                    func.max(people.c.name).label("name"),
                    func.count().label("looks"),
                    distinct(access_log.c.person).label("people"),
                    func.sum(case((access_log.c.what.contains("download"), 1), else_=0)).label("downloads"),
                    distinct(access_log.c.address).label("addresses"),
                    func.sum(case((or_(hour >= 22, hour < 6), 1), else_=0)).label("by_night"),
                )
                .join_from(access_log, people, people.c.id == access_log.c.actor, isouter=True)
                .where(within(scope, access_log.c.municipality), _in_month(month))
                .group_by(access_log.c.actor)
                .order_by(func.count().desc())
            )
            return [
                StaffLooks(row.actor, row.name, row.looks, row.people, int(row.downloads), row.addresses, int(row.by_night))
                for row in await db.all(statement)
            ]

    async def access_reviews(self, scope: Scope, month: str) -> list[Review]:
        last_cut = select(func.max(access_log_cuts.c.at, type_=access_log_cuts.c.at.type)).scalar_subquery()
        kept = or_(  # what was taken away when it had been kept long enough is no loss
            exists().where(access_log.c.chain == access_reviews.c.last_chain),
            exists().where(access_log_cuts.c.chain == access_reviews.c.last_chain),
            access_reviews.c.at <= func.coalesce(last_cut, _NEVER),
        )
        statement = (
            select(access_reviews, people.c.name, or_(access_reviews.c.last_chain == "", kept).label("is_whole"))
            .join(people, people.c.id == access_reviews.c.reviewer)
            .where(access_reviews.c.month == month)
            .order_by(access_reviews.c.at)
        )
        if not scope.everywhere:
            statement = statement.where(within(scope, access_reviews.c.municipality))
        async with self.ask() as db:
            return [
                Review(row.municipality, row.month, row.name, row.at, row.note, row.rows, bool(row.is_whole))
                for row in await db.all(statement)
            ]

    async def broken_access_row(self, month: str | None = None) -> int | None:
        async with self.ask() as db:
            begin, end = _bounds(month) if month else (None, None)
            return await AccessLog(db.connection, writes=False).broken_row(begin, end)


def _rows(scope: Scope, month: str) -> Any:
    actor, subject = people.alias("actor_of"), people.alias("subject_of")
    return (
        select(access_log, actor.c.name.label("actor_name"), subject.c.name.label("person_name"))
        .join(actor, actor.c.id == access_log.c.actor, isouter=True)
        .join(subject, subject.c.id == access_log.c.person, isouter=True)
        .where(within(scope, access_log.c.municipality), _in_month(month))
    )


def _bounds(month: str) -> tuple[datetime, datetime]:
    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=SEOUL)
    return begin, (begin + timedelta(days=32)).replace(day=1)


def _in_month(month: str) -> ColumnElement[bool]:
    begin, end = _bounds(month)
    return (access_log.c.at >= begin) & (access_log.c.at < end)


def _hour(db: Repository) -> ColumnElement[Any]:
    if db.is_postgresql:
        return func.extract("hour", func.timezone("Asia/Seoul", access_log.c.at))
    return cast(func.strftime("%H", access_log.c.at, "+9 hours"), Integer)


def _access_row(row: Any) -> AccessRow:
    return AccessRow(
        row.number,
        row.at,
        row.actor,
        row.actor_name,
        row.address,
        row.person,
        row.person_name,
        row.what,
        row.reason,
        row.municipality,
    )
