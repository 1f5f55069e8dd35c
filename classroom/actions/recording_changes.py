"""After class: edits that change no file, consent taken back, and how far the film is."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from classroom.actions.courses import must_administer
from classroom.catalogue import Recording, RecordingState
from classroom.errors import NotFound, Refused
from classroom.people import PersonId, RecordingId, Viewer
from classroom.ports import UnitOfWork
from classroom.recording_changes import FilmProgress, StoredEdits

EDITION = "edition"
"""In `Recording.keys`: tracks older than this edition are to be made anew."""
WITHDRAWN = "consent-withdrawn"


def must_edit(by: Viewer | None, recording: Recording) -> None:
    """Its instructor and staff; `by` None is the operator. Raises NotFound."""
    if by is not None and by.id != recording.instructor:
        must_administer(by, recording.municipality)


async def edit_recording(
    uow: UnitOfWork, recording: RecordingId, document: dict[str, Any], *, number: int, by: Viewer | None, now: datetime
) -> StoredEdits:
    """Make `document` (made and checked by `recording.edits`) hold from now on; the film is out of date then.

    number: what `StoredEdits.number` was when editing began. Raises NotFound, Refused("recording-not-ready"),
    Refused("recording-edited") when somebody else was faster.
    """
    found = await _editable(uow, recording, by)
    before = await uow.recording_changes.edits(recording)
    if before.number != number:
        raise Refused("recording-edited")
    if before.document != document:
        await uow.recording_changes.add_edit(found, document, by.id if by else None, now)
        await _outdate_film(uow, found, now)
    return await uow.recording_changes.edits(recording)


async def undo_edit(uow: UnitOfWork, recording: RecordingId, *, by: Viewer | None, now: datetime) -> StoredEdits:
    """Go back to the edits before. Nothing left to take back is no error. Raises NotFound, Refused("recording-not-ready")."""
    found = await _editable(uow, recording, by)
    if await uow.recording_changes.undo_edit(recording, now):
        await _outdate_film(uow, found, now)
    return await uow.recording_changes.edits(recording)


async def withdraw_consent(
    uow: UnitOfWork, recording: RecordingId, person: PersonId, *, by: Viewer, address: str, reason: str, now: datetime
) -> bool:
    """Take `person` out of the recording: from now on nothing of it is shown until it has been made anew without them.

    For the person themselves, and for staff on their behalf. Entered in the access log. False: it was done before.
    Raises NotFound, Refused("not-in-recording") for who was not in class: else anybody who may watch could take a film from all
    others, and a ready-made video, which was captured from nobody, could never be made again.
    """
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    if by.id != person:
        must_administer(by, found.municipality)
    if found.lesson is None or not await uow.facts.was_in(found.lesson, person):
        raise Refused("not-in-recording")
    if not await uow.recording_changes.withdraw(found, person, by.id, now):
        return False
    entry = {
        "actor": by.id,
        "address": address,
        "person": person,
        "what": f"{WITHDRAWN}: {recording}",
        "reason": reason,
        "municipality": found.municipality,
    }
    await uow.access_log.append(entry, now)
    if found.is_playable:
        await uow.recordings.update(replace(found, state=RecordingState.CAPTURING, path=None, thumbnail=None), now)
    return True


async def rebuild_recording(uow: UnitOfWork, recording: RecordingId, *, newer_than: int, now: datetime) -> None:
    """For operators: its files are made anew from what was captured; what there is plays again when that is done.

    newer_than: the edition there is. Raises NotFound.
    """
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    keys = found.keys | {EDITION: max(newer_than, int(found.keys.get(EDITION, 0))) + 1}
    await uow.recordings.update(
        replace(found, state=RecordingState.CAPTURING, path=None, thumbnail=None, failure=None, keys=keys), now
    )


async def note_film(uow: UnitOfWork, recording: RecordingId, film: FilmProgress, now: datetime) -> None:
    """For the jobs: what pages and commands say about the film."""
    await uow.recording_changes.put_film(recording, film, now)


async def _editable(uow: UnitOfWork, recording: RecordingId, by: Viewer | None) -> Recording:
    found = await uow.recordings.get(recording)
    if found is None:
        raise NotFound
    must_edit(by, found)
    if not found.is_playable:
        raise Refused("recording-not-ready")
    return found


async def _outdate_film(uow: UnitOfWork, recording: Recording, now: datetime) -> None:
    """Also a film that was given up once is tried again: what made it fail may be what was cut."""
    await uow.recordings.update(replace(recording, state=RecordingState.READY, path=None), now)
    await uow.recording_changes.put_film(recording.id, FilmProgress("waiting", 0.0, attempts=0), now)
