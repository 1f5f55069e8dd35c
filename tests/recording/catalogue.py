"""A catalogue in memory that remembers what the jobs told it."""

import asyncio
import time
from datetime import UTC, datetime

from recording.edits import Edits, fingerprint
from recording.manifest import Film, Manifest
from recording.ports import Ended, Running


class MemoryCatalogue:
    """Recordings by id with their state; `ended_at_s` when somebody ends the class."""

    def __init__(self, **states: str) -> None:
        self.states = dict(states)
        self.over: set[str] = set()
        self.manifests: dict[str, Manifest] = {}
        self.films: dict[str, Film] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.without: frozenset[str] = frozenset()
        self.edit_documents: list[Edits] = [Edits()]
        self.notes: list[tuple[str, float]] = []
        self.times: dict[tuple[str, str], float] = {}

    def end(self, recording: str) -> None:
        self.over.add(recording)
        self.times[recording, "ended"] = time.monotonic()

    def edit(self, recording: str, edits: Edits) -> None:
        self.edit_documents.append(edits)
        self.states[recording] = "ready"

    def withdraw(self, recording: str, owner: str) -> None:
        self.without |= {owner}
        self.states[recording] = "capturing"

    async def edits(self, recording: str) -> Edits:
        return self.edit_documents[-1]

    async def note_film(self, recording: str, state: str, share: float, attempt: int) -> None:
        self.notes.append((state, share))

    async def running(self) -> list[Running]:
        return [
            Running(name, self.without) for name, state in self.states.items() if state == "capturing" and name not in self.over
        ]

    async def ended(self) -> list[Ended]:
        now = datetime.now(UTC)
        return [
            Ended(name, "ready" if state == "ready" else "capturing", now, self.without, edit=len(self.edit_documents))
            for name, state in self.states.items()
            if state in ("capturing", "ready") and name in self.over
        ]

    async def mark_ready(self, recording: str, manifest: Manifest) -> None:
        if frozenset(manifest.without) != self.without:
            return
        self._mark(recording, "ready")
        self.manifests[recording] = manifest

    async def mark_composed(self, recording: str, film: Film, manifest: Manifest) -> None:
        if film.made_of != fingerprint(self.edit_documents[-1]) or self.states[recording] == "capturing":
            return
        self._mark(recording, "composed")
        self.films[recording], self.manifests[recording] = film, manifest

    async def mark_failed(self, recording: str, code: str, message: str) -> None:
        self._mark(recording, "failed")
        self.failures[recording] = (code, message)

    def _mark(self, recording: str, state: str) -> None:
        self.states[recording] = state
        self.times[recording, state] = time.monotonic()

    async def reaches(self, recording: str, *states: str, within_s: float = 40.0) -> None:
        deadline = time.monotonic() + within_s
        while self.states[recording] not in states:
            assert time.monotonic() < deadline, f"{recording} is still {self.states[recording]}"
            await asyncio.sleep(0.05)
