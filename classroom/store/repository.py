"""What all repositories and queries share: a connection, and how a statement is run on it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable, Select, TableClause, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.people import MunicipalityCode
from classroom.store.finishing import finish
from classroom.store.tables import municipalities


class Repository:
    def __init__(self, connection: AsyncConnection, *, writes: bool) -> None:
        self.connection = connection
        self.writes = writes

    async def run(self, statement: Executable) -> CursorResult[Any]:
        return await finish(self.connection.execute(statement))

    async def run_for_each(self, statement: Executable, values: Sequence[Mapping[str, Any]]) -> None:
        """The statement once for each of `values`, handed to the driver in one go."""
        await finish(self.connection.execute(statement, values))

    async def all(self, statement: Executable) -> list[Any]:
        return list((await self.run(statement)).all())

    async def first(self, statement: Executable) -> Any:
        return (await self.run(statement)).first()

    async def scalar(self, statement: Executable) -> Any:
        return (await self.run(statement)).scalar()

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def insert(self, table: TableClause) -> Any:
        """An INSERT that knows `on_conflict_…` (both databases spell it alike)."""
        return postgresql.insert(table) if self.is_postgresql else sqlite.insert(table)

    def locked(self, statement: Select[Any]) -> Select[Any]:
        """Rows about to be changed: nobody else changes them until this transaction ends. SQLite has one writer anyway."""
        return statement.with_for_update(key_share=True) if self.writes else statement

    async def hold(self, municipality: MunicipalityCode) -> None:
        """One transaction at a time, for what it may say for the first time: there is no row of that yet to be locked."""
        if self.writes and self.is_postgresql:
            await self.run(self.locked(select(municipalities.c.code).where(municipalities.c.code == municipality)))
