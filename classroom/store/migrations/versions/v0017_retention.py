"""How long personal data is kept; and the one way a row leaves the access log: it is older than two years."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "retention_periods",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_retention_periods_by")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_periods")),
    )
    op.create_table(
        "retention_runs",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", name=op.f("pk_retention_runs")),
    )
    op.create_table(
        "retention_files",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_retention_files")),
    )
    op.create_table(
        "access_log_cuts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_access_log_cuts")),
    )
    op.create_index("ix_mails_queued_at", "mails", ["queued_at"], unique=False)
    op.create_index("ix_messages_at", "messages", ["at"], unique=False)
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER access_log_refuses_delete")
        op.execute(
            "CREATE TRIGGER access_log_refuses_delete BEFORE DELETE ON access_log WHEN OLD.at >= datetime('now', '-2 years') "
            "BEGIN SELECT RAISE(ABORT, 'access_log is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' THEN IF OLD.at < now() - interval '2 years' THEN RETURN OLD; END IF; END IF; "
        "RAISE EXCEPTION 'access_log is append-only'; END $$"
    )
    op.execute("DROP TRIGGER access_log_refuses_change ON access_log")
    op.execute(
        "CREATE TRIGGER access_log_refuses_change BEFORE UPDATE OR DELETE ON access_log "
        "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()"
    )
