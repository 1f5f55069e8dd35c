"""What happened to recordings after class: edits, consent taken back, films in the making."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from classroom.store.tables import _at, _Number, _ref, metadata
from classroom.store.types import Json

recording_edits = Table(
    "recording_edits",
    metadata,
    # Only ever grows; taking an edit back marks it, so that who changed what stays known.
    Column("number", _Number, primary_key=True, autoincrement=True),
    _ref("recording", "recordings.id"),
    _ref("municipality", "municipalities.code"),
    Column("document", Json, nullable=False),
    _ref("by", "people.id", nullable=True),
    _at("at"),
    _at("undone_at", nullable=True),
    Index("ix_recording_edits_recording_number", "recording", "number"),
    sqlite_autoincrement=True,
)
recording_withdrawals = Table(
    "recording_withdrawals",
    metadata,
    _ref("recording", "recordings.id", primary_key=True),
    # No foreign key: a guest with a ticket from the command line has no account.
    Column("person", String(64), primary_key=True),
    _ref("municipality", "municipalities.code"),
    _ref("by", "people.id", nullable=True),
    _at("at"),
    _at("done_at", nullable=True),
)
recording_films = Table(
    "recording_films",
    metadata,
    _ref("recording", "recordings.id", primary_key=True),
    Column("state", String(20), nullable=False),
    Column("share", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=True),
    _at("changed_at"),
)
