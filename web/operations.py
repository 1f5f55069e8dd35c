"""What the commands of `classroom` do: each function opens the store, does one thing, closes it."""

import csv
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from classroom.actions.catalogue import import_courses
from classroom.actions.courses import open_site as open_site_action
from classroom.actions.courses import share_item
from classroom.actions.people import grant_role, register_person
from classroom.course_import import read_rows
from classroom.courses import CATEGORIES, OnlineItem
from classroom.errors import ClassroomError
from classroom.passwords import Passwords
from classroom.people import MunicipalityCode, Role, Scope, new_id
from classroom.store.migrate import upgrade as upgrade_database
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from signaling.ticket import mint
from signaling.vocabulary import Role as TicketRole
from web import i18n
from web.clock import utc_now
from web.exports import csv_file
from web.settings import DataFolder, Settings, SettingsWrong, database_url
from web.spreadsheets import TableUnreadable, read_table

COLUMNS = ("municipality", "category", "title_ko", "title_en", "summary_ko", "summary_en", "minutes")
OPTIONAL_COLUMNS = ("body_ko", "body_en")
ROLES = {
    "resident": None,
    "instructor": Role.INSTRUCTOR,
    "municipal-admin": Role.MUNICIPAL_ADMINISTRATOR,
    "provincial-admin": Role.PROVINCIAL_ADMINISTRATOR,
}


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    store = Store(database_url(settings))
    try:
        yield store
    except ClassroomError as refused:
        raise SettingsWrong(str(refused)) from None
    finally:
        await store.close()


async def lessons(settings: Settings) -> list[dict[str, Any]]:
    async with opened(settings) as store:
        return await store.queries.cli_lessons(utc_now())


async def recordings(settings: Settings) -> list[dict[str, Any]]:
    """With the film's whole path where recordings are local files."""
    async with opened(settings) as store:
        rows = await store.queries.cli_recordings()
    root = DataFolder(settings.data).recordings.resolve()
    if settings.storage_url:
        return rows
    return [row | {"path": str(root / row["path"]) if row["path"] else None} for row in rows]


async def attendance(settings: Settings, lesson: str) -> list[dict[str, Any]]:
    async with opened(settings) as store:
        rows = await store.queries.cli_attendance(lesson, utc_now())
    if rows is None:
        raise SettingsWrong(f"--lesson: there is no lesson {lesson}.")
    return rows


async def token(settings: Settings, *, lesson: str, role: TicketRole, name: str | None, ttl_s: float) -> str:
    """A join ticket for a lesson that exists, for a person of its own (nobody's attendance)."""
    async with opened(settings) as store:
        if await store.queries.find_lesson(lesson) is None:
            raise SettingsWrong(f"--lesson: there is no lesson {lesson}.")
    secret = DataFolder(settings.data).secret(settings)
    shown = name or {"instructor": "Encoder", "learner": "Guest", "captioner": "Captions", "viewer": "Player"}[role]
    return mint(secret, person=f"token-{new_id()}", lesson=lesson, role=role, name=shown, ttl_s=ttl_s)


async def upgrade(settings: Settings) -> str:
    try:
        upgrade_database(database_url(settings))
    except ClassroomError as refused:
        raise SettingsWrong(str(refused)) from None
    return "The database is up to date."


async def add_user(
    settings: Settings, *, email: str, name: str, home: str, role: str, municipality: str | None, password: str
) -> str:
    if role not in ROLES:
        raise SettingsWrong(f"--role: {role!r} is none of {', '.join(ROLES)}.")
    granted = ROLES[role]
    async with opened(settings) as store:
        person = await register_person(
            store, Passwords(), email=email, password=password, name=name, home=MunicipalityCode(home), now=utc_now()
        )
        if granted is not None:
            place = None if granted is Role.PROVINCIAL_ADMINISTRATOR else MunicipalityCode(municipality or home)
            async with store.writing() as uow:
                await grant_role(uow, person=person.id, role=granted, municipality=place, by=None, now=utc_now())
    return f"Added {role} {person.id}."


async def open_site(settings: Settings, municipality: str) -> str:
    async with opened(settings) as store, store.writing() as uow:
        opened_site = await open_site_action(uow, MunicipalityCode(municipality), by=None, now=utc_now())
    return f"{opened_site.name.ko} is open: {settings.address}/{opened_site.code}/"


async def import_catalogue(settings: Settings, file: Path) -> str:
    """Online items or, with a column `capacity`, courses; all rows or none. Raises SettingsWrong that names every bad row."""
    raw = file.read_bytes()
    is_workbook = raw.startswith(b"PK\x03\x04")
    if is_workbook or b"capacity" in raw.partition(b"\n")[0]:
        try:
            table = read_table(raw, keep_blank=True)
        except TableUnreadable as unreadable:
            raise SettingsWrong(f"Nothing was imported: {i18n.text('en', f'error.{unreadable.code}')}") from None
        if "capacity" in table[0]:
            return await _import_courses(settings, table)
    items = read_items(csv_file(table[0], table[1:]).decode("utf-8-sig") if is_workbook else decode(raw), utc_now())
    async with opened(settings) as store:
        known = {place.code for place in await store.queries.municipalities()}
        strangers = [
            f"line {line}: no municipality {item.municipality!r}" for line, item in items if item.municipality not in known
        ]
        if strangers:
            raise SettingsWrong("Nothing was imported: " + "; ".join(strangers) + ".")
        async with store.writing() as uow:
            for _, item in items:
                await share_item(uow, item, by=None)
    return f"{len(items)} items imported."


async def _import_courses(settings: Settings, table: list[list[str]]) -> str:
    everywhere = Scope(everywhere=True)
    async with opened(settings) as store:
        places = [place.code for place in await store.queries.municipalities()]
        rows = read_rows(table, await store.queries.course_addresses(everywhere), places)
        if rows.problems:
            wrong = [
                f"line {each.row}, {each.column or 'table'}: {i18n.text('en', f'import.{each.code}', value=each.value)}"
                for each in rows.problems
            ]
            raise SettingsWrong("Nothing was imported: " + " ".join(wrong))
        async with store.writing() as uow:
            await import_courses(uow, [course for _, course in rows.courses], by=None)
    return f"{len(rows.courses)} courses imported."


def decode(raw: bytes) -> str:
    """UTF-8 with or without a byte order mark, else what Korean spreadsheets write (CP949)."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SettingsWrong("The file is neither UTF-8 nor CP949 text; nothing was imported.")


def read_items(text: str, now: datetime) -> list[tuple[int, OnlineItem]]:
    """(line, item) per row. Raises SettingsWrong that names every bad row."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as unreadable:  # a cell without end, say
        raise SettingsWrong(f"Nothing was imported: line {reader.line_num + 1} cannot be read ({unreadable}).") from None
    if missing:
        raise SettingsWrong(f"Nothing was imported: the header line lacks {', '.join(missing)}.")
    items: list[tuple[int, OnlineItem]] = []
    wrong: list[str] = []
    for line, row in rows:
        values = {name: (row.get(name) or "").strip() for name in (*COLUMNS, *OPTIONAL_COLUMNS)}
        empty = [name for name in COLUMNS if not values[name]]
        if empty:
            wrong.append(f"line {line}: {', '.join(empty)} empty")
        elif values["category"] not in CATEGORIES:
            wrong.append(f"line {line}: category {values['category']!r} is none of {', '.join(CATEGORIES)}")
        elif not values["minutes"].isdecimal() or not 0 < int(values["minutes"]) < 100_000:
            wrong.append(f"line {line}: minutes {values['minutes']!r} is not a number of minutes")
        else:
            items.append((line, item_of(values, now)))
    if wrong:
        raise SettingsWrong("Nothing was imported: " + "; ".join(wrong) + ".")
    return items


def item_of(values: dict[str, str], now: datetime) -> OnlineItem:
    return OnlineItem(
        # The same title of the same municipality is the same item: importing a corrected file replaces it.
        id=hashlib.sha256(f"{values['municipality']}\n{values['title_ko']}".encode()).hexdigest()[:16],
        municipality=MunicipalityCode(values["municipality"]),
        title=Text(values["title_ko"], values["title_en"]),
        summary=Text(values["summary_ko"], values["summary_en"]),
        body=Text(values["body_ko"], values["body_en"]),
        category=values["category"],
        minutes=int(values["minutes"]),
        published_at=now,
    )
