"""Columns every table has some of: ids, references, moments, texts in two languages."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text

from classroom.store.types import UtcDateTime

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only an INTEGER primary key."""


def id_column(*constraints: Any) -> Column[str]:
    return Column("id", String(64), *constraints, primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, String(64), ForeignKey(target), nullable=nullable, primary_key=primary_key, index=index)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def texts(name: str) -> tuple[Column[str], Column[str]]:
    return Column(f"{name}_ko", Text, nullable=False), Column(f"{name}_en", Text, nullable=False)
