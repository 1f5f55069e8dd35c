"""Seals, what a re-issue replaced, statements of learning."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "seals",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_seals_by")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_seals_municipality")),
        sa.PrimaryKeyConstraint("municipality", "mark", name=op.f("pk_seals")),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("paper", Json, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_statements_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("code", name=op.f("uq_statements_code")),
    )
    op.create_index(op.f("ix_statements_person"), "statements", ["person"], unique=False)
    op.create_table(
        "certificate_changes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("paper", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_certificate_changes_by")),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name=op.f("fk_certificate_changes_certificate")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_certificate_changes_municipality")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_certificate_changes_certificate"), "certificate_changes", ["certificate"], unique=False)
