"""Who writes a lesson's captions."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("lessons", sa.Column("captioner", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_lessons_captioner"), "lessons", ["captioner"], unique=False)
