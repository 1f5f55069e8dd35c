"""Tables of how long personal data is kept: the periods, what each day's run deleted, files to delete, cuts of the access log."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table

from classroom.store.columns import Number, moment, reference
from classroom.store.tables import metadata

retention_periods = Table(
    "retention_periods",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("days", Integer, nullable=False),
    reference("by", "people.id", nullable=True),
    moment("changed_at", nullable=True),
)
retention_runs = Table(
    "retention_runs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("days", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("done", Boolean, nullable=False),
    moment("at"),
)
retention_files = Table(
    "retention_files",
    metadata,
    # A key of the storage. Its row is gone; the file goes after that transaction, and then this.
    Column("key", String(200), primary_key=True),
)
access_log_cuts = Table(
    "access_log_cuts",
    metadata,
    # The last row that was taken away: its number, time and hash. The rest of the chain goes on from it.
    Column("number", Number, primary_key=True, autoincrement=False),
    moment("at"),
    Column("chain", String(64), nullable=False),
)
