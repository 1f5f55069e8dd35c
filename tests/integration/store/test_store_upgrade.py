"""A database in use since the first version is brought up to date: its rows stay, and so do the ties between them."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from classroom.store.engine import migrating_engine
from classroom.store.migrate import _config, head, revision, upgrade
from classroom.store.tables import metadata
from tests.classroom.making import START

pytestmark = pytest.mark.integration
BOTH = {"title_ko": "정원", "title_en": "Garden"}
COURSE = {
    "id": "c1",
    "slug": "garden",
    "summary_ko": "",
    "summary_en": "",
    "description_ko": "",
    "description_en": "",
    "category": "culture",
    "kind": "online",
    "instructor": "p1",
    "place_ko": "",
    "place_en": "",
    "capacity": 9,
    "applies_from": START,
    "applies_until": START,
    "attendance": {},
    "completion": {},
    "auto_record": True,
    "state": "published",
}
RECORDING = {
    "id": "r1",
    "lesson": "l1",
    "course": "c1",
    "instructor": "p1",
    "state": "composed",
    "started_at": START,
    "changed_at": START,
    "gaps": [],
    "keys": [],
    "published": True,
    "shared": False,
}
FIRST_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("people", {"id": "p1", "email": "a@b.kr", "password_hash": "", "name": "김 하나", "locale": "ko", "home": "suwon"}),
    ("courses", COURSE | BOTH),
    ("lessons", {"id": "l1", "course": "c1", "number": 1, "starts_at": START, "ends_at": START + timedelta(hours=1)} | BOTH),
    ("enrolments", {"course": "c1", "person": "p1", "state": "enrolled", "applied_at": START, "changed_at": START}),
    ("recordings", RECORDING | BOTH),
]


def insert(connection: sa.Connection, name: str, values: dict[str, Any]) -> None:
    """Only the columns named: those of later versions do not exist yet."""
    table = metadata.tables[name]
    columns = [sa.column(each, table.c[each].type) for each in values]
    connection.execute(sa.insert(sa.table(name, *columns)).values(values))


def fill_first_version(url: str) -> None:
    engine = migrating_engine(url)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
        code = sa.column("code")
        places = [{"code": "suwon", "name_ko": "수원시", "name_en": "Suwon", "short": "su", "brand": "#000000", "phone": ""}]
        connection.execute(sa.insert(sa.table("municipalities", code, *map(sa.column, list(places[0])[1:]))), places)
        for name, values in FIRST_ROWS:
            place = {"created_at": START} if name == "people" else {"municipality": "suwon"}
            insert(connection, name, values | place)
    engine.dispose()


def test_a_database_of_the_first_version_keeps_its_rows_and_their_ties(empty_url: str) -> None:
    fill_first_version(empty_url)
    upgrade(empty_url)
    assert revision(empty_url) == head()
    engine = migrating_engine(empty_url)
    with engine.begin() as connection:
        for name, values in FIRST_ROWS:
            found = connection.execute(sa.select(metadata.tables[name])).mappings().all()
            assert [{key: row[key] for key in values} for row in found] == [values], name
        for table in metadata.sorted_tables:
            connection.execute(sa.select(table))
        assert connection.scalar(sa.text("SELECT search FROM recordings")) == "정원garden김하나수원시suwon"
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        insert(connection, "recordings", RECORDING | BOTH | {"id": "r2", "lesson": None, "course": None, "municipality": "suwon"})
    for wrong in ({"lesson": "nowhere"}, {"course": "nowhere"}, {"lesson": "l1"}, {"municipality": "nowhere"}, {"state": None}):
        free = RECORDING | BOTH | {"id": "r3", "lesson": None, "course": None, "municipality": "suwon"}
        with pytest.raises(IntegrityError), engine.begin() as connection:
            insert(connection, "recordings", free | wrong)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM lessons"))
    engine.dispose()
