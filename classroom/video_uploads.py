"""Ready-made videos on their way into the catalogue (pure)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from classroom.errors import Invalid
from classroom.people import LessonId, MunicipalityCode, PersonId, RecordingId
from classroom.texts import Text

LARGEST_BYTES = 20 * 10**9
MOST_ATTEMPTS = 5


class UploadState(StrEnum):
    RECEIVING = "receiving"
    RECEIVED = "received"
    """Whole; waits to be looked at."""
    MAKING = "making"
    """Being checked, and coded anew where browsers need it."""
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Upload:
    id: str
    municipality: MunicipalityCode
    person: PersonId
    lesson: LessonId | None
    """The lesson it is the recording of; None: an item of its own."""
    title: Text
    summary: Text
    category: str
    shared: bool
    """With everybody in the province."""
    file_name: str
    """As it was called on the computer it came from."""
    size_bytes: int
    state: UploadState
    created_at: datetime
    refusal: str | None = None
    """Why it was refused: a code."""
    share: int = 0
    """Percent made."""
    attempts: int = 0
    recording: RecordingId | None = None


def checked_size(size_bytes: int) -> int:
    """Raises Invalid("video-empty"), Invalid("video-too-large")."""
    if size_bytes <= 0:
        raise Invalid("video-empty", field="file")
    if size_bytes > LARGEST_BYTES:
        raise Invalid("video-too-large", field="file", gigabytes=LARGEST_BYTES // 10**9)
    return size_bytes
