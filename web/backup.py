"""`classroom backup | restore`: everything that cannot be made anew, in one archive, while classes go on.

Taken along: a consistent copy of the database, keys, recordings with their captures, videos on their way in. Left out: what is
being made of them just now (it is made again) and mail files. Where database or recordings live elsewhere (PostgreSQL, object
storage) they are backed up there, and the command says so.
"""

import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from classroom.store.migrate import upgrade as upgrade_database
from web.settings import DataFolder, Settings, SettingsWrong, database_url

DATABASE, KEYS, RECORDINGS, UPLOADS = "classroom.db", "keys", "recordings", "uploads"
IN_THE_MAKING = ("work", "film")
"""Folders of a recording in which jobs work."""


def backup(settings: Settings, file: Path, *, recordings: bool) -> str:
    """Write the archive; it appears under its name when it is whole, readable by its owner alone."""
    folder = DataFolder(settings.data)
    partial = file.with_name(file.name + ".partial")
    with tempfile.TemporaryDirectory(dir=folder.root) as scratch:
        try:
            with tarfile.open(partial, "w") as archive:
                os.chmod(partial, 0o600)
                if not settings.database_url:
                    archive.add(_copy_database(folder, Path(scratch)), DATABASE)
                archive.add(folder.keys, KEYS)
                if recordings:  # after the database: what it calls ready is there
                    _add_tree(archive, folder.recordings, RECORDINGS)
                    _add_tree(archive, folder.uploads, UPLOADS)
            os.replace(partial, file)
        finally:
            partial.unlink(missing_ok=True)
    said = [
        f"{file} written, {file.stat().st_size / 1e6:.1f} MB. It holds personal data and keys: keep it as safe as the server."
    ]
    if settings.database_url:
        said.append("The database is PostgreSQL and not in it: take it with pg_dump, at the same time or before.")
    if settings.storage_url:
        said.append("Finished recordings are in the object storage and not in it: keep versions or a copy of that bucket.")
    return " ".join(said)


def _copy_database(folder: DataFolder, scratch: Path) -> Path:
    copy = scratch / DATABASE
    with sqlite3.connect(folder.root / DATABASE) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return copy


def _add_tree(archive: tarfile.TarFile, folder: Path, name: str) -> None:
    """Files appear and go while we read: one that is gone is not missed."""
    if not folder.is_dir():
        return
    archive.add(folder, name, recursive=False)
    for here, folders, files in os.walk(folder):
        place = Path(here).relative_to(folder)
        if len(place.parts) == 1 and name == RECORDINGS:
            folders[:] = [each for each in folders if each not in IN_THE_MAKING]
        for each in sorted(folders) + sorted(files):
            if each.endswith((".partial", ".tmp", ".work")):
                continue
            try:
                archive.add(Path(here) / each, str(Path(name) / place / each), recursive=False)
            except FileNotFoundError:
                continue


def restore(settings: Settings, file: Path) -> str:
    """Put an archive into an empty data folder. Raises SettingsWrong, and leaves nothing, when it is none."""
    folder = DataFolder(settings.data)
    if folder.root.exists() and any(folder.root.iterdir()):
        raise SettingsWrong(f"CLASSROOM_DATA: {folder.root} is not empty; restore into a new folder.")
    try:
        with tarfile.open(file) as archive:
            names = archive.getnames()
            if KEYS not in names or (DATABASE not in names and not settings.database_url):
                raise SettingsWrong(f"{file} is not a backup of classroom.")
            folder.root.mkdir(parents=True, exist_ok=True)
            archive.extractall(folder.root, filter="data")
    except tarfile.TarError:
        raise SettingsWrong(f"{file} cannot be read as a backup.") from None
    folder.create()
    upgrade_database(database_url(settings))
    return (
        f"Restored into {folder.root}; check it with: classroom recordings verify --data {folder.root}; "
        f"start it with: classroom serve --data {folder.root}"
    )
