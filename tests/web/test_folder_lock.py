"""One `classroom serve` per SQLite file: the second is told who has it, and who was killed keeps nobody out for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from web.folder_lock import FolderLock, is_running
from web.settings import SettingsWrong, read_settings, sqlite_file

GONE = 4_194_303
"""No Linux gives out so large a process id by itself: 2²² is the end."""


def test_the_second_is_told_in_one_sentence_who_has_it(tmp_path: Path) -> None:
    database = tmp_path / "classroom.db"
    first, second = FolderLock(database), FolderLock(database)
    first.take(print)
    try:
        first.tell("http://127.0.0.1:8000")
        with pytest.raises(SettingsWrong) as refused:
            second.take(print)
        said = str(refused.value)
        assert f"process {os.getpid()} at http://127.0.0.1:8000" in said
        assert str(database) in said
        assert "\n" not in said
    finally:
        first.close()
        first.close()
    second.take(print)
    second.close()


def test_parts_of_one_that_was_killed_are_waited_for(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "db"), FolderLock(tmp_path / "db")
    first.take(print)
    part = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[first.fileno()])
    assert part.stdin is not None
    try:
        os.pwrite(first.fileno(), f"{GONE} http://127.0.0.1:8000\n".encode(), 0)  # as if it had been another process
        first.close()
        said: list[str] = []
        with pytest.raises(SettingsWrong, match="served already"):
            second.take(said.append, within_s=0.3)
        assert len(said) == 1
        assert f"process {GONE} was killed" in said[0]
        part.stdin.close()
        second.take(said.append, within_s=10)
        second.close()
    finally:
        part.stdin.close()
        part.wait(10)


def test_what_is_started_beside_does_not_inherit_it(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "db"), FolderLock(tmp_path / "db")
    first.take(print)
    script = "print(flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        other.stdout.readline()  # the kernel closes what is not inherited a moment after we go on
        first.close()
        second.take(print, within_s=0.0)
        second.close()
    finally:
        other.stdin.close()
        other.stdout.close()
        other.wait(10)


def test_a_process_that_ended_is_not_running() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(ended.pid), "nobody took note of it yet"
    ended.wait()
    assert not is_running(ended.pid)
    assert is_running(os.getpid())
    assert not is_running(0)


def test_the_lock_lies_beside_the_database_wherever_that_is(tmp_path: Path) -> None:
    assert sqlite_file(read_settings({}, data=tmp_path)) == tmp_path / "classroom.db"
    assert sqlite_file(read_settings({}, database_url=f"sqlite:///{tmp_path}/other.db?x=1")) == tmp_path / "other.db"
    assert sqlite_file(read_settings({}, database_url="postgresql://db/classroom")) is None


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match=r"CLASSROOM_DATA: .* cannot be written"):
        FolderLock(tmp_path / "absent" / "db").take(print)
