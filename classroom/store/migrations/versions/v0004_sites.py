"""Sites introduce themselves: profile, logo, host names, notices."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(f"{name}_{locale}", sa.Text(), nullable=False) for name in names for locale in ("ko", "en")]


def upgrade() -> None:
    op.add_column("municipalities", sa.Column("logo", sa.String(length=16), nullable=True))
    op.create_table(
        "site_profiles",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        *_texts("headline", "about"),
        sa.Column("email", sa.String(length=254), nullable=False),
        *_texts("address", "hours"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_site_profiles_municipality")),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_site_profiles")),
    )
    op.create_table(
        "site_hosts",
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_site_hosts_municipality")),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_site_hosts")),
    )
    op.create_index(op.f("ix_site_hosts_municipality"), "site_hosts", ["municipality"], unique=False)
    op.create_table(
        "site_logos",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_site_logos_municipality")),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_site_logos")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=True),
        *_texts("title", "body"),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("shown_from", UtcDateTime(), nullable=False),
        sa.Column("shown_until", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_notices_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_municipality"), "notices", ["municipality"], unique=False)
