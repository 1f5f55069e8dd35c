"""The `classroom` command: one small function per verb; the work is done by the parts it names.

Imports of those parts are inside the functions: a media worker needs no web framework in its memory.
"""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from web import cli_certificates, cli_facts
from web.settings import DataFolder, Settings, SettingsWrong, read_settings
from web.supervisor import CANNOT_START, say, stop_with_parent

app = typer.Typer(
    name="classroom",
    help="A live video classroom for public lifelong learning.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
user = typer.Typer(help="People and their roles.", no_args_is_help=True)
site = typer.Typer(help="Municipal learning sites.", no_args_is_help=True)
catalogue = typer.Typer(help="The shared catalogue.", no_args_is_help=True)
recordings_group = typer.Typer(help="Recordings: what there is, whether it is whole, make it anew.", invoke_without_command=True)
app.add_typer(recordings_group, name="recordings")
for name, group in (("db", db), ("user", user), ("site", site), ("catalogue", catalogue)):
    app.add_typer(group, name=name)
app.add_typer(cli_certificates.group, name="certificates")
app.add_typer(cli_facts.group, name="facts")

Data = Annotated[Path | None, typer.Option("--data", help="Folder that holds everything written.", show_default=".data")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Entry point of the `classroom` script. A refusal is one sentence and status 3, never a traceback."""
    from web import logs

    logs.configure()
    try:
        app()
    except SettingsWrong as wrong:
        refuse(str(wrong))


def refuse(sentence: str) -> NoReturn:
    say(sentence)
    raise SystemExit(CANNOT_START)


# -- serving -------------------------------------------------------------------------------------------------------------


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address the pages are served on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port of the pages.", show_default="8000")] = None,
    data: Data = None,
    demo: Annotated[bool, typer.Option("--demo", help="Seed the demo world once.")] = False,
    media_workers: Annotated[int | None, typer.Option(help="Media worker processes.", show_default="1")] = None,
    media_port: Annotated[int | None, typer.Option(help="UDP and TCP port of the first worker.", show_default="40000")] = None,
    media_ips: Annotated[str | None, typer.Option(help="Addresses media is offered on, comma separated.")] = None,
    media_share: Annotated[int | None, typer.Option(help="Viewers of one class on one worker.", show_default="400")] = None,
    public_url: Annotated[str | None, typer.Option(help="Address people type.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM) for https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    tls_self_signed: Annotated[bool, typer.Option("--tls-self-signed", help="https for a trial on a local network.")] = False,
) -> None:
    """The whole system in the foreground. Example: classroom serve --demo --data ./data"""
    from web.serving import serve as serve_all

    settings = read_settings(
        host=host,
        port=port,
        data=data,
        demo=demo or None,
        media_workers=media_workers,
        media_port=media_port,
        media_ips=media_ips,
        media_share=media_share,
        public_url=public_url,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_self_signed=tls_self_signed or None,
    )
    raise SystemExit(serve_all(settings))


@app.command(hidden=True)
def web(fd: Annotated[int, typer.Option(help="Listening socket inherited from the supervisor.")]) -> None:
    """Pages and signalling; started by `serve`."""
    from web.serving import serve_pages

    stop_with_parent()
    raise SystemExit(serve_pages(read_settings(), socket.socket(fileno=fd)))


@app.command(hidden=True)
def standby(fd: Annotated[int, typer.Option(help="Listening socket inherited from the supervisor.")]) -> None:
    """Answers while another machine serves the database; started by `serve`."""
    from web.serving import serve_standby

    stop_with_parent()
    raise SystemExit(serve_standby(read_settings(), socket.socket(fileno=fd)))


@app.command(hidden=True)
def nursery(
    control_fd: Annotated[int, typer.Argument(help="Socket inherited from the supervisor.")],
    room: Annotated[str, typer.Argument(help="Blanks: what is forked writes its own name over them.")] = "",
) -> None:
    """Forks the other parts of `serve` when they are wanted; started by `serve`."""
    from web.nursery import wait_to_be_forked

    arguments = wait_to_be_forked(control_fd)
    if arguments is not None:  # we are the fork
        app(arguments)


@app.command("media-worker")
def media_worker(
    media_port: Annotated[int | None, typer.Option(help="UDP and TCP port.", show_default="40000")] = None,
    media_ips: Annotated[str | None, typer.Option(help="Addresses media is offered on, comma separated.")] = None,
    control: Annotated[str, typer.Option(help="HOST:PORT signalling reaches this worker on.")] = "127.0.0.1:7000",
    control_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    data: Data = None,
) -> None:
    """One media worker alone. Example: classroom media-worker --media-port 40000 --control 10.0.0.5:7000 --data /srv/data"""
    from media.listening import Settings as WorkerSettings
    from media.server import serve as serve_media
    from recording.capture import open_shared_capture
    from web.heartbeat import beater
    from web.supervisor import listen

    stop_with_parent()
    settings = read_settings(media_port=media_port, media_ips=media_ips, data=data)
    folder = DataFolder(settings.data)
    folder.create()
    if control_fd is not None:
        listener = socket.socket(fileno=control_fd)
    else:
        host, _, number = control.rpartition(":")
        if not number.isdigit():
            refuse(f"--control: {control!r} is not HOST:PORT.")
        listener = listen(host, int(number), "--control")
    worker = WorkerSettings(
        port=settings.media_port, secret=folder.control_secret(settings), ips=tuple(settings.media_addresses())
    )
    raise SystemExit(serve_media(worker, listener, open_shared_capture, beater()))


@app.command()
def jobs(data: Data = None) -> None:
    """The film jobs alone (replays and composed films). Example: classroom jobs --data /srv/data"""
    from web.serving import serve_jobs

    stop_with_parent()
    raise SystemExit(serve_jobs(read_settings(data=data)))


# -- asking --------------------------------------------------------------------------------------------------------------


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


@app.command()
def lessons(data: Data = None, as_json: AsJson = False) -> None:
    """All lessons with their state. Example: classroom lessons --data ./data --json"""
    from web import operations

    show(asyncio.run(operations.lessons(existing(data))), as_json)


@recordings_group.callback()
def recordings(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """All recordings with their state and how far their films are. Example: classroom recordings --data ./data --json"""
    from web import operations

    context.obj = data
    if context.invoked_subcommand is None:
        show(asyncio.run(operations.recordings(existing(data))), as_json)


@recordings_group.command("verify")
def recordings_verify(
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


@recordings_group.command("rebuild")
def recordings_rebuild(
    context: typer.Context, recording: Annotated[list[str], typer.Argument(help="Recording ids.")], data: Data = None
) -> None:
    """Make a recording's files anew from what was captured; `serve` does it. Example: classroom recordings rebuild ID"""
    from web import recording_operations

    print(asyncio.run(recording_operations.rebuild(existing(data or context.obj), recording)))


@recordings_group.command("import")
def recordings_import(
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


@app.command()
def attendance(lesson: Annotated[str, typer.Option(help="Lesson id.")], data: Data = None, as_json: AsJson = False) -> None:
    """Who was there when. Example: classroom attendance --lesson ID --data ./data --json"""
    from web import operations

    show(asyncio.run(operations.attendance(existing(data), lesson)), as_json)


@app.command()
def token(
    lesson: Annotated[str, typer.Option(help="Lesson id.")],
    role: Annotated[str, typer.Option(help="instructor, learner, captioner or viewer.")],
    name: Annotated[str | None, typer.Option(help="Name shown in the room.")] = None,
    ttl: Annotated[float, typer.Option(help="Good for so many seconds.", min=1, max=30 * 86_400)] = 3_600,
    data: Data = None,
) -> None:
    """Print one join ticket, e.g. for WHIP. Example: classroom token --lesson ID --role instructor --name OBS"""
    from classroom.enrolment import TicketRole
    from web import operations

    if role not in get_args(TicketRole):
        refuse(f"--role: {role!r} is none of {', '.join(get_args(TicketRole))}.")
    print(asyncio.run(operations.token(existing(data), lesson=lesson, role=role, name=name, ttl_s=ttl)))  # type: ignore[arg-type]


# -- operating -----------------------------------------------------------------------------------------------------------


@db.command("upgrade")
def db_upgrade(data: Data = None) -> None:
    """Bring the database to this version. Example: classroom db upgrade --data ./data"""
    from web import operations

    settings = read_settings(data=data)
    DataFolder(settings.data).create()
    print(asyncio.run(operations.upgrade(settings)))


@user.command("add")
def user_add(
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


@site.command("open")
def site_open(municipality: Annotated[str, typer.Argument(help="e.g. paju")], data: Data = None) -> None:
    """Open a municipality's learning site; it answers at once. Example: classroom site open paju"""
    from web import operations

    print(asyncio.run(operations.open_site(existing(data), municipality)))


@catalogue.command("import")
def catalogue_import(
    file: Annotated[Path, typer.Argument(help="CSV or Excel, with a header line.", exists=True, dir_okay=False)],
    data: Data = None,
) -> None:
    """Add online items or courses; all rows or none, and every bad row is named. Example: classroom catalogue import items.csv

    Items: municipality,category,title_ko,title_en,summary_ko,summary_en,minutes and, if wanted, body_ko,body_en.
    Courses have a column `capacity`; the administration's page "Courses as a table" lists their columns and writes such files.
    """
    from web import operations

    print(asyncio.run(operations.import_catalogue(existing(data), file)))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Archive to write (.tar).")],
    recordings: Annotated[bool, typer.Option(help="Include recordings.")] = True,
    data: Data = None,
) -> None:
    """Copy everything into one archive while the system runs. Example: classroom backup classroom-2026-11-23.tar"""
    from web.backup import backup as write_backup

    print(write_backup(existing(data), file, recordings=recordings))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Archive made by backup.", exists=True, dir_okay=False)], data: Data = None
) -> None:
    """Put a backup into an empty data folder. Example: classroom restore classroom-2026-11-23.tar --data ./data-new"""
    from web.backup import restore as read_backup

    print(read_backup(read_settings(data=data), file))


if __name__ == "__main__":
    # `python -m web.cli`, where the script is not installed.
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
