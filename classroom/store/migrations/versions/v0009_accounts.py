"""Accounts that are opened by mail, closed, erased, merged, and signed in to elsewhere."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0009"
down_revision = "0008"

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("state", sa.String(length=20), nullable=False, server_default="active"))
    op.add_column("people", sa.Column("born_on", sa.Date(), nullable=True))
    op.add_column("people", sa.Column("closed_at", UtcDateTime(), nullable=True))
    op.create_index("ix_people_name", "people", ["name"], unique=False)
    op.create_index("ix_people_state_closed_at", "people", ["state", "closed_at"], unique=False)
    op.create_table(
        "account_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_account_links_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_links")),
    )
    op.create_index(op.f("ix_account_links_person"), "account_links", ["person"], unique=False)
    op.create_index(op.f("ix_account_links_email"), "account_links", ["email"], unique=False)
    op.create_table(
        "guardians",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("consented_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_guardians_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_guardians")),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_identities_person")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_person"), "identities", ["person"], unique=False)
    op.create_table(
        "merges",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("kept", sa.String(length=64), nullable=False),
        sa.Column("dropped", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved", Json, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_merges_by")),
        sa.ForeignKeyConstraint(["dropped"], ["people.id"], name=op.f("fk_merges_dropped")),
        sa.ForeignKeyConstraint(["kept"], ["people.id"], name=op.f("fk_merges_kept")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_dropped"), "merges", ["dropped"], unique=False)
    op.create_index(op.f("ix_merges_kept"), "merges", ["kept"], unique=False)
