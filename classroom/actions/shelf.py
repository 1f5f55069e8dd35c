"""Uploads into the catalogue, sharing, keeping, deleting and bringing back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from classroom.actions.courses import course_of, must_administer, share_item
from classroom.catalogue import PURGE_AFTER, Recording, RecordingState, RetentionPolicy
from classroom.courses import OnlineItem
from classroom.errors import Invalid, NotFound, Refused
from classroom.people import LessonId, MunicipalityCode, RecordingId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.texts import EMPTY, Text
from classroom.video_uploads import Upload, UploadState, checked_size

BY_POLICY = "retention"


async def begin_upload(
    uow: UnitOfWork,
    *,
    municipality: MunicipalityCode,
    lesson: LessonId | None,
    title: Text,
    summary: Text,
    category: str,
    shared: bool,
    file_name: str,
    size_bytes: int,
    by: Viewer,
    now: datetime,
) -> Upload:
    """Raises NotFound, Invalid("video-empty"), Invalid("video-too-large"), Invalid("lesson-has-recording")."""
    must_administer(by, municipality)
    checked_size(size_bytes)
    if lesson is not None:
        found = await uow.courses.lesson(lesson)
        if found is None or found.municipality != municipality:
            raise NotFound
        if await uow.recordings.of_lesson(lesson) is not None:
            raise Invalid("lesson-has-recording", field="lesson")
    upload = Upload(
        new_id(),
        municipality,
        by.id,
        lesson,
        title,
        summary,
        category,
        shared,
        file_name[:200],
        size_bytes,
        UploadState.RECEIVING,
        now,
    )
    await uow.shelf.put_upload(upload, now)
    return upload


async def take_video(uow: UnitOfWork, upload: Upload, *, now: datetime) -> bool:
    """For operators: a whole file that lies in the upload folder already, into the queue. False: it was there before."""
    if await uow.shelf.upload(upload.id) is not None or await uow.recordings.get(RecordingId(upload.id)) is not None:
        return False
    await uow.shelf.put_upload(upload, now)
    return True


async def own_upload(uow: UnitOfWork, upload: str, by: Viewer) -> Upload:
    """One of a municipality this person administers. Raises NotFound."""
    found = await uow.shelf.upload(upload)
    if found is None:
        raise NotFound
    must_administer(by, found.municipality)
    return found


async def complete_upload(uow: UnitOfWork, upload: str, *, by: Viewer, now: datetime) -> Upload:
    """All its bytes are here; twice is silent. Raises NotFound, Refused("video-state")."""
    found = await own_upload(uow, upload, by)
    if found.state is UploadState.RECEIVING:
        found = replace(found, state=UploadState.RECEIVED)
        await uow.shelf.put_upload(found, now)
    elif found.state is UploadState.REFUSED:
        raise Refused("video-state")
    return found


async def remove_upload(uow: UnitOfWork, upload: str, *, by: Viewer) -> Upload:
    """Also one that was refused. What is being made is left to end. Raises NotFound, Refused("video-state")."""
    found = await own_upload(uow, upload, by)
    if found.state is UploadState.MAKING:
        raise Refused("video-state")
    await uow.shelf.remove_upload(upload)
    return found


async def add_video(
    uow: UnitOfWork, upload: Upload, *, duration_s: float, file: str, poster: str | None, now: datetime
) -> Recording:
    """The finished video in the catalogue; an item of its own also stands among the online items. Twice is silent."""
    recording = RecordingId(upload.id)
    entry = await uow.recordings.get(recording)
    if entry is None:
        lesson = await uow.courses.lesson(upload.lesson) if upload.lesson else None
        course = await course_of(uow, lesson.course) if lesson else None
        entry = Recording(
            recording,
            lesson.id if lesson else None,
            course.id if course else None,
            upload.municipality,
            course.instructor if course else None,
            upload.title,
            RecordingState.COMPOSED,
            started_at=(lesson.started_at or lesson.starts_at) if lesson else now,
            duration_s=duration_s,
            manifest=f"{recording}/manifest.json",
            path=f"{recording}/{file}",
            thumbnail=f"{recording}/{poster}" if poster else None,
            published=True,
            shared=upload.shared,
        )
        if not await uow.recordings.add(entry, now):
            raise Refused("lesson-has-recording")
        if lesson is None and upload.shared:
            minutes = max(1, round(duration_s / 60))
            texts = (upload.title, upload.summary, EMPTY)
            item = OnlineItem(upload.id, upload.municipality, *texts, upload.category, minutes, now, recording)
            await share_item(uow, item, by=None)
    await uow.shelf.put_upload(replace(upload, state=UploadState.READY, refusal=None, share=100, recording=recording), now)
    return entry


async def share_recording(
    uow: UnitOfWork, recording: RecordingId, municipalities: Collection[MunicipalityCode], *, by: Viewer, now: datetime
) -> None:
    """Residents of these municipalities may watch it as well. Raises NotFound."""
    found = await _own(uow, recording, by)
    others = {code for code in municipalities if code != found.municipality}
    for code in others:
        if await uow.municipalities.get(code) is None:
            raise NotFound
    await uow.shelf.share_with(recording, others)
    await uow.recordings.update(replace(found, published=found.published or bool(others)), now)


async def keep_recording(uow: UnitOfWork, recording: RecordingId, kept: bool, *, by: Viewer, now: datetime) -> None:
    """Whatever the policy says. Raises NotFound."""
    await uow.recordings.update(replace(await _own(uow, recording, by), kept=kept), now)


async def delete_recording(uow: UnitOfWork, recording: RecordingId, *, reason: str, by: Viewer | None, now: datetime) -> None:
    """Nobody sees it from now on; its files go after PURGE_AFTER. What people watched of it stays in their history.

    Raises NotFound, Invalid("reason-missing"), Refused("recording-not-ready") while class is being captured.
    """
    found = await _own(uow, recording, by)
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    if found.state is RecordingState.CAPTURING:
        raise Refused("recording-not-ready")
    if found.deleted_at is None:
        await uow.recordings.update(replace(found, deleted_at=now), now)
        await uow.shelf.note_deleted(recording, reason.strip()[:200])


async def restore_recording(uow: UnitOfWork, recording: RecordingId, *, by: Viewer, now: datetime) -> None:
    """Bring it back, as it was, and keep it. Raises NotFound once its files are gone."""
    found = await _own(uow, recording, by)
    if found.deleted_at is None:
        return
    if found.deleted_at < now - PURGE_AFTER:
        raise NotFound
    await uow.recordings.update(replace(found, deleted_at=None, kept=True), now)
    await uow.shelf.note_deleted(recording, None)


async def set_retention(
    uow: UnitOfWork, municipality: MunicipalityCode, policy: RetentionPolicy, *, by: Viewer, now: datetime
) -> None:
    must_administer(by, municipality)
    await uow.shelf.set_policy(municipality, policy, by.id, now)


async def carry_out_retention(uow: UnitOfWork, now: datetime) -> int:
    """Delete what every municipality's policy says; returns how many."""
    count = 0
    for municipality, policy in (await uow.shelf.policies()).items():
        if policy.keep_days is None:
            continue
        for recording in await uow.shelf.due(municipality, now - timedelta(days=policy.keep_days)):
            found = await uow.recordings.get(recording)
            if found is None or found.state is RecordingState.CAPTURING:
                continue
            await delete_recording(uow, recording, reason=BY_POLICY, by=None, now=now)
            count += 1
    return count


async def _own(uow: UnitOfWork, recording: RecordingId, by: Viewer | None) -> Recording:
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    if by is not None:
        must_administer(by, found.municipality)
    return found
