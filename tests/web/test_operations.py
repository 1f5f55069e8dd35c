"""The operator's commands on a real store: all or nothing, every bad row named, a backup that comes back whole."""

import asyncio
from pathlib import Path

import pytest

from classroom.actions.aside import set_fact_aside
from signaling.ticket import verify
from web import backup, fact_operations, operations
from web.clock import utc_now
from web.commands import facts as fact_commands
from web.settings import DataFolder, Settings, SettingsWrong, database_url

HEADER = "municipality,category,title_ko,title_en,summary_ko,summary_en,minutes\n"
GOOD = "suwon,digital,키오스크 주문,Ordering at a kiosk,천천히 해 봅니다,Step by step,6\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data")
    DataFolder(made.data).create()
    asyncio.run(operations.upgrade(made))
    return made


async def items(settings: Settings) -> list[str]:
    async with operations.opened(settings) as store:
        return [item.title.ko for item in (await store.queries.items()).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_catalogue_is_imported_from_what_spreadsheets_write(settings: Settings, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "items.csv"
    file.write_bytes((HEADER + GOOD).encode(encoding))
    assert asyncio.run(operations.import_catalogue(settings, file)) == "1 items imported."
    asyncio.run(operations.import_catalogue(settings, file))
    assert asyncio.run(items(settings)) == ["키오스크 주문"], "the same file again replaces, it does not double"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("atlantis,digital,가,a,나,b,5\n", "line 3: no municipality 'atlantis'"),
        ("suwon,cooking,가,a,나,b,5\n", "line 3: category 'cooking'"),
        ("suwon,digital,,a,나,b,5\n", "line 3: title_ko empty"),
        ("suwon,digital,가,a,나,b,soon\n", "line 3: minutes 'soon'"),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_imported(settings: Settings, tmp_path: Path, row: str, reason: str) -> None:
    file = tmp_path / "items.csv"
    file.write_text(HEADER + GOOD + row)
    with pytest.raises(SettingsWrong) as refused:
        asyncio.run(operations.import_catalogue(settings, file))
    assert "Nothing was imported" in str(refused.value)
    assert reason in str(refused.value)
    assert asyncio.run(items(settings)) == []


def test_what_was_set_aside_is_shown_and_taken_again(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Two facts: one was hindered by a mistake since mended, one can never be stored."""
    good = {"id": "a", "lesson": "gone", "at": "2026-11-28T10:00:00+09:00", "type": "chat-posted", "text": "안녕"}

    async def set_aside() -> None:
        async with operations.opened(settings) as store:
            for fields in (good, good | {"id": "b", "at": "yesterday"}):
                await set_fact_aside(store, fields, "KeyError < lessons.py:30", utc_now())

    asyncio.run(set_aside())
    fact_commands.list_aside(settings.data, as_json=False)
    shown = capsys.readouterr().out
    assert "2 set aside." in shown
    assert "안녕" not in shown, "words of people only when they are asked for"
    for taken in (1, 0):
        with pytest.raises(SystemExit) as end:
            fact_commands.retry(settings.data)
        assert end.value.code == 1
        assert f"Took {taken}, 1 stay aside." in capsys.readouterr().out
    (left,) = asyncio.run(fact_operations.aside(settings))
    assert (left["fact"]["id"], left["retries"]) == ("b", 2)
    assert left["reason"].startswith("ValueError")


def test_a_backup_comes_back_whole(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(HEADER + GOOD)
    asyncio.run(operations.import_catalogue(settings, file))
    secret = DataFolder(settings.data).secret(settings)
    film = DataFolder(settings.data).recordings / "one" / "film.mp4"
    film.parent.mkdir()
    film.write_bytes(b"film")
    archive = tmp_path / "backup.tar"
    backup.backup(settings, archive, recordings=True)
    assert archive.stat().st_mode & 0o077 == 0, "it holds keys and personal data"
    other = Settings(data=tmp_path / "other")
    backup.restore(other, archive)
    assert asyncio.run(items(other)) == ["키오스크 주문"]
    assert DataFolder(other.data).secret(other) == secret
    assert (DataFolder(other.data).recordings / "one" / "film.mp4").read_bytes() == b"film"
    with pytest.raises(SettingsWrong, match="not empty"):
        backup.restore(other, archive)


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a tar")
    with pytest.raises(SettingsWrong, match="cannot be read as a backup"):
        backup.restore(Settings(data=tmp_path / "other"), file)


def test_people_are_added_with_a_role_and_refused_with_a_sentence(settings: Settings) -> None:
    async def add(**changes: str) -> str:
        given = {
            "email": "kim@example.kr",
            "name": "김하늘",
            "home": "suwon",
            "role": "instructor",
            "password": "하늘이-참-푸르른-날",
        }
        return await operations.add_user(settings, municipality=None, **(given | changes))

    assert asyncio.run(add()).startswith("Added instructor")
    with pytest.raises(SettingsWrong, match="email-taken"):
        asyncio.run(add())
    with pytest.raises(SettingsWrong, match="--role"):
        asyncio.run(add(role="king"))
    with pytest.raises(SettingsWrong, match="password-too-short"):
        asyncio.run(add(email="lee@example.kr", password="short"))


def test_a_ticket_needs_a_lesson_that_exists(settings: Settings) -> None:
    with pytest.raises(SettingsWrong, match="there is no lesson"):
        asyncio.run(operations.token(settings, lesson="none", role="viewer", name=None, ttl_s=60))


def test_a_ticket_opens_its_lesson_only(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", demo=True)
    DataFolder(settings.data).create()
    asyncio.run(operations.upgrade(settings))

    async def lesson() -> str:
        from classroom.demo import seed
        from classroom.passwords import Passwords
        from web.clock import utc_now

        async with operations.opened(settings) as store:
            return str((await seed(store, Passwords(), utc_now())).live_lesson)

    live = asyncio.run(lesson())
    token = asyncio.run(operations.token(settings, lesson=live, role="viewer", name="Lobby screen", ttl_s=60))
    ticket = verify(DataFolder(settings.data).secret(settings), token, lesson=live)
    assert (ticket.role, ticket.name) == ("viewer", "Lobby screen")
    assert database_url(settings).endswith("classroom.db")
