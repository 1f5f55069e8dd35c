"""One way to change a fact: it loses the name (and words) of somebody erased. Everything else is refused as before."""

from alembic import op

revision = "0014"
down_revision = "0013"
NOBODY = "탈퇴한 사람"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("number", "id", "lesson", "at", "type", "arrived_at"))
    op.execute("DROP TRIGGER facts_refuses_update")
    op.execute(
        "CREATE TRIGGER facts_refuses_update BEFORE UPDATE ON facts WHEN NOT coalesce("
        f"{same} AND json_type(OLD.data, '$.name') = 'text' AND json_extract(NEW.data, '$.name') = '{NOBODY}' "
        "AND json_remove(NEW.data, '$.name', '$.text') = json_remove(OLD.data, '$.name', '$.text') "
        "AND json_type(NEW.data, '$.text') IS json_type(OLD.data, '$.text') "
        "AND coalesce(json_extract(NEW.data, '$.text'), '') = '' "
        "AND EXISTS (SELECT 1 FROM people WHERE id = json_extract(OLD.data, '$.person') AND state = 'erased'), 0) "
        "BEGIN SELECT RAISE(ABORT, 'facts is append-only'); END"
    )


def _postgresql() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE FUNCTION refuse_fact_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' THEN "
        "IF to_jsonb(NEW) - 'data' = to_jsonb(OLD) - 'data' AND jsonb_typeof(OLD.data -> 'name') = 'string' "
        f"AND NEW.data ->> 'name' = '{NOBODY}' AND NEW.data - 'name' - 'text' = OLD.data - 'name' - 'text' "
        "AND jsonb_typeof(NEW.data -> 'text') IS NOT DISTINCT FROM jsonb_typeof(OLD.data -> 'text') "
        "AND coalesce(NEW.data ->> 'text', '') = '' "
        "AND EXISTS (SELECT 1 FROM people WHERE id = OLD.data ->> 'person' AND state = 'erased') "
        "THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION 'facts is append-only'; END $$"
    )
    op.execute("DROP TRIGGER facts_refuses_change ON facts")
    op.execute(
        "CREATE TRIGGER facts_refuses_change BEFORE UPDATE OR DELETE ON facts FOR EACH ROW EXECUTE FUNCTION refuse_fact_change()"
    )
