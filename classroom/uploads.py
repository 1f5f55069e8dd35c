"""Files people hand in: a PDF or a picture, told by its content and never by its name. Looked at from outside only."""

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from classroom.errors import Invalid
from classroom.people import CourseId, MunicipalityCode, PersonId

UploadId = NewType("UploadId", str)
MAX_BYTES = 10_000_000
MAX_SIDE = 12_000
"""Pixels; a picture of a camera has fewer, a decompression bomb more."""
KINDS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
"""Content type → what its file is called."""


@dataclass(frozen=True, slots=True)
class Upload:
    id: UploadId
    person: PersonId
    course: CourseId
    municipality: MunicipalityCode
    name: str
    """As its owner called it; shown, never used as a path."""
    mime: str
    size: int
    at: datetime

    @property
    def key(self) -> str:
        """Where the storage has it."""
        return f"uploads/{self.id}.{KINDS[self.mime]}"


def checked_content(data: bytes, *, field: str = "file", kinds: tuple[str, ...] = tuple(KINDS)) -> str:
    """The content type. Raises Invalid: "upload-empty", "upload-too-large", "upload-kind"."""
    if not data:
        raise Invalid("upload-empty", field=field)
    if len(data) > MAX_BYTES:
        raise Invalid("upload-too-large", field=field, limit_mb=MAX_BYTES // 1_000_000)
    found = _content(data)
    if found not in kinds:
        raise Invalid("upload-kind", field=field, kinds=", ".join(KINDS[each].upper() for each in kinds))
    return found


def _content(data: bytes) -> str | None:
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2_048:]:
        return "application/pdf"
    if data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-2_048:]:
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and b"IEND" in data[-64:]:
        width, height = picture_size(data)
        return "image/png" if 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE else None
    return None


def picture_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def shown_name(name: str) -> str:
    """A file's name without folders, line breaks and marks that turn the direction of writing."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip()[:120] or "file"
