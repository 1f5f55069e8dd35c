"""The catalogue of recordings."""

from datetime import datetime

from sqlalchemy import select, update

from classroom.catalogue import Recording
from classroom.people import LessonId, RecordingId
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.tables import recordings


class Recordings(Repository):
    async def get(self, recording: RecordingId) -> Recording | None:
        found = await self.first(self.locked(select(recordings).where(recordings.c.id == recording)))
        return rows.recording(found) if found else None

    async def of_lesson(self, lesson: LessonId) -> Recording | None:
        found = await self.first(self.locked(select(recordings).where(recordings.c.lesson == lesson)))
        return rows.recording(found) if found else None

    async def add(self, recording: Recording, now: datetime) -> bool:
        values = rows.recording_values(recording) | {"changed_at": now}
        statement = self.insert(recordings).values(values).on_conflict_do_nothing(index_elements=["lesson"])
        return bool(await self.all(statement.returning(recordings.c.id)))

    async def update(self, recording: Recording, now: datetime) -> None:
        values = rows.recording_values(recording) | {"changed_at": now}
        await self.run(update(recordings).where(recordings.c.id == recording.id).values(values))
