"""`classroom recordings …`: what there is, whether it is whole, made anew, brought in."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from web.commands.shared import AsJson, Data, existing, show

group = typer.Typer(help="Recordings: what there is, whether it is whole, make it anew.", invoke_without_command=True)


@group.callback()
def recordings(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """All recordings with their state and how far their films are. Example: classroom recordings --data ./data --json"""
    from web import operations

    context.obj = data
    if context.invoked_subcommand is None:
        show(asyncio.run(operations.recordings(existing(data))), as_json)


@group.command("verify")
def verify(
    context: typer.Context,
    recording: Annotated[list[str] | None, typer.Argument(help="Recording ids; all when none is given.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Read every file of recordings and compare its SHA-256. Status 1: something is wrong. E.g. classroom recordings verify"""
    from web import recording_operations

    rows = asyncio.run(recording_operations.verify(existing(data or context.obj), recording or []))
    show(rows, as_json)
    raise SystemExit(any(row["verdict"] != "good" for row in rows))


@group.command("rebuild")
def rebuild(
    context: typer.Context, recording: Annotated[list[str], typer.Argument(help="Recording ids.")], data: Data = None
) -> None:
    """Make a recording's files anew from what was captured; `serve` does it. Example: classroom recordings rebuild ID"""
    from web import recording_operations

    print(asyncio.run(recording_operations.rebuild(existing(data or context.obj), recording)))


@group.command("import")
def bring_in(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the videos and caption files are.")],
    table: Annotated[Path, typer.Option(help="CSV or XLSX: file, municipality, title_ko, category; title_en, summary_ko …")],
    by: Annotated[str, typer.Option(help="E-mail address of the account they are entered for.")],
    check: Annotated[bool, typer.Option("--check", help="Only look: nothing is taken.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Bring in many ready-made videos; again: goes on. E.g. classroom recordings import ./videos --table list.csv --by a@b.kr"""
    from web import video_import

    settings = existing(data or context.obj)
    rows, good = asyncio.run(video_import.import_videos(settings, folder, table, by, only_check=check))
    show(rows, as_json)
    raise SystemExit(0 if good else 1)
