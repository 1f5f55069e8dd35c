"""Where videos grow while they are uploaded: one private folder, one file per upload. Its length is how far it is."""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from classroom.errors import Refused

LANGUAGES = ("ko", "en")
SAMPLE_BYTES = 64 << 10


class UploadFolder:
    """Files named by the upload's id, which we made: no name from outside ever becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, upload: str) -> Path:
        assert upload.isalnum(), "an id of ours"
        return self.folder / f"{upload}.part"

    def captions(self, upload: str, language: str) -> Path:
        """WebVTT that becomes the video's captions when it is ready."""
        return self.path(upload).with_suffix(f".{language}.vtt")

    async def keep_captions(self, upload: str, captions: Mapping[str, bytes]) -> None:
        """By language; all of them or none."""
        await asyncio.to_thread(self._keep_captions, upload, captions)

    def _keep_captions(self, upload: str, captions: Mapping[str, bytes]) -> None:
        if captions:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            for language, data in captions.items():
                self.captions(upload, language).write_bytes(data)
        except OSError:
            for language in captions:
                self.captions(upload, language).unlink(missing_ok=True)
            raise

    async def offset(self, upload: str) -> int:
        return await asyncio.to_thread(self._offset, upload)

    def _offset(self, upload: str) -> int:
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            return 0

    async def sample(self, upload: str) -> tuple[int, str]:
        """(offset, SHA-256 in hex of the first and last `SAMPLE_BYTES` of what is there): which file is this the beginning of?"""
        return await asyncio.to_thread(self._sample, upload)

    def _sample(self, upload: str) -> tuple[int, str]:
        try:
            with self.path(upload).open("rb") as file:
                offset = os.fstat(file.fileno()).st_size
                digest = hashlib.sha256(file.read(min(SAMPLE_BYTES, offset)))
                file.seek(max(0, offset - SAMPLE_BYTES))
                digest.update(file.read(min(SAMPLE_BYTES, offset)))
                return offset, digest.hexdigest()
        except FileNotFoundError:
            return 0, hashlib.sha256().hexdigest()

    async def append(self, upload: str, offset: int, data: bytes, size_bytes: int) -> int:
        """Add a part that begins at `offset`; returns the new length. On the disk when this returns.

        Raises Refused("video-offset") when it does not fit onto what is there, Refused("video-length") beyond `size_bytes`.
        """
        return await asyncio.to_thread(self._append, upload, offset, data, size_bytes)

    def _append(self, upload: str, offset: int, data: bytes, size_bytes: int) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path(upload), os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            there = os.fstat(file.fileno()).st_size
            if there != offset:
                raise Refused("video-offset", offset=there)
            if offset + len(data) > size_bytes:
                raise Refused("video-length")
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            return offset + len(data)

    async def remove(self, upload: str) -> None:
        for path in (self.path(upload), *(self.captions(upload, language) for language in LANGUAGES)):
            await asyncio.to_thread(path.unlink, missing_ok=True)
