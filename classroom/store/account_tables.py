"""The tables of accounts beside `people`: links in mails, guardians, outside identities, accounts that became one."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from classroom.store.columns import Number, moment, reference
from classroom.store.tables import metadata
from classroom.store.types import Json

account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    reference("person", "people.id", nullable=True, index=True),
    Column("email", String(254), nullable=False, index=True),
    Column("data", Json, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
)
guardians = Table(
    "guardians",
    metadata,
    reference("person", "people.id", primary_key=True),
    Column("name", String(80), nullable=False),
    Column("email", String(254), nullable=False),
    moment("consented_at"),
)
identities = Table(
    "identities",
    metadata,
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), nullable=False),
    reference("person", "people.id", index=True),
    moment("linked_at"),
    PrimaryKeyConstraint("issuer", "subject"),
)
merges = Table(
    "merges",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    reference("kept", "people.id", index=True),
    reference("dropped", "people.id", index=True),
    reference("by", "people.id", nullable=True),
    moment("at"),
    Column("reason", Text, nullable=False),
    Column("moved", Json, nullable=False),
)
