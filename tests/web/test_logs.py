"""web/logs.py: what a failure of ours leaves in the log."""

import subprocess
import sys

FAIL = """
import logging
import structlog
from web import logs

logs.configure()
log = structlog.get_logger()

def settle():
    name, ticket = "홍길동", "eyJhbGciOi"
    raise RuntimeError(f"INSERT … [parameters: ({name!r}, 'hong@demo.example')]")

try:
    open("/proc/self/hong.txt", "x")
except OSError:
    log.exception("! cannot write")

for say in (log, logging.getLogger("uvicorn.error")):
    try:
        settle()
    except Exception:
        say.exception("! settling failed")
log.info("= went on", lesson="lesson-1")
"""


def test_a_failure_is_logged_by_its_place_and_never_with_what_people_typed_or_are_called() -> None:
    ended = subprocess.run([sys.executable, "-c", FAIL], capture_output=True, text=True, check=True)
    written = ended.stdout + ended.stderr
    for private in ("홍길동", "hong@demo.example", "eyJhbGciOi", "INSERT"):
        assert private not in written
    assert written.count("RuntimeError < <string>:11 settle") == 2
    assert "FileNotFoundError ENOENT < <string>:14 <module>" in written
    assert "hong" not in written
    assert "= went on" in ended.stdout
    assert "lesson=lesson-1" in ended.stdout
