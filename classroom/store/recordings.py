"""The catalogue of recordings."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update

from classroom.catalogue import Recording
from classroom.people import LessonId, RecordingId
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.tables import municipalities, people, recordings


def _search(recording: Recording) -> Any:
    """What it is found by: titles (a class's say course and lesson), who teaches, where; in lower case and without spaces."""
    taught_by = select(people.c.name).where(people.c.id == recording.instructor).scalar_subquery()
    place = select(municipalities.c.name_ko + " " + municipalities.c.name_en)
    words = literal(f"{recording.title.ko} {recording.title.en} ") + func.coalesce(taught_by, "") + " "
    words = words + place.where(municipalities.c.code == recording.municipality).scalar_subquery()
    return func.replace(func.lower(words), " ", "")


class Recordings(Repository):
    async def get(self, recording: RecordingId) -> Recording | None:
        found = await self.first(self.locked(select(recordings).where(recordings.c.id == recording)))
        return rows.recording(found) if found else None

    async def of_lesson(self, lesson: LessonId) -> Recording | None:
        found = await self.first(self.locked(select(recordings).where(recordings.c.lesson == lesson)))
        return rows.recording(found) if found else None

    async def add(self, recording: Recording, now: datetime) -> bool:
        values = rows.recording_values(recording) | {"changed_at": now, "search": _search(recording)}
        statement = self.insert(recordings).values(values).on_conflict_do_nothing(index_elements=["lesson"])
        return bool(await self.all(statement.returning(recordings.c.id)))

    async def update(self, recording: Recording, now: datetime) -> None:
        values = rows.recording_values(recording) | {"changed_at": now, "search": _search(recording)}
        await self.run(update(recordings).where(recordings.c.id == recording.id).values(values))
