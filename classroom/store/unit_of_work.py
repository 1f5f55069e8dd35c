"""The store: opens units of work, and answers queries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ports import UnitOfWork
from classroom.queries.everything import Queries
from classroom.store.access_log import AccessLog
from classroom.store.accounts import Accounts
from classroom.store.aside import FactsAside
from classroom.store.assignments import Assignments, Uploads
from classroom.store.calendars import Calendars
from classroom.store.certificates import Certificates
from classroom.store.completions import Completions
from classroom.store.courses import Courses, OnlineItems
from classroom.store.engine import pulse_of, reading_engine, writing_engine
from classroom.store.enrolments import Charges, Enrolments
from classroom.store.excuses import Excuses
from classroom.store.facts import AttendanceSheets, Facts
from classroom.store.figures import Figures
from classroom.store.messages import Mails, Messages
from classroom.store.people import Municipalities, People, Sessions
from classroom.store.queries.sql import SqlQueries
from classroom.store.quizzes import Quizzes
from classroom.store.recording_changes import RecordingChanges
from classroom.store.recordings import Recordings
from classroom.store.retention import Retention
from classroom.store.shelf import Shelf
from classroom.store.sites import Sites
from classroom.store.study import CourseItems
from classroom.store.surveys import Surveys
from classroom.store.transaction import transaction
from classroom.store.watching import Watching


class SqlUnitOfWork:
    """One transaction with all repositories. Satisfies `classroom.ports.UnitOfWork`."""

    def __init__(self, connection: AsyncConnection, *, writes: bool) -> None:
        self.municipalities = Municipalities(connection, writes=writes)
        self.people = People(connection, writes=writes)
        self.accounts = Accounts(connection, writes=writes)
        self.sessions = Sessions(connection, writes=writes)
        self.courses = Courses(connection, writes=writes)
        self.enrolments = Enrolments(connection, writes=writes)
        self.calendars = Calendars(connection, writes=writes)
        self.charges = Charges(connection, writes=writes)
        self.messages = Messages(connection, writes=writes)
        self.mails = Mails(connection, writes=writes)
        self.facts = Facts(connection, writes=writes)
        self.facts_aside = FactsAside(connection, writes=writes)
        self.attendance = AttendanceSheets(connection, writes=writes)
        self.recordings = Recordings(connection, writes=writes)
        self.recording_changes = RecordingChanges(connection, writes=writes)
        self.watching = Watching(connection, writes=writes)
        self.shelf = Shelf(connection, writes=writes)
        self.certificates = Certificates(connection, writes=writes)
        self.items = OnlineItems(connection, writes=writes)
        self.course_items = CourseItems(connection, writes=writes)
        self.figures = Figures(connection, writes=writes)
        self.sites = Sites(connection, writes=writes)
        self.access_log = AccessLog(connection, writes=writes)
        self.retention = Retention(connection, writes=writes)
        self.quizzes = Quizzes(connection, writes=writes)
        self.assignments = Assignments(connection, writes=writes)
        self.surveys = Surveys(connection, writes=writes)
        self.excuses = Excuses(connection, writes=writes)
        self.uploads = Uploads(connection, writes=writes)
        self.completions = Completions(connection, writes=writes)


class Store:
    """The database at `url`, which `migrate.upgrade` has brought up to date. Opens nothing before it is used."""

    def __init__(self, url: str) -> None:
        self._writing = writing_engine(url)
        self._reading = reading_engine(url)
        self._pulse = pulse_of(url, self._writing, self._reading)
        self.queries: Queries = SqlQueries(self._reading, self._pulse)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that commits at the end and is undone by any exception. Keep it short: SQLite has one at a time."""
        async with transaction(self._writing, self._pulse) as connection:
            yield SqlUnitOfWork(connection, writes=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """One moment of the database, without waiting for writers. Writing in it fails."""
        async with transaction(self._reading, self._pulse) as connection:
            yield SqlUnitOfWork(connection, writes=False)

    async def owner(self) -> str | None:
        """The name of the process that has the lock on this database's rooms; None: nobody just now. PostgreSQL's only."""
        from classroom.store.session_lock import ROOMS, holder_of  # with a driver that SQLite does without

        async with transaction(self._reading, self._pulse) as connection:
            found = (await connection.execute(text(holder_of(ROOMS)))).first()
        return None if found is None else found.name or ""

    async def close(self) -> None:
        """Twice is silent."""
        if self._pulse is not None:
            await self._pulse.close()
        await self._writing.dispose()
        await self._reading.dispose()
