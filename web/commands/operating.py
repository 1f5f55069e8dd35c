"""`classroom db … user … site … catalogue …`: setting a province up."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from web.commands.shared import Data, existing
from web.settings import DataFolder, read_settings

database = typer.Typer(help="The database.", no_args_is_help=True)
people = typer.Typer(help="People and their roles.", no_args_is_help=True)
sites = typer.Typer(help="Municipal learning sites.", no_args_is_help=True)
catalogue = typer.Typer(help="The shared catalogue.", no_args_is_help=True)


@database.command("upgrade")
def upgrade(data: Data = None) -> None:
    """Bring the database to this version. Example: classroom db upgrade --data ./data"""
    from web import operations

    settings = read_settings(data=data)
    DataFolder(settings.data).create()
    print(asyncio.run(operations.upgrade(settings)))


@people.command("add")
def add(
    email: Annotated[str, typer.Option(help="E-mail address, the sign-in name.")],
    name: Annotated[str, typer.Option(help="Full name.")],
    home: Annotated[str, typer.Option(help="Home municipality, e.g. suwon.")],
    role: Annotated[str, typer.Option(help="resident, instructor, municipal-admin or provincial-admin.")] = "resident",
    municipality: Annotated[str | None, typer.Option(help="Where the role holds.", show_default="the home")] = None,
    data: Data = None,
) -> None:
    """Add a person; the password is read from standard input.

    Example: classroom user add --email kim@example.kr --name 김하늘 --home suwon --role instructor < password.txt
    """
    from web import operations

    password = sys.stdin.readline().rstrip("\n") if not sys.stdin.isatty() else typer.prompt("Password", hide_input=True)
    print(
        asyncio.run(
            operations.add_user(
                existing(data), email=email, name=name, home=home, role=role, municipality=municipality, password=password
            )
        )
    )


@sites.command("open")
def open_site(municipality: Annotated[str, typer.Argument(help="e.g. paju")], data: Data = None) -> None:
    """Open a municipality's learning site; it answers at once. Example: classroom site open paju"""
    from web import operations

    print(asyncio.run(operations.open_site(existing(data), municipality)))


@catalogue.command("import")
def import_catalogue(
    file: Annotated[Path, typer.Argument(help="CSV or Excel, with a header line.", exists=True, dir_okay=False)],
    data: Data = None,
) -> None:
    """Add online items or courses; all rows or none, and every bad row is named. Example: classroom catalogue import items.csv

    Items: municipality,category,title_ko,title_en,summary_ko,summary_en,minutes and, if wanted, body_ko,body_en.
    Courses have a column `capacity`; the administration's page "Courses as a table" lists their columns and writes such files.
    """
    from web import operations

    print(asyncio.run(operations.import_catalogue(existing(data), file)))
