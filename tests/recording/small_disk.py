"""A disk of a few megabytes, in a mount namespace of the process that uses it: nobody else sees it, it ends with that process.

Needs root or user namespaces, as the tests of networks do (`tests/netns.py`).
"""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
mount -t tmpfs -o "$1" tmpfs "$2" || exit 90
shift 2
[ -z "$FILLER" ] || head -c "$FILLER" /dev/zero > "$FILLER_FILE"
exec "$@"
"""


class SmallDisk:
    """`folder` is an empty folder; inside the process started here it is the disk."""

    def __init__(self, folder: Path, options: str, *, filler_bytes: int = 0) -> None:
        folder.mkdir()
        self.folder, self._options, self._filler_bytes = folder, options, filler_bytes
        self.process: subprocess.Popen[str] | None = None

    def start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        """`python -m module` with the disk; its lines are read from `stdout`."""
        as_root = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        filler = {"FILLER": str(self._filler_bytes or ""), "FILLER_FILE": str(self.folder / "filler")}
        self.process = subprocess.Popen(
            [*as_root, "sh", "-c", SCRIPT, "sh", self._options, str(self.folder), sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | filler,
        )
        return self.process

    @property
    def inside(self) -> Path:
        """The disk as seen from here, while the process runs."""
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/root{self.folder}")

    def free_room(self) -> None:
        (self.inside / "filler").unlink()

    def stop(self) -> None:
        """Idempotent."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
