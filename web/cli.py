"""The `classroom` command: one small function per verb; the work is done by the parts it names.

Imports of those parts are inside the functions: a media worker needs no web framework in its memory.
"""

import asyncio
import os
import socket
from pathlib import Path
from typing import Annotated, get_args

import typer

from web.commands import certificates, facts, operating, recordings
from web.commands.shared import AsJson, Data, existing, refuse, show
from web.parent import stop_with_parent
from web.settings import DataFolder, SettingsWrong, read_settings

app = typer.Typer(
    name="classroom",
    help="A live video classroom for public lifelong learning.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name, group in (
    ("recordings", recordings.group),
    ("certificates", certificates.group),
    ("facts", facts.group),
    ("db", operating.database),
    ("user", operating.people),
    ("site", operating.sites),
    ("catalogue", operating.catalogue),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point of the `classroom` script. A refusal is one sentence and status 3, never a traceback."""
    from web import logs

    logs.configure()
    try:
        app()
    except SettingsWrong as wrong:
        refuse(str(wrong))


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
    from web.plan import listen

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


@app.command()
def lessons(data: Data = None, as_json: AsJson = False) -> None:
    """All lessons with their state. Example: classroom lessons --data ./data --json"""
    from web import operations

    show(asyncio.run(operations.lessons(existing(data))), as_json)


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
