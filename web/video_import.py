"""`classroom recordings import FOLDER --table FILE`: many ready-made videos at once, e.g. what the municipalities share.

Everything is looked at before anything is taken: one bad row, named with its column, and nothing happens. Then each video is
copied beside the uploads and put into their queue; the jobs make it playable like any upload. A video's id is made of what is in
the file: run again, after a break or with rows added, the command goes on where it stopped and takes nothing twice.
"""

import asyncio
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classroom.actions.shelf import take_video
from classroom.errors import Invalid
from classroom.people import MunicipalityCode, id_from
from classroom.store.unit_of_work import Store
from classroom.video_uploads import Upload, UploadState, checked_size
from recording.captions import CaptionsWrong, read_captions, write_captions
from recording.errors import ComposeInterrupted
from recording.video import VideoRefused, look
from web.clock import utc_now
from web.i18n import text as sentence
from web.operations import opened
from web.settings import DataFolder, Settings, SettingsWrong
from web.spreadsheets import TableUnreadable, read_table
from web.upload_folder import UploadFolder
from web.video_table import Problem, Video, read_videos

CHUNK: Final = 1 << 20
MOST_CAPTION_BYTES: Final = 2 << 20


@dataclass(frozen=True, slots=True)
class _Looked:
    """A good row, with what is in its files."""

    video: Video
    path: Path
    size_bytes: int
    digest: str
    captions: dict[str, bytes]
    """Language → WebVTT as we write it."""

    @property
    def id(self) -> str:
        return id_from(f"{self.video.municipality}:{self.digest}")


async def import_videos(
    settings: Settings, folder: Path, table: Path, by: str, *, only_check: bool
) -> tuple[list[dict[str, Any]], bool]:
    """Rows to show, and whether all is well. Raises SettingsWrong: table, folder or account cannot be used at all."""
    rows = await asyncio.to_thread(_read, folder, table)
    async with opened(settings) as store:
        async with store.reading() as uow:
            account = await uow.people.by_email(by)
        if account is None:
            raise SettingsWrong(f"--by: there is no account {by}.")
        places = [place.code for place in await store.queries.municipalities()]
        videos, problems = read_videos(rows, places)
        looked: list[_Looked] = []
        for video in videos:
            found = await _look(folder, video)
            problems += found if isinstance(found, list) else []
            if isinstance(found, _Looked):
                looked.append(found)
        problems += _same(looked)
        if problems:
            ordered = sorted(problems, key=lambda each: (each.row, each.column))
            return [{"row": each.row, "column": each.column, "what": each.what} for each in ordered], False
        if only_check:
            return [{"row": each.video.row, "file": each.video.file, "state": "good"} for each in looked], True
        uploads = UploadFolder(DataFolder(settings.data).uploads)
        told = [
            {"row": each.video.row, "file": each.video.file} | await _take(store, uploads, each, account[0].id) for each in looked
        ]
    return told, all(row["state"] != "refused" for row in told)


def _read(folder: Path, table: Path) -> list[list[str]]:
    if not folder.is_dir():
        raise SettingsWrong(f"There is no folder {folder}.")
    try:
        return read_table(table.read_bytes(), keep_blank=True)
    except OSError as error:
        raise SettingsWrong(f"--table: {table} cannot be read ({error.strerror}).") from None
    except TableUnreadable as error:
        raise SettingsWrong(f"--table: {sentence('en', f'error.{error.code}')}") from None


async def _look(folder: Path, video: Video) -> _Looked | list[Problem]:
    """Its files as they are: all that is wrong with them, at once."""
    problems: list[Problem] = []
    captions: dict[str, bytes] = {}
    for language, name in video.captions.items():
        try:
            data = await asyncio.to_thread(_small, _inside(folder, name))
            captions[language] = write_captions(read_captions(data))
        except (OSError, ValueError) as error:
            problems.append(Problem(video.row, f"captions_{language}", _words(error)))
        except CaptionsWrong as wrong:
            problems.append(Problem(video.row, f"captions_{language}", f"no captions (WebVTT or SRT); look at line {wrong.line}"))
    try:
        path = _inside(folder, video.file)
        size_bytes = checked_size(path.stat().st_size)
        await look(path)
        digest = await asyncio.to_thread(_digest, path)
    except (OSError, ValueError) as error:
        return [*problems, Problem(video.row, "file", _words(error))]
    except Invalid as wrong:
        return [*problems, Problem(video.row, "file", sentence("en", f"error.{wrong.code}", **wrong.fields))]
    except VideoRefused as refused:
        return [*problems, Problem(video.row, "file", sentence("en", f"error.{refused.code}"))]
    except ComposeInterrupted:
        return [*problems, Problem(video.row, "file", "could not be looked at: the process was ended; try again")]
    return problems or _Looked(video, path, size_bytes, digest, captions)


def _inside(folder: Path, name: str) -> Path:
    """An ordinary file under the folder, links followed. Raises OSError, ValueError."""
    path = (folder / name).resolve(strict=True)
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("leads out of the folder")
    if not path.is_file():
        raise ValueError("is no file")
    return path


def _small(path: Path) -> bytes:
    if path.stat().st_size > MOST_CAPTION_BYTES:
        raise ValueError("too large for captions")
    return path.read_bytes()


def _words(error: OSError | ValueError) -> str:
    return "there is no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None) or str(error)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(looked: list[_Looked]) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for each in looked:
        if each.id in first:
            found.append(Problem(each.video.row, "file", f"the same video as in row {first[each.id]}"))
        first.setdefault(each.id, each.video.row)
    return found


async def _take(store: Store, uploads: UploadFolder, looked: _Looked, person: Any) -> dict[str, Any]:
    """Into the queue, unless it is there; where it is by now."""
    async with store.reading() as uow:
        known = await uow.shelf.upload(looked.id)
        entry = await uow.recordings.get(looked.id)  # type: ignore[arg-type]
    if known is None and entry is None:
        await asyncio.to_thread(_copy, looked, uploads)
        video = looked.video
        upload = Upload(
            *(looked.id, MunicipalityCode(video.municipality), person, None, video.title, video.summary, video.category),
            *(video.shared, Path(video.file).name[:200], looked.size_bytes, UploadState.RECEIVED, utc_now()),
        )
        async with store.writing() as uow:
            taken = await take_video(uow, upload, now=utc_now())
        return {"recording": looked.id, "state": "taken" if taken else "known", "why": ""}
    if known is not None and known.state is UploadState.REFUSED:
        return {"recording": looked.id, "state": "refused", "why": sentence("en", f"error.{known.refusal}")}
    ready = entry is not None or (known is not None and known.state is UploadState.READY)
    return {"recording": looked.id, "state": "ready" if ready else "waiting", "why": ""}


def _copy(looked: _Looked, uploads: UploadFolder) -> None:
    """All of it, as it was looked at, or nothing. Raises SettingsWrong."""
    uploads.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for language, data in looked.captions.items():
        uploads.captions(looked.id, language).write_bytes(data)
    partial = uploads.folder / f"{looked.id}.copy"
    digest = hashlib.sha256()
    try:
        with open(looked.path, "rb") as source, open(partial, "wb") as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        if digest.hexdigest() != looked.digest:
            raise SettingsWrong(f"{looked.video.file} (row {looked.video.row}) has changed meanwhile; run the command again.")
        os.replace(partial, uploads.path(looked.id))
    except OSError as error:
        free = shutil.disk_usage(uploads.folder).free // 10**9
        raise SettingsWrong(f"{looked.video.file}: {error.strerror} ({free} GB free). Run the command again to go on.") from None
    finally:
        partial.unlink(missing_ok=True)
