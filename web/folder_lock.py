"""One `classroom serve` per SQLite database: a lock on a file beside it, which the kernel frees when its last holder has ended.

The parent holds it and hands the open file to those of its parts that write (`web`, `jobs`): killed itself, it leaves parts that
need some seconds to end, and until then nobody else may begin. Nothing else inherits it.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from web.settings import SettingsWrong

ENDING_WITHIN_S: Final = 15.0
"""What is left of a killed `serve` gives up before (`parent.stop_with_parent`)."""
PAUSE_S: Final = 0.05
WITHOUT: Final = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""What network folders say that know no locks. SQLite is at risk on them anyhow."""


class FolderLock:
    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._database = database
        self._file: int | None = None

    def fileno(self) -> int:
        assert self._file is not None, "it was taken"
        return self._file

    def take(self, say: Callable[[str], None], *, within_s: float = ENDING_WITHIN_S) -> None:
        """Have it. Raises SettingsWrong when somebody serves this database; waits for what is left of who was killed."""
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as wrong:
            raise SettingsWrong(f"CLASSROOM_DATA: {self._path} cannot be written ({wrong.strerror}).") from None
        deadline, told = time.monotonic() + within_s, False
        while not self._locked():
            holder, address = self._holder()
            if is_running(holder) or time.monotonic() > deadline:
                self.close()
                at = f" at {address}" if address else ""
                raise SettingsWrong(
                    f"CLASSROOM_DATA: {self._database} is served already, by process {holder}{at}. "
                    "End that one first, or give this one a folder (--data) and ports of its own."
                )
            if not told:
                told = True
                say(f"process {holder} was killed while it served {self._database}; waiting for its parts to end")
            time.sleep(PAUSE_S)
        self.tell("")

    def tell(self, address: str) -> None:
        """Write down who holds it, for whoever comes next."""
        with contextlib.suppress(OSError):  # a full disk must not keep anybody from serving
            os.ftruncate(self.fileno(), 0)
            os.pwrite(self.fileno(), f"{os.getpid()} {address}\n".encode(), 0)

    def close(self) -> None:
        """Free it, once the parts that were handed it have ended. Twice is silent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _locked(self) -> bool:
        try:
            fcntl.flock(self.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as wrong:
            if wrong.errno not in WITHOUT:
                raise
        return True

    def _holder(self) -> tuple[int, str]:
        """Process id (0: unknown) and address."""
        number, _, address = os.pread(self.fileno(), 1024, 0).decode(errors="replace").strip().partition(" ")
        return (int(number) if number.isdigit() else 0), address


def is_running(process: int) -> bool:
    """Whether there is such a process; one that ended and that nobody took note of is none."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")
