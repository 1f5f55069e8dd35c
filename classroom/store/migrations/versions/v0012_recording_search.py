"""What recordings are found by, ready for searching: one column without spaces, and an index for the latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("recordings", sa.Column("search", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_recordings_started_at", "recordings", ["started_at"], unique=False)
    op.execute(
        "UPDATE recordings SET search = replace(lower(title_ko || ' ' || title_en || ' ' || "
        "coalesce((SELECT p.name FROM people p WHERE p.id = recordings.instructor), '') || ' ' || "
        "(SELECT m.name_ko || ' ' || m.name_en FROM municipalities m WHERE m.code = recordings.municipality)), ' ', '')"
    )
