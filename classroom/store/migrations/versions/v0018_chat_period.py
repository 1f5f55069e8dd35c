"""A second way to change a fact: what was written in class loses its words when old enough. All else is refused as before."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
NOBODY = "탈퇴한 사람"
YOUNGEST = "29 days"
"""Whatever period is set (30 at least): younger words stay, whoever asks. A day less, for clocks that differ."""


def upgrade() -> None:
    op.create_index(
        "ix_facts_chat_at",
        "facts",
        ["at"],
        sqlite_where=sa.text("type = 'chat-posted' AND json_extract(data, '$.text') <> ''"),
        postgresql_where=sa.text("type = 'chat-posted' AND data ->> 'text' <> ''"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("number", "id", "lesson", "at", "type", "arrived_at"))
    op.execute("DROP TRIGGER facts_refuses_update")
    op.execute(
        f"CREATE TRIGGER facts_refuses_update BEFORE UPDATE ON facts WHEN NOT coalesce({same} AND ("
        f"json_type(OLD.data, '$.name') = 'text' AND json_extract(NEW.data, '$.name') = '{NOBODY}' "
        "AND json_remove(NEW.data, '$.name', '$.text') = json_remove(OLD.data, '$.name', '$.text') "
        "AND json_type(NEW.data, '$.text') IS json_type(OLD.data, '$.text') "
        "AND coalesce(json_extract(NEW.data, '$.text'), '') = '' "
        "AND EXISTS (SELECT 1 FROM people WHERE id = json_extract(OLD.data, '$.person') AND state = 'erased') "
        f"OR OLD.type = 'chat-posted' AND OLD.at < datetime('now', '-{YOUNGEST}') "
        "AND json_type(OLD.data, '$.text') = 'text' AND json_type(NEW.data, '$.text') = 'text' "
        "AND json_extract(NEW.data, '$.text') = '' "
        "AND json_remove(NEW.data, '$.text') = json_remove(OLD.data, '$.text')), 0) "
        "BEGIN SELECT RAISE(ABORT, 'facts is append-only'); END"
    )


def _postgresql() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE OR REPLACE FUNCTION refuse_fact_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' THEN "
        "IF to_jsonb(NEW) - 'data' = to_jsonb(OLD) - 'data' AND jsonb_typeof(OLD.data -> 'name') = 'string' "
        f"AND NEW.data ->> 'name' = '{NOBODY}' AND NEW.data - 'name' - 'text' = OLD.data - 'name' - 'text' "
        "AND jsonb_typeof(NEW.data -> 'text') IS NOT DISTINCT FROM jsonb_typeof(OLD.data -> 'text') "
        "AND coalesce(NEW.data ->> 'text', '') = '' "
        "AND EXISTS (SELECT 1 FROM people WHERE id = OLD.data ->> 'person' AND state = 'erased') "
        "THEN RETURN NEW; END IF; "
        "IF to_jsonb(NEW) - 'data' = to_jsonb(OLD) - 'data' AND OLD.type = 'chat-posted' "
        f"AND OLD.at < now() - interval '{YOUNGEST}' AND jsonb_typeof(OLD.data -> 'text') = 'string' "
        "AND NEW.data -> 'text' = '\"\"'::jsonb AND NEW.data - 'text' = OLD.data - 'text' "
        "THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION 'facts is append-only'; END $$"
    )
