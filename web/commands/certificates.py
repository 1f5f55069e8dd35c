"""`classroom certificates …`: issue to a whole course, and print what was issued as PDF files."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from web.commands.shared import Data, existing
from web.settings import SettingsWrong

group = typer.Typer(help="Certificates.", no_args_is_help=True)
Course = Annotated[str, typer.Option(help="MUNICIPALITY/COURSE, as in its address.")]


@group.command()
def issue(course: Course, data: Data = None) -> None:
    """Issue to everybody who has completed a course. Example: classroom certificates issue --course suwon/smartphone-photo"""
    from web.bulk import issue_course

    settings = existing(data)
    with typer.progressbar(length=1, label="Issuing") as bar:

        def tell(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        issued = asyncio.run(issue_course(settings, *_split(course), tell))
    print(f"Issued {issued}.")


@group.command()
def export(
    course: Course,
    out: Annotated[Path, typer.Option(help="Folder for the PDF files; made when absent.")],
    lang: Annotated[str, typer.Option(help="ko or en.")] = "ko",
    data: Data = None,
) -> None:
    """One PDF per certificate of a course. Example: classroom certificates export --course suwon/photo --out ./papers"""
    from web.bulk import export_course

    settings = existing(data)
    with typer.progressbar(length=1, label="Printing") as bar:

        def tell(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        written = export_course(settings, *_split(course), out, lang, tell)
    print(f"Wrote {written} files to {out}.")


def _split(course: str) -> tuple[str, str]:
    municipality, _, slug = course.partition("/")
    if not municipality or not slug:
        raise SettingsWrong(f"--course: {course!r} is not MUNICIPALITY/COURSE.")
    return municipality, slug
