"""A wrong setting stops the start with one sentence that names it; a right one reaches the children unchanged."""

from pathlib import Path

import pytest

from web.settings import DataFolder, Settings, SettingsWrong, read_settings


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CLASSROOM_MEDIA_IPS", "300.1.1.1", "not an IP address"),
        ("CLASSROOM_MEDIA_IPS", "0.0.0.0", "not an address a browser can reach"),
        ("CLASSROOM_DATABASE_URL", "mysql://x", "must begin with"),
        ("CLASSROOM_REDIS_URL", "http://x", "must begin with"),
        ("CLASSROOM_STORAGE_URL", "ftp://x", "must begin with"),
        ("CLASSROOM_PUBLIC_URL", "learn.example.kr", "whole address"),
        ("CLASSROOM_SITE_HOSTS", "learn.suwon.example", "not HOST=MUNICIPALITY"),
        ("CLASSROOM_SECRET", "short", "at least 32"),
        ("CLASSROOM_PORT", "eighty", "integer"),
        ("CLASSROOM_MEDIA_WORKERS", "0", "greater than"),
        ("CLASSROOM_COLOUR", "blue", "not a setting"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_it(name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsWrong) as refused:
        read_settings()
    sentence = str(refused.value)
    assert sentence.startswith(name)
    assert reason in sentence
    assert "\n" not in sentence


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSROOM_PORT", "9000")
    assert read_settings(port=9001).port == 9001
    assert read_settings(port=None).port == 9000


def test_children_read_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = Settings(data=tmp_path, demo=True, media_ips="127.0.0.1, 10.0.0.5", public_url="https://learn.example.kr/")
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == given
    assert given.public_url == "https://learn.example.kr"


def test_a_secret_never_travels_in_the_environment_of_children() -> None:
    assert not any("s" * 40 in value for value in Settings(secret="s" * 40).environment().values())  # type: ignore[arg-type]


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    first = folder.secret(Settings())
    assert folder.secret(Settings()) == first
    assert len(first) >= 32
    assert (folder.keys / "secret").stat().st_mode & 0o077 == 0
    assert folder.secret(Settings(secret="x" * 32)) == "x" * 32  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(SettingsWrong, match="CLASSROOM_DATA") as refused:
        DataFolder(blocker / "data").create()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "public_url", "tls", "reachable"),
    [
        ("127.0.0.1", "", False, True),
        ("192.168.0.10", "", False, False),
        ("192.168.0.10", "", True, True),
        ("0.0.0.0", "https://learn.example.kr", False, True),
        ("0.0.0.0", "http://learn.example.kr", False, False),
    ],
)
def test_says_where_browsers_give_no_camera(host: str, public_url: str, tls: bool, reachable: bool) -> None:
    settings = Settings(host=host, public_url=public_url, tls_self_signed=tls)
    assert settings.is_reachable_for_browsers_media is reachable
