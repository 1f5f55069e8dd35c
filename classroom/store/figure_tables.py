"""Figures added up from the other tables, and who reviewed the access log of which month."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from classroom.store.columns import Number, moment, reference
from classroom.store.tables import metadata

figures = Table(
    "figures",
    metadata,
    reference("municipality", "municipalities.code", primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("enrolments", Integer, nullable=False),
    Column("judged", Integer, nullable=False),
    Column("attended", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("certificates", Integer, nullable=False),
    moment("counted_at"),
)
access_reviews = Table(
    "access_reviews",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    # No municipality: the province reviewed the whole log.
    reference("municipality", "municipalities.code", nullable=True),
    Column("month", String(7), nullable=False),
    reference("reviewer", "people.id"),
    moment("at"),
    Column("note", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("last_chain", String(64), nullable=False),
    Index("ix_access_reviews_month", "month"),
)
