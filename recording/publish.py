"""Where finished files live: a folder (default) or an S3-compatible store, behind one small class over obstore.

A key is `<recording>/<file>`. obstore's LocalStore knows no content types, so they come from our own table.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from recording.errors import ObjectMissing, StorageAway
from recording.manifest import NAME, Manifest

MIMES: Final = {
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".vtt": "text/vtt; charset=utf-8",
}
CHUNK_BYTES: Final = 256 << 10
PATIENCE: Final[Any] = {"connect_timeout": "5 seconds", "timeout": "120 seconds"}
RETRIES: Final[Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
"""A store that is away is said to be away at once: the jobs try again for as long as it takes, a page tells people."""
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 20.0
"""Between two tries of somebody who waits for the store."""
Answer = TypeVar("Answer")
logger = structlog.get_logger("recording.publish")


def content_type(key: str) -> str:
    return MIMES.get(Path(key).suffix, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    size: int
    etag: str | None
    mime: str
    modified: datetime


class Storage:
    """Finished recordings.

    All methods raise ObjectMissing for a key that is not there, or is no key at all, and StorageAway when the store does not
    answer or refuses.
    """

    def __init__(self, store: Any, folder: Path | None, *, changing: asyncio.Lock | None = None, waits: bool = False) -> None:
        self._store = store
        self._changing = changing or asyncio.Lock()
        self._folder = folder
        """Root of the local store, None elsewhere."""
        self._waits = waits

    def patient(self) -> "Storage":
        """The same storage for somebody who has all the time of the world: instead of StorageAway it tries again until it works.

        Hours of encoding are not thrown away because the store was gone for minutes.
        """
        return Storage(self._store, self._folder, changing=self._changing, waits=True)

    def path(self, key: str) -> Path | None:
        """The local file behind a key; None when the storage is not a folder."""
        return None if self._folder is None else self._folder / _checked(key)

    async def head(self, key: str) -> ObjectInfo:
        try:
            meta = await self._ask(lambda: obstore.head_async(self._store, _checked(key)))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ObjectMissing(key) from error
        return ObjectInfo(meta["size"], meta["e_tag"], content_type(key), meta["last_modified"])

    async def open_range(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes start … end-1 in chunks of at most 256 KiB, read as they are asked for."""
        key = _checked(key)
        while start < end:
            stop = min(end, start + CHUNK_BYTES)
            try:
                chunk = await self._ask(partial(obstore.get_range_async, self._store, key, start=start, end=stop))
            except FileNotFoundError as error:
                raise ObjectMissing(key) from error
            yield bytes(chunk)
            start = stop

    async def put(self, key: str, data: bytes) -> None:
        await self._ask(lambda: obstore.put_async(self._store, _checked(key), data))

    async def publish(self, key: str, path: Path) -> None:
        """Take over a finished local file; in a folder it is renamed, so a reader sees all of it or nothing."""
        target = self.path(key)
        if target is None:
            await self._ask(lambda: obstore.put_async(self._store, _checked(key), path))
            path.unlink()
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)

    async def delete(self, key: str) -> None:
        """A key that is not there is no error."""
        with suppress(FileNotFoundError):
            await self._ask(lambda: obstore.delete_async(self._store, _checked(key)))

    async def clear(self, recording: str) -> None:
        """Everything of a recording, also what no manifest names. Again is no error."""
        with _answering():
            async for objects in obstore.list(self._store, prefix=_checked(f"{recording}/x")[:-2]):
                for meta in objects:
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, meta["path"])

    async def size(self, recording: str) -> int:
        """Bytes of all its files."""
        total = 0
        with _answering():
            async for objects in obstore.list(self._store, prefix=_checked(f"{recording}/x")[:-2]):
                total += sum(meta["size"] for meta in objects)
        return total

    async def fetch(self, key: str, folder: Path) -> Path:
        """A local file with the object's content, in `folder` unless it is local anyway."""
        local = self.path(key)
        if local is not None:
            if not local.is_file():
                raise ObjectMissing(key)
            return local
        info = await self.head(key)
        path = folder / Path(key).name
        with open(path, "wb") as file:
            async for chunk in self.open_range(key, 0, info.size):
                file.write(chunk)
        return path

    async def read(self, key: str) -> bytes:
        """A small object, whole."""
        info = await self.head(key)
        return b"".join([chunk async for chunk in self.open_range(key, 0, info.size)])

    async def read_manifest(self, recording: str) -> Manifest:
        return Manifest.model_validate_json(await self.read(f"{recording}/{NAME}"))

    async def write_manifest(self, manifest: Manifest) -> None:
        async with self._changing:
            await self._write_manifest(manifest)

    async def change_manifest(self, recording: str, edition: int, change: Callable[[Manifest], Manifest]) -> Manifest | None:
        """Change what is said of one edition's files; None when there is another edition by now. One process writes manifests."""
        async with self._changing:
            current = await self.read_manifest(recording)
            if current.edition != edition:
                return None
            changed = change(current)
            await self._write_manifest(changed)
            return changed

    async def _write_manifest(self, manifest: Manifest) -> None:
        await self.put(f"{manifest.recording}/{NAME}", manifest.model_dump_json(indent=1).encode())

    async def _ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """One request to the store; who is patient asks again until it answers."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                with _answering():
                    return await call()
            except StorageAway as away:
                if not self._waits:
                    raise
                logger.warning("! the storage is away; trying again", error=str(away), wait_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)


@contextmanager
def _answering() -> Iterator[None]:
    """Whatever the store says beside "it is not there" means that it cannot do its work now."""
    try:
        yield
    except BaseError as error:
        raise StorageAway(type(error).__name__) from error


def open_storage(data_dir: Path, storage_url: str | None = None) -> Storage:
    """The storage of a data folder: DIR/recordings, or the object store at `storage_url` (s3://bucket/prefix)."""
    if storage_url:
        # Options given here hide this one of the environment.
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
        return Storage(from_url(storage_url, client_options=PATIENCE | {"allow_http": plain}, retry_config=RETRIES), None)
    folder = data_dir / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder), folder)


def sha256_of(path: Path) -> str:
    """Of a whole file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(key: str) -> str:
    parts = key.split("/")
    if len(parts) != 2 or not all(part and part not in (".", "..") and part.isprintable() and "\\" not in part for part in parts):
        raise ObjectMissing(key)
    return key
