"""The catalogue's entries for recordings: what `recording` calls, and publishing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from classroom.actions.courses import course_of, must_administer
from classroom.catalogue import Recording, RecordingState, checked_change
from classroom.errors import NotFound
from classroom.people import LessonId, RecordingId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.texts import Text


async def start_recording(uow: UnitOfWork, *, recording: RecordingId, lesson: LessonId, now: datetime) -> Recording | None:
    """The entry of a recording that is being captured. Again, or for a lesson that has one: the one there is.

    None when nobody knows the lesson.
    """
    known = await uow.recordings.get(recording) or await uow.recordings.of_lesson(lesson)
    if known is not None:
        return known
    found = await uow.courses.lesson(lesson)
    if found is None:
        return None
    course = await course_of(uow, found.course)
    title = Text(
        f"{course.title.ko} {found.number}강 {found.title.ko}", f"{course.title.en}, lesson {found.number}: {found.title.en}"
    )
    entry = Recording(
        recording, lesson, course.id, course.municipality, course.instructor, title, RecordingState.CAPTURING, started_at=now
    )
    if await uow.recordings.add(entry, now):
        return entry
    return await uow.recordings.of_lesson(lesson)


async def add_recording(
    uow: UnitOfWork,
    *,
    lesson: LessonId,
    path: str,
    duration_s: float,
    recording: RecordingId | None = None,
    manifest: str | None = None,
    thumbnail: str | None = None,
    gaps: Sequence[Any] = (),
    keys: dict[str, Any] | None = None,
    shared: bool = False,
    started_at: datetime | None = None,
    now: datetime,
) -> Recording:
    """Attach a film made elsewhere to a lesson: one composed recording. Replaces the data of the lesson's recording, if any.

    `path` is relative to the directory of recordings, usually "<recording id>/film.mp4": pass `recording` when it is in there.
    `started_at`: when its first picture was taken, for the chat beside it; without it, now.
    Raises NotFound for an unknown lesson.
    """
    entry = await start_recording(uow, recording=recording or RecordingId(new_id()), lesson=lesson, now=now)
    if entry is None:
        raise NotFound
    done = replace(
        entry,
        state=RecordingState.COMPOSED,
        started_at=started_at or entry.started_at,
        path=path,
        manifest=manifest,
        duration_s=duration_s,
        thumbnail=thumbnail,
        gaps=tuple(gaps),
        keys=keys or {},
        shared=shared,
        failure=None,
    )
    await uow.recordings.update(done, now)
    return done


async def mark_recording_ready(
    uow: UnitOfWork,
    recording: RecordingId,
    *,
    duration_s: float,
    gaps: Sequence[Any],
    manifest: str,
    thumbnail: str | None = None,
    keys: dict[str, Any] | None = None,
    now: datetime,
) -> Recording:
    """Its tracks can be played. Raises NotFound, Refused("recording-state")."""
    return await _change(
        uow,
        recording,
        RecordingState.READY,
        now,
        duration_s=duration_s,
        gaps=tuple(gaps),
        manifest=manifest,
        thumbnail=thumbnail,
        keys=keys,
        failure=None,
    )


async def mark_composed(
    uow: UnitOfWork,
    recording: RecordingId,
    *,
    path: str,
    duration_s: float,
    gaps: Sequence[Any] | None = None,
    thumbnail: str | None = None,
    keys: dict[str, Any] | None = None,
    now: datetime,
) -> Recording:
    """One film of it exists at `path`. What is not given stays as it was. Raises NotFound, Refused("recording-state")."""
    changes: dict[str, Any] = {"path": path, "duration_s": duration_s, "thumbnail": thumbnail, "keys": keys}
    if gaps is not None:
        changes["gaps"] = tuple(gaps)
    return await _change(uow, recording, RecordingState.COMPOSED, now, failure=None, **changes)


async def mark_failed(uow: UnitOfWork, recording: RecordingId, *, failure: str, now: datetime) -> Recording:
    """Nothing playable came of it; `failure` is one sentence for operators."""
    return await _change(uow, recording, RecordingState.FAILED, now, failure=failure[:500])


async def _change(
    uow: UnitOfWork, recording: RecordingId, state: RecordingState, now: datetime, *, failure: str | None, **changes: Any
) -> Recording:
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    keys = found.keys | (changes.pop("keys", None) or {})
    given = {name: value for name, value in changes.items() if value is not None}
    changed = replace(found, state=checked_change(found, state), failure=failure, keys=keys, **given)
    await uow.recordings.update(changed, now)
    return changed


async def publish_recording(
    uow: UnitOfWork, recording: RecordingId, *, published: bool, shared: bool, by: Viewer | None, now: datetime
) -> Recording:
    """Show it to the course's learners, and to everybody when `shared`. For its instructor and staff, else NotFound."""
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    if by is not None and by.id != found.instructor:
        must_administer(by, found.municipality)
    changed = replace(found, published=published, shared=shared and published)
    await uow.recordings.update(changed, now)
    return changed
