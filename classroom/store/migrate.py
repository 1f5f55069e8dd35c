"""Bringing a database to the form this version of the program needs."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text

from classroom.errors import DatabaseNewer
from classroom.municipalities import GYEONGGI
from classroom.store.engine import migrating_engine
from classroom.store.tables import municipalities

_LOCK = 0x636C617373


def upgrade(url: str) -> None:
    """Create or migrate the database at `url`, and make sure that all 31 municipalities exist. Synchronous.

    Any number of processes may call it at the same time. Raises DatabaseNewer before changing anything.
    """
    engine = migrating_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _refuse_newer(connection)
            command.upgrade(_config(connection), "head")
            _add_municipalities(connection)
    finally:
        engine.dispose()


def revision(url: str) -> str | None:
    """What the database is at; None for an empty one."""
    engine = migrating_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """What this version of the program needs."""
    found = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert found is not None, "there is at least one migration"
    return found


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", "classroom.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(connection: Connection) -> None:
    scripts = ScriptDirectory.from_config(_config(None))
    known = {script.revision for script in scripts.walk_revisions()}
    for found in MigrationContext.configure(connection).get_current_heads():
        if found not in known:
            raise DatabaseNewer(found)


def _add_municipalities(connection: Connection) -> None:
    known = set(connection.scalars(select(municipalities.c.code)))
    rows = [
        {
            "code": each.code,
            "name_ko": each.name.ko,
            "name_en": each.name.en,
            "short": each.short,
            "brand": each.brand,
            "phone": each.phone,
        }
        for each in GYEONGGI
        if each.code not in known
    ]
    if rows:
        connection.execute(municipalities.insert(), rows)
