"""Tables beside `certificates`: seals, what a re-issue replaced, statements of learning."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from classroom.store.columns import Number, moment, reference
from classroom.store.tables import metadata
from classroom.store.types import Json

seals = Table(
    "seals",
    metadata,
    reference("municipality", "municipalities.code", primary_key=True),
    # By content, and never removed: certificates of former years keep the seal they were issued with.
    Column("mark", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("mime", String(20), nullable=False),
    Column("data", LargeBinary, nullable=False),
    reference("by", "people.id"),
    moment("at"),
)
certificate_changes = Table(
    "certificate_changes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("certificate", String(64), ForeignKey("certificates.id"), nullable=False, index=True),
    reference("municipality", "municipalities.code"),
    # What was on the paper before.
    Column("paper", Json, nullable=False),
    Column("reason", Text, nullable=False),
    reference("by", "people.id"),
    moment("at"),
    sqlite_autoincrement=True,
)
statements = Table(
    "statements",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("code", String(12), nullable=False, unique=True),
    reference("person", "people.id", index=True),
    moment("issued_at"),
    Column("paper", Json, nullable=False),
)
