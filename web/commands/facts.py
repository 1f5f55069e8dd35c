"""`classroom facts …`: what the log of classes could not take, and taking it once more."""

import asyncio
import json
from typing import Annotated

import typer

from web.commands.shared import Data, existing

group = typer.Typer(help="Facts of classes that could not be stored and were set aside.", no_args_is_help=True)


@group.command("list")
def list_aside(
    data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="Whole, as JSON: names and words too.")] = False
) -> None:
    """Which they are and what hindered them. Example: classroom facts list --data ./data"""
    from web.fact_operations import aside

    rows = asyncio.run(aside(existing(data)))
    if as_json:
        print(json.dumps(rows, ensure_ascii=True))
        return
    for row in rows:
        print(f"{row['set_aside_at']}  {row['fact'].get('type')}  lesson {row['fact'].get('lesson')}  {row['reason']}")
    print(f"{len(rows)} set aside.")


@group.command()
def retry(data: Data = None) -> None:
    """Take them once more, with all that follows; status 1: some stay. Example: classroom facts retry --data ./data"""
    from web.fact_operations import retry_all

    taken, left = asyncio.run(retry_all(existing(data)))
    print(f"Took {taken}, {left} stay aside.")
    raise SystemExit(1 if left else 0)
