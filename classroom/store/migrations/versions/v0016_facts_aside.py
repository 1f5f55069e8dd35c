"""Facts the log could not take, set aside so that they hold up no others; and corrections by person, for histories."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "facts_aside",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_facts_aside")),
    )
    op.create_index(op.f("ix_attendance_corrections_person"), "attendance_corrections", ["person"], unique=False)
