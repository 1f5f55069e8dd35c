"""What a course gives to watch: recordings of the catalogue in order."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "course_items",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("recording", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_course_items_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_course_items_municipality")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_course_items_recording")),
        sa.PrimaryKeyConstraint("course", "recording", name=op.f("pk_course_items")),
    )
    op.create_index(op.f("ix_course_items_recording"), "course_items", ["recording"], unique=False)
    op.create_index("ix_course_items_course_position", "course_items", ["course", "position"], unique=False)
