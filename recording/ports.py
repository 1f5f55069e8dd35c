"""What the recording jobs need from the catalogue; the composition root hands it in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from recording.edits import Edits
from recording.manifest import Film, Manifest

Owners = frozenset[str]
"""Peers, as tracks name their owners."""


@dataclass(frozen=True, slots=True)
class Running:
    """A recording that is being captured."""

    recording: str
    without: Owners = frozenset()
    """Who took back the consent to be in it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording whose lesson is over: nothing more will be captured."""

    recording: str
    state: Literal["capturing", "ready"]
    """capturing: tracks are to be made, or made anew; ready: the film is."""
    ended_at: datetime
    without: Owners = frozenset()
    edition: int = 1
    """Tracks of an older edition are made anew."""
    edit: int = 0
    """Counts the edits: a film is wanted once for each."""


class Catalogue(Protocol):
    """Where recordings are entered. Every call may come twice."""

    async def running(self) -> list[Running]:
        """Recordings in state capturing whose lesson goes on."""

    async def ended(self) -> list[Ended]:
        """Recordings that are not finished although their lesson is over."""

    async def edits(self, recording: str) -> Edits:
        """The edits that hold now."""

    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        """The replay plays. Nothing happens when consent was taken back meanwhile: it will be asked for again."""

    async def note_film(self, recording: str, state: Literal["waiting", "making", "failed"], share: float, attempt: int) -> None:
        """For people who wait."""

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        """The film is there too. Nothing happens when it was edited meanwhile: it will be asked for again."""

    async def mark_failed(self, recording: str, code: str, message: str) -> None:
        """It will not be tried again."""
