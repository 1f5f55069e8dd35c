"""Facts the log could not take: kept as text of plain ASCII, which every database takes, until somebody has seen to them."""

from sqlalchemy import Column, Integer, String, Table, Text

from classroom.store.tables import metadata
from classroom.store.types import UtcDateTime

facts_aside = Table(
    "facts_aside",
    metadata,
    # Of the text it came with: nothing of a fact that cannot be stored is used as a key.
    Column("digest", String(64), primary_key=True),
    Column("fact", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
