"""The tables of accounts beside `people`: links in mails, guardians, outside identities, accounts that became one."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from classroom.store.tables import _at, _Number, _ref, metadata
from classroom.store.types import Json

account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    _ref("person", "people.id", nullable=True, index=True),
    Column("email", String(254), nullable=False, index=True),
    Column("data", Json, nullable=False),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
)
guardians = Table(
    "guardians",
    metadata,
    _ref("person", "people.id", primary_key=True),
    Column("name", String(80), nullable=False),
    Column("email", String(254), nullable=False),
    _at("consented_at"),
)
identities = Table(
    "identities",
    metadata,
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), nullable=False),
    _ref("person", "people.id", index=True),
    _at("linked_at"),
    PrimaryKeyConstraint("issuer", "subject"),
)
merges = Table(
    "merges",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    _ref("kept", "people.id", index=True),
    _ref("dropped", "people.id", index=True),
    _ref("by", "people.id", nullable=True),
    _at("at"),
    Column("reason", Text, nullable=False),
    Column("moved", Json, nullable=False),
)
