"""What happened to recordings after class: edits, consent taken back, films in the making."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from classroom.store.columns import Number, moment, reference
from classroom.store.tables import metadata
from classroom.store.types import Json

recording_edits = Table(
    "recording_edits",
    metadata,
    # Only ever grows; taking an edit back marks it, so that who changed what stays known.
    Column("number", Number, primary_key=True, autoincrement=True),
    reference("recording", "recordings.id"),
    reference("municipality", "municipalities.code"),
    Column("document", Json, nullable=False),
    reference("by", "people.id", nullable=True),
    moment("at"),
    moment("undone_at", nullable=True),
    Index("ix_recording_edits_recording_number", "recording", "number"),
    sqlite_autoincrement=True,
)
recording_withdrawals = Table(
    "recording_withdrawals",
    metadata,
    reference("recording", "recordings.id", primary_key=True),
    # No foreign key: a guest with a ticket from the command line has no account.
    Column("person", String(64), primary_key=True),
    reference("municipality", "municipalities.code"),
    reference("by", "people.id", nullable=True),
    moment("at"),
    moment("done_at", nullable=True),
)
recording_films = Table(
    "recording_films",
    metadata,
    reference("recording", "recordings.id", primary_key=True),
    Column("state", String(20), nullable=False),
    Column("share", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=True),
    moment("changed_at"),
)
