"""The catalogue's other side: uploads, sharing, keeping and deleting."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from classroom.catalogue import RetentionPolicy
from classroom.people import MunicipalityCode, PersonId, RecordingId
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.shelf_tables import recording_retention, recording_shares, video_uploads
from classroom.store.tables import recordings
from classroom.video_uploads import Upload, UploadState


def upload_of(row: Any) -> Upload:
    return Upload(
        row.id,
        row.municipality,
        row.person,
        row.lesson,
        rows.text(row, "title"),
        rows.text(row, "summary"),
        row.category,
        row.shared,
        row.file_name,
        row.size_bytes,
        UploadState(row.state),
        row.created_at,
        row.refusal,
        row.share,
        row.attempts,
        row.recording,
    )


class Shelf(Repository):
    async def upload(self, upload: str) -> Upload | None:
        row = await self.first(self.locked(select(video_uploads).where(video_uploads.c.id == upload)))
        return upload_of(row) if row else None

    async def put_upload(self, upload: Upload, now: datetime) -> None:
        plain = {
            each.name: getattr(upload, each.name) for each in fields(upload) if each.name not in ("title", "summary", "state")
        }
        texts = {f"{name}_{at}": getattr(getattr(upload, name), at) for name in ("title", "summary") for at in ("ko", "en")}
        changing = plain | texts | {"state": str(upload.state), "changed_at": now}
        statement = self.insert(video_uploads).values(changing)
        await self.run(statement.on_conflict_do_update(index_elements=["id"], set_=changing))

    async def remove_upload(self, upload: str) -> None:
        await self.run(delete(video_uploads).where(video_uploads.c.id == upload))

    async def next_upload(self) -> Upload | None:
        """The oldest that is whole but not ready."""
        waiting = video_uploads.c.state.in_((UploadState.RECEIVED, UploadState.MAKING))
        row = await self.first(
            select(video_uploads).where(waiting).order_by(video_uploads.c.changed_at, video_uploads.c.id).limit(1)
        )
        return upload_of(row) if row else None

    async def share_with(self, recording: RecordingId, municipalities: Collection[MunicipalityCode]) -> None:
        await self.run(delete(recording_shares).where(recording_shares.c.recording == recording))
        for code in sorted(municipalities):
            await self.run(recording_shares.insert().values(recording=recording, municipality=code))

    async def shared_with(self, recordings: Collection[RecordingId]) -> dict[RecordingId, list[MunicipalityCode]]:
        found: dict[RecordingId, list[MunicipalityCode]] = {}
        statement = select(recording_shares).where(recording_shares.c.recording.in_(sorted(recordings)))
        for row in await self.all(statement.order_by(recording_shares.c.municipality)):
            found.setdefault(row.recording, []).append(row.municipality)
        return found

    async def policy(self, municipality: MunicipalityCode) -> RetentionPolicy:
        await self.hold(municipality)
        found = await self.first(
            self.locked(select(recording_retention).where(recording_retention.c.municipality == municipality))
        )
        return RetentionPolicy(found.keep_days if found else None)

    async def policies(self) -> dict[MunicipalityCode, RetentionPolicy]:
        return {row.municipality: RetentionPolicy(row.keep_days) for row in await self.all(select(recording_retention))}

    async def set_policy(
        self, municipality: MunicipalityCode, policy: RetentionPolicy, by: PersonId | None, now: datetime
    ) -> None:
        values = {"keep_days": policy.keep_days, "by": by, "changed_at": now}
        statement = self.insert(recording_retention).values(values | {"municipality": municipality})
        await self.run(statement.on_conflict_do_update(index_elements=["municipality"], set_=values))

    async def note_deleted(self, recording: RecordingId, reason: str | None) -> None:
        await self.run(update(recordings).where(recordings.c.id == recording).values(deleted_reason=reason))

    async def due(self, municipality: MunicipalityCode, before: datetime) -> list[RecordingId]:
        """What the policy deletes: of classes before `before`, neither kept nor shared with everybody."""
        mine = (recordings.c.municipality == municipality) & (recordings.c.started_at < before)
        open_to_policy = recordings.c.deleted_at.is_(None) & recordings.c.kept.is_(False) & recordings.c.shared.is_(False)
        found = await self.all(select(recordings.c.id).where(mine, open_to_policy).order_by(recordings.c.started_at).limit(500))
        return [row.id for row in found]

    async def unpurged(self, deleted_before: datetime) -> list[RecordingId]:
        waiting = recordings.c.purged_at.is_(None) & (recordings.c.deleted_at < deleted_before)
        return [row.id for row in await self.all(select(recordings.c.id).where(waiting).limit(100))]

    async def note_purged(self, recording: RecordingId, now: datetime) -> None:
        gone = {"purged_at": now, "size_bytes": 0, "measured_at": now, "path": None, "manifest": None, "thumbnail": None}
        await self.run(update(recordings).where(recordings.c.id == recording).values(gone))

    async def unmeasured(self) -> list[RecordingId]:
        """Whose size is not known, or no longer."""
        stale = recordings.c.measured_at.is_(None) | (recordings.c.measured_at < recordings.c.changed_at)
        found = await self.all(select(recordings.c.id).where(stale, recordings.c.purged_at.is_(None)).limit(50))
        return [row.id for row in found]

    async def note_size(self, recording: RecordingId, size_bytes: int, now: datetime) -> None:
        values = {"size_bytes": size_bytes, "measured_at": now}
        await self.run(update(recordings).where(recordings.c.id == recording).values(values))
