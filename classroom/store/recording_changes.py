"""Edits, withdrawals and film progress of recordings."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from classroom.catalogue import Recording
from classroom.people import PersonId, RecordingId
from classroom.recording_changes import FilmProgress, StoredEdits, Withdrawal
from classroom.store.recording_tables import recording_edits, recording_films, recording_withdrawals
from classroom.store.repository import Repository


class RecordingChanges(Repository):
    async def edits(self, recording: RecordingId) -> StoredEdits:
        mine = recording_edits.c.recording == recording
        standing = select(recording_edits).where(mine, recording_edits.c.undone_at.is_(None))
        found = await self.first(standing.order_by(recording_edits.c.number.desc()).limit(1))
        # The number grows with every step, back or forth: it is what two people editing at once are told apart by.
        steps = select(func.count(), func.count(recording_edits.c.undone_at)).where(mine)
        made, undone = (await self.first(steps)) or (0, 0)
        return StoredEdits(made + undone, dict(found.document) if found else {}, found is not None)

    async def add_edit(self, recording: Recording, document: dict[str, Any], by: PersonId | None, now: datetime) -> None:
        values = {"recording": recording.id, "municipality": recording.municipality, "document": document, "by": by, "at": now}
        await self.run(recording_edits.insert().values(values))

    async def undo_edit(self, recording: RecordingId, now: datetime) -> bool:
        standing = (recording_edits.c.recording == recording) & recording_edits.c.undone_at.is_(None)
        newest = select(recording_edits.c.number).where(standing).order_by(recording_edits.c.number.desc()).limit(1)
        number = await self.scalar(newest)
        if number is None:
            return False
        await self.run(update(recording_edits).where(recording_edits.c.number == number).values(undone_at=now))
        return True

    async def withdraw(self, recording: Recording, person: PersonId, by: PersonId | None, now: datetime) -> bool:
        values = {"recording": recording.id, "person": person, "municipality": recording.municipality, "by": by, "at": now}
        statement = self.insert(recording_withdrawals).values(values)
        statement = statement.on_conflict_do_nothing(index_elements=["recording", "person"])
        return bool(await self.all(statement.returning(recording_withdrawals.c.person)))

    async def withdrawals(self, recording: RecordingId) -> list[Withdrawal]:
        found = await self.all(select(recording_withdrawals).where(recording_withdrawals.c.recording == recording))
        return [Withdrawal(row.recording, row.person, row.at, row.done_at) for row in found]

    async def finish_withdrawals(self, recording: RecordingId, persons: set[PersonId], now: datetime) -> None:
        mine = (recording_withdrawals.c.recording == recording) & recording_withdrawals.c.person.in_(persons)
        undone = recording_withdrawals.c.done_at.is_(None)
        await self.run(update(recording_withdrawals).where(mine, undone).values(done_at=now))

    async def film(self, recording: RecordingId) -> FilmProgress | None:
        row = await self.first(select(recording_films).where(recording_films.c.recording == recording))
        return FilmProgress(row.state, row.share, row.attempts, row.reason, row.changed_at) if row else None

    async def put_film(self, recording: RecordingId, film: FilmProgress, now: datetime) -> None:
        values = {"state": film.state, "share": film.share, "attempts": film.attempts, "reason": film.reason, "changed_at": now}
        statement = self.insert(recording_films).values(values | {"recording": recording})
        await self.run(statement.on_conflict_do_update(index_elements=["recording"], set_=values))
