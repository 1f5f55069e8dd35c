"""What people have watched of recordings."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "watched",
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=True),
        sa.Column("lesson", sa.String(length=64), nullable=True),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("coverage", Json, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("shown_s", sa.Float(), nullable=False),
        sa.Column("place_s", sa.Float(), nullable=False),
        sa.Column("full_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_watched_course")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_watched_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_watched_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_watched_person")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_watched_recording")),
        sa.PrimaryKeyConstraint("recording", "person", name=op.f("pk_watched")),
    )
    op.create_index(op.f("ix_watched_course"), "watched", ["course"], unique=False)
    op.create_index(op.f("ix_watched_person"), "watched", ["person"], unique=False)
    op.create_table(
        "watch_clocks",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("clock", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_watch_clocks_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_watch_clocks")),
    )
