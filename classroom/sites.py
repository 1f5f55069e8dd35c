"""A municipality's site: how it introduces itself, its logo, its host names, its notices (pure)."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from classroom.errors import Invalid
from classroom.people import MunicipalityCode
from classroom.texts import EMPTY, Text

NoticeId = NewType("NoticeId", str)

MAX_LOGO_BYTES = 300_000
MAX_LOGO_PIXELS = 2_000
MAX_HOSTS = 10
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """What a municipality says of itself. Empty texts fall back to the platform's words."""

    municipality: MunicipalityCode
    headline: Text = EMPTY
    about: Text = EMPTY
    email: str = ""
    address: Text = EMPTY
    hours: Text = EMPTY
    hosts: tuple[str, ...] = ()
    """Host names that show this site at "/"."""
    version: int = 0
    """Raised by every change, so that the second of two editors is told."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it was uploaded."""

    mime: str
    data: bytes

    @property
    def mark(self) -> str:
        """Changes with the picture, for its address."""
        return hashlib.sha256(self.data).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of a municipality, or of the province to everybody."""

    id: NoticeId
    municipality: MunicipalityCode | None
    title: Text
    body: Text
    pinned: bool
    shown_from: datetime
    shown_until: datetime | None
    version: int = 0

    def is_shown(self, now: datetime) -> bool:
        return self.shown_from <= now and (self.shown_until is None or now < self.shown_until)


def checked_host(host: str) -> str:
    """A host name in lower case, without scheme, port or path. Raises Invalid("host-invalid")."""
    plain = host.strip().lower().rstrip(".")
    if len(plain) > 253 or not _HOST.fullmatch(plain):
        raise Invalid("host-invalid", field="hosts", host=host.strip()[:80])
    return plain


def checked_logo(data: bytes) -> Logo:
    """PNG, JPEG or WebP by content, never by name. SVG is refused: it can carry scripts. Raises Invalid("logo-…")."""
    if len(data) > MAX_LOGO_BYTES:
        raise Invalid("logo-too-large", field="logo", limit=MAX_LOGO_BYTES // 1_000)
    for mime, measure in (("image/png", _png_size), ("image/jpeg", _jpeg_size), ("image/webp", _webp_size)):
        size = measure(data)
        if size is not None:
            if not all(1 <= side <= MAX_LOGO_PIXELS for side in size):
                raise Invalid("logo-pixels", field="logo", limit=MAX_LOGO_PIXELS)
            return Logo(mime, data)
    raise Invalid("logo-unknown", field="logo")


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33 or b"IEND" not in data[-16:]:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the frame header (SOF0–SOF2, ITU-T T.81 §B.2.2)."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xC2:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if length < 2:
            return None
        at += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Lossy, lossless and extended (RFC 9649 §2.5–2.7)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    kind = data[12:16]
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None
