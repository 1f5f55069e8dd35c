"""Edits of recordings, consent taken back, films in the making."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "recording_edits",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_recording_edits_by")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_recording_edits_municipality")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_recording_edits_recording")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recording_edits")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recording_edits_recording_number", "recording_edits", ["recording", "number"], unique=False)
    op.create_table(
        "recording_withdrawals",
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_recording_withdrawals_by")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_recording_withdrawals_municipality")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_recording_withdrawals_recording")),
        sa.PrimaryKeyConstraint("recording", "person", name=op.f("pk_recording_withdrawals")),
    )
    op.create_table(
        "recording_films",
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_recording_films_recording")),
        sa.PrimaryKeyConstraint("recording", name=op.f("pk_recording_films")),
    )
