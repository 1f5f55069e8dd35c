"""What the recording jobs need from the catalogue; the composition root hands it in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from recording.manifest import Film, Manifest


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording whose lesson is over: nothing more will be captured."""

    recording: str
    state: Literal["capturing", "ready"]
    ended_at: datetime


class Catalogue(Protocol):
    """Where recordings are entered. Every call may come twice."""

    async def running(self) -> list[str]:
        """Recordings in state capturing whose lesson goes on."""

    async def ended(self) -> list[Ended]:
        """Recordings that are not finished although their lesson is over."""

    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        """The replay plays."""

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        """The film is there too."""

    async def mark_failed(self, recording: str, code: str, message: str) -> None:
        """It will not be tried again."""
