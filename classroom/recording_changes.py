"""What is done to a recording after class, and what of it is remembered. The documents themselves are `recording`'s (JSON)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from classroom.people import PersonId, RecordingId


@dataclass(frozen=True, slots=True)
class StoredEdits:
    """The edits that hold now. `number` counts every step, back or forth; 0: none was ever made."""

    number: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    can_undo: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Somebody took back the consent to be in a recording."""

    recording: RecordingId
    person: PersonId
    at: datetime
    done_at: datetime | None = None
    """When the recording was made anew without them."""


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """How far the composed film is."""

    state: Literal["waiting", "making", "made", "failed"]
    share: float
    """0 … 1."""
    attempts: int = 1
    reason: str | None = None
    """One sentence for operators."""
    changed_at: datetime | None = None
