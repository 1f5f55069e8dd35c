"""Figures added up once an hour; signatures under the monthly review of the access log."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("enrolments", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_figures_municipality")),
        sa.PrimaryKeyConstraint("municipality", "month", "category", name=op.f("pk_figures")),
    )
    op.create_table(
        "access_reviews",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("last_chain", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_access_reviews_municipality")),
        sa.ForeignKeyConstraint(["reviewer"], ["people.id"], name=op.f("fk_access_reviews_reviewer")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_access_reviews")),
    )
    op.create_index("ix_access_reviews_month", "access_reviews", ["month"], unique=False)
    op.create_index("ix_access_log_at", "access_log", ["at"], unique=False)
