"""The catalogue: videos without a lesson, sharing with chosen municipalities, keeping and deleting, uploads."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _free_of_lessons()
    op.add_column("recordings", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("recordings", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.add_column("recordings", sa.Column("deleted_reason", sa.String(length=200), nullable=True))
    op.add_column("recordings", sa.Column("purged_at", UtcDateTime(), nullable=True))
    op.add_column("recordings", sa.Column("size_bytes", sa.BigInteger(), nullable=True))
    op.add_column("recordings", sa.Column("measured_at", UtcDateTime(), nullable=True))
    op.create_table(
        "recording_shares",
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_recording_shares_municipality")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_recording_shares_recording")),
        sa.PrimaryKeyConstraint("recording", "municipality", name=op.f("pk_recording_shares")),
    )
    op.create_table(
        "recording_retention",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_recording_retention_by")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_recording_retention_municipality")),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_recording_retention")),
    )
    op.create_table(
        "video_uploads",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=True),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("summary_ko", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("recording", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_video_uploads_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_video_uploads_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_video_uploads_person")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_video_uploads_recording")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_uploads")),
    )
    op.create_index(op.f("ix_video_uploads_municipality"), "video_uploads", ["municipality"], unique=False)
    op.create_index(op.f("ix_video_uploads_state"), "video_uploads", ["state"], unique=False)


def _free_of_lessons() -> None:
    """`lesson` and `course` may be empty.

    SQLite cannot alter a column, and making the table anew would count as deleting every row its children point to. Taking a
    NOT NULL out of the schema is what its own documentation offers for that (lang_altertable.html, "simpler procedure").
    """
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.alter_column("recordings", "lesson", existing_type=sa.String(length=64), nullable=True)
        op.alter_column("recordings", "course", existing_type=sa.String(length=64), nullable=True)
        return
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for column in ("lesson", "course"):
        bind.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'recordings'",
            (f"{column} VARCHAR(64) NOT NULL", f"{column} VARCHAR(64)"),
        )
    bind.exec_driver_sql(f"PRAGMA schema_version = {int(version or 0) + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
