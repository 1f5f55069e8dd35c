"""What commands share: their options, what they print, how they refuse."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from web.child import CANNOT_START, say
from web.settings import Settings, SettingsWrong, read_settings

Data = Annotated[Path | None, typer.Option("--data", help="Folder that holds everything written.", show_default=".data")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def refuse(sentence: str) -> NoReturn:
    say(sentence)
    raise SystemExit(CANNOT_START)


def show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print("nothing to show")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0].keys(), box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(table)


def existing(data: Path | None) -> Settings:
    """Settings for a command that only reads: the folder must be there."""
    settings = read_settings(data=data)
    if not settings.database_url and not (settings.data / "classroom.db").exists():
        raise SettingsWrong(f"CLASSROOM_DATA: there is no database in {settings.data}; start `classroom serve` first.")
    return settings
